"""Ways to lose access in raw SQL: on each table that can change who may do what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.conf import settings

from tests import victims as v
from tests.victims import Prepare

Said = tuple[Prepare, tuple[str, ...]]

_VIEW = """permission_id = (SELECT p.id FROM auth_permission p
    JOIN django_content_type t ON t.id = p.content_type_id
    WHERE t.app_label = 'collab' AND t.model = 'session' AND p.codename = '{}')"""


def run(statements: Sequence[str], ids: Mapping[str, Any]) -> None:
    """Run statements as the workers' role, in one transaction."""
    with psycopg.connect(settings.LOG_DSN) as conn:
        for statement in statements:
            conn.execute(statement, ids)


def _set(table: str, change: str, where: str = "user_id = %(user)s") -> tuple[str, ...]:
    return (f"UPDATE {table} SET {change} WHERE {where}",)


def _delete(table: str, where: str = "user_id = %(user)s") -> tuple[str, ...]:
    return (f"DELETE FROM {table} WHERE {where}",)


_ROLE, _ROW = "permissions_rolegrant", "permissions_sessionuserpermission"
_NOW, _OTHER = "until = clock_timestamp()", "user_id = %(other)s"
_GROUPS = ("group_id = %(group)s", "group_id = %(other_group)s")

GRANTS: dict[str, Said] = {
    "role deleted": (v.given, _delete(_ROLE)),
    "role ended": (v.given, _set(_ROLE, _NOW)),
    "role given to another": (v.given, _set(_ROLE, _OTHER)),
    "role moved to another session": (
        v.given,
        (
            "INSERT INTO collab_session (id, workspace_id, title) "
            "VALUES (%(elsewhere)s, %(workspace)s, 'elsewhere')",
            *_set(_ROLE, "session_id = %(elsewhere)s"),
        ),
    ),
    "role on the workspace deleted": (v.by_workspace, _delete(_ROLE)),
    "role of the group deleted": (v.by_group, _delete(_ROLE, _GROUPS[0])),
    "role given to another group": (v.by_group, _set(_ROLE, _GROUPS[1], _GROUPS[0])),
    "permissions deleted": (v.given, _delete(_ROW)),
    "view deleted": (v.given, _delete(_ROW, f"user_id = %(user)s AND {_VIEW.format('view')}")),
    "view made another": (
        v.given,
        _set(_ROW, _VIEW.format("audit"), f"user_id = %(user)s AND {_VIEW.format('view')}"),
    ),
    "permissions ended": (v.given, _set(_ROW, _NOW)),
    "permissions given to another": (v.given, _set(_ROW, _OTHER)),
    "permissions on the workspace deleted": (
        v.by_workspace,
        _delete("permissions_workspaceuserpermission"),
    ),
    "permissions on the workspace ended": (
        v.by_workspace,
        _set("permissions_workspaceuserpermission", _NOW),
    ),
    "permissions of the group deleted": (
        v.by_group,
        _delete("permissions_sessiongrouppermission", _GROUPS[0]),
    ),
    "permissions of the group ended": (
        v.by_group,
        _set("permissions_sessiongrouppermission", _NOW, _GROUPS[0]),
    ),
    "permissions of the group on the workspace deleted": (
        v.by_group_of_workspace,
        _delete("permissions_workspacegrouppermission", _GROUPS[0]),
    ),
}

PEOPLE: dict[str, Said] = {
    "user disabled": (v.given, _set("permissions_user", "is_active = false", "id = %(user)s")),
    "user deleted": (
        v.given,
        tuple(
            f"DELETE FROM permissions_{table} WHERE {key} = %(user)s"
            for table, key in (
                ("token", "user_id"),
                ("rolegrant", "user_id"),
                ("sessionuserpermission", "user_id"),
                ("user", "id"),
            )
        ),
    ),
    "out of the group": (v.by_group, _delete("permissions_user_groups")),
    "into another group": (v.by_group, _set("permissions_user_groups", _GROUPS[1])),
    "another in their place": (v.by_group, _set("permissions_user_groups", _OTHER)),
    "group deleted": (
        v.by_group,
        tuple(
            f"DELETE FROM {table} WHERE {key} = %(group)s"
            for table, key in (
                ("permissions_rolegrant", "group_id"),
                ("permissions_user_groups", "group_id"),
                ("auth_group", "id"),
            )
        ),
    ),
}

CREDENTIALS: dict[str, Said] = {
    "token revoked": (v.given, _set("permissions_token", "revoked_at = clock_timestamp()")),
    "token ended": (v.given, _set("permissions_token", _NOW)),
    "token deleted": (v.given, _delete("permissions_token")),
    "token given to another": (v.given, _set("permissions_token", _OTHER)),
    "login ended": (v.signed_in, _set("permissions_login", "ended_at = clock_timestamp()")),
    "login's time ended": (v.signed_in, _set("permissions_login", _NOW)),
    "login deleted": (v.signed_in, _delete("permissions_login")),
    "login given to another": (v.signed_in, _set("permissions_login", _OTHER)),
    "session of the browser deleted": (
        v.signed_in,
        _delete("django_session", "session_key = %(key)s"),
    ),
    "session of the browser ended": (
        v.signed_in,
        _set("django_session", "expire_date = clock_timestamp()", "session_key = %(key)s"),
    ),
    "session of the browser renamed": (
        v.signed_in,
        _set(
            "django_session",
            "session_key = md5(session_key)",
            "session_key = %(key)s",
        ),
    ),
    "password changed": (v.signed_in, _set("permissions_user", "password = 'x'", "id = %(user)s")),
}

MOVED: dict[str, Said] = {
    # The first of them moves it for all; nothing is left to do for the others.
    "to another workspace": (
        v.by_moving_workspace,
        (
            "INSERT INTO collab_workspace (id, name) VALUES (%(elsewhere)s, 'elsewhere')",
            *_set(
                "collab_session",
                "workspace_id = %(elsewhere)s",
                "id = %(session)s AND workspace_id = %(workspace)s",
            ),
        ),
    ),
}
