"""Two changes that cannot see each other yet: neither may leave somebody with what they lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.contrib.auth.models import Group

from permissions import grants
from permissions.models import SessionUserPermission
from tests.estate import Estate, mask, new_token, new_user, principal, sql, version

pytestmark = pytest.mark.usefixtures("database")


def pair(first: str, one: tuple[Any, ...], second: str, two: tuple[Any, ...]) -> None:
    """Begin a first change, begin a second before the first commits, and commit both."""
    with psycopg.connect(settings.LOG_DSN) as early:
        early.execute(first, one)
        late = Late(second, two)
        late.until_it_waits()
        early.commit()
    late.finish()


class Late:
    """A statement in a thread of its own."""

    def __init__(self, query: str, values: tuple[Any, ...]) -> None:
        self.conn = psycopg.connect(settings.LOG_DSN)
        self.pid = self.conn.info.backend_pid
        self.failed: list[BaseException] = []
        self.thread = threading.Thread(target=self._run, args=(query, values))
        self.thread.start()

    def _run(self, query: str, values: tuple[Any, ...]) -> None:
        try:
            with self.conn:
                self.conn.execute(query, values)
        except BaseException as error:
            self.failed.append(error)

    def until_it_waits(self) -> None:
        """Return when Postgres says that it waits for a lock, or when it is done."""
        waits = "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = %s"
        while self.thread.is_alive() and not any(row[0] for row in sql(waits, self.pid)):
            self.thread.join(0.01)

    def finish(self) -> None:
        self.thread.join()
        if self.failed:
            raise self.failed[0]


GIVE_USER = "INSERT INTO permissions_rolegrant (user_id, session_id, role) VALUES (%s, %s, 'owner')"
GIVE_GROUP = (
    "INSERT INTO permissions_rolegrant (group_id, session_id, role) VALUES (%s, %s, 'owner')"
)
DISABLE = "UPDATE permissions_user SET is_active = false WHERE id = %s"
REVOKE = "UPDATE permissions_token SET revoked_at = now() WHERE user_id = %s"
LEAVE = "DELETE FROM permissions_user_groups WHERE user_id = %s"

ENDS = {"disabled": DISABLE, "token revoked": REVOKE}
Order = Callable[..., None]


@pytest.mark.parametrize("end", ENDS)
def test_a_session_shared_while_its_user_is_(end: str) -> None:
    estate, user = Estate(), new_user()
    new_token(user)
    pair(GIVE_USER, (user.id, estate.session.id), ENDS[end], (user.id,))
    assert version(estate.session.id) == 3  # once for the grant, once for its end


def test_a_user_disabled_while_a_session_is_shared_with_them_holds_nothing() -> None:
    estate, user = Estate(), new_user()
    who = principal(user)
    pair(DISABLE, (user.id,), GIVE_USER, (user.id, estate.session.id))
    assert not mask(estate.session.id, who).permissions


@pytest.mark.parametrize("end", [*ENDS, "left"])
def test_a_session_shared_with_a_group_while_a_member_is_(end: str) -> None:
    estate, user, group = Estate(), new_user(), Group.objects.create(name=uuid4().hex)
    new_token(user)
    user.groups.add(group)
    pair(GIVE_GROUP, (group.pk, estate.session.id), ({**ENDS, "left": LEAVE})[end], (user.id,))
    assert version(estate.session.id) == 3


def test_a_session_begins_while_a_role_on_its_workspace_is_taken() -> None:
    estate, user, session = Estate(), new_user(), uuid4()
    grants.give(user, estate.workspace, "owner")
    pair(
        "INSERT INTO collab_session (id, workspace_id, title) VALUES (%s, %s, 'new')",
        (session, estate.workspace.id),
        "DELETE FROM permissions_rolegrant WHERE user_id = %s",
        (user.id,),
    )
    assert version(session) == 2


def test_a_session_moves_while_a_role_on_its_new_workspace_is_taken() -> None:
    estate, user = Estate(), new_user()
    grants.give(user, estate.elsewhere, "owner")
    before = version(estate.session.id)
    pair(
        "UPDATE collab_session SET workspace_id = %s WHERE id = %s",
        (estate.elsewhere.id, estate.session.id),
        "DELETE FROM permissions_rolegrant WHERE user_id = %s",
        (user.id,),
    )
    assert version(estate.session.id) == before + 2


def test_two_roles_taken_at_once_leave_nothing_behind() -> None:
    estate, user = Estate(), new_user()
    for role in ("operator", "moderator"):
        grants.give(user, estate.session, role)
    take = "DELETE FROM permissions_rolegrant WHERE user_id = %s AND role = %s"
    pair(take, (user.id, "operator"), take, (user.id, "moderator"))
    assert not SessionUserPermission.objects.filter(user=user).exists()
