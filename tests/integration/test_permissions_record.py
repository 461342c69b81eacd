"""The record is only ever added to: by privilege for the workers, by triggers for everybody."""

from __future__ import annotations

import psycopg
import pytest
from django.conf import settings

from tests.estate import Estate, new_login, new_token, new_user, sql

pytestmark = pytest.mark.usefixtures("database")

DENIED = psycopg.errors.InsufficientPrivilege
REFUSED = psycopg.errors.RestrictViolation

CHANGES = [
    "UPDATE collab_event SET type = 'x'",
    "UPDATE collab_event SET type = 'x' WHERE false",
    "DELETE FROM collab_event",
    "DELETE FROM collab_event WHERE false",
    "TRUNCATE collab_event",
    "TRUNCATE collab_event, collab_head CASCADE",
]


@pytest.mark.parametrize("change", CHANGES)
def test_the_workers_role_has_no_privilege_to(change: str) -> None:
    with pytest.raises(DENIED):
        sql(change)


@pytest.mark.parametrize("change", CHANGES)
def test_the_owner_is_told_in_a_sentence_that_events_stay(change: str) -> None:
    with pytest.raises(REFUSED, match="Events are never changed or removed"):
        sql(change, dsn=settings.LOG_OWNER_DSN)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE collab_head SET acl_version = acl_version + 1",
        "UPDATE collab_head SET epoch = 2",
        "DELETE FROM collab_head",
        "INSERT INTO collab_head (log, kind) VALUES (gen_random_uuid(), 1)",
        "DELETE FROM collab_aclhistory",
        "UPDATE collab_aclhistory SET old = NULL",
        "INSERT INTO permissions_rolepermission VALUES ('observer', 'manage')",
        "UPDATE auth_permission SET codename = 'manage'",
    ],
)
def test_the_workers_role_cannot_rewrite_what_permissions_mean(change: str) -> None:
    with pytest.raises(DENIED):
        sql(change)


@pytest.mark.parametrize(
    "table",
    [
        "permissions_rolegrant",
        "permissions_rolepermission",
        "permissions_sessionuserpermission",
        "permissions_sessiongrouppermission",
        "permissions_workspaceuserpermission",
        "permissions_workspacegrouppermission",
        "permissions_user_groups",
        "permissions_user",
        "permissions_token",
        "permissions_login",
    ],
)
def test_grants_are_not_truncated_even_by_the_owner(table: str) -> None:
    with pytest.raises(REFUSED, match="nobody would be told"):
        sql(f"TRUNCATE {table} CASCADE", dsn=settings.LOG_OWNER_DSN)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE permissions_user SET kind = 'agent' WHERE id = %s",
        "UPDATE permissions_token SET hash = 'x' WHERE user_id = %s",
        "UPDATE permissions_login SET session_key = 'x' WHERE user_id = %s",
    ],
)
def test_what_a_socket_was_let_in_by_never_changes(change: str) -> None:
    user = new_user()
    new_token(user)
    new_login(user)
    with pytest.raises(REFUSED, match="never changes"):
        sql(change, user.id)


def test_what_a_permission_is_called_never_changes_even_for_the_owner() -> None:
    with pytest.raises(REFUSED, match="never changes"):
        sql(
            "UPDATE auth_permission SET codename = 'x' WHERE codename = 'view'",
            dsn=settings.LOG_OWNER_DSN,
        )


def test_no_function_that_runs_as_the_owner_can_be_used_by_the_workers_role() -> None:
    found = sql(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef "
        "AND has_function_privilege(oid, 'EXECUTE')"
    )
    assert found == []


def test_every_session_and_workspace_has_a_log_from_its_first_moment() -> None:
    estate = Estate()
    logs = {estate.workspace.id: 2, estate.session.id: 1, estate.sibling.id: 1}
    rows = sql(
        "SELECT log, kind, epoch, seq, chain, acl_version FROM collab_head WHERE log = ANY(%s)",
        list(logs),
    )
    assert {row[0]: row[1:] for row in rows} == {
        log: (kind, 1, 0, bytes(32), 1) for log, kind in logs.items()
    }
