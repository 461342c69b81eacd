"""The people of a workspace for those who look after them, and switching accounts off and on."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg.rows import tuple_row

from permissions.grants import name_person
from permissions.masks import Principal, masks
from permissions.roles import Permission

Connection = psycopg.AsyncConnection[Any]


class HeldRole(NamedTuple):
    """A role on a workspace; `by_group`: it comes with a group and is not taken here."""

    role: str
    until: datetime | None
    by_group: bool


class Member(NamedTuple):
    """Somebody who holds roles on a workspace, also if their account is switched off."""

    id: UUID
    name: str
    username: str
    active: bool
    last_login: datetime | None
    roles: list[HeldRole]


class GuestRole(NamedTuple):
    """A role in one session of a workspace."""

    id: UUID
    title: str
    role: str
    until: datetime | None


class Guest(NamedTuple):
    """Somebody who holds roles in single sessions of a workspace, and none on the workspace."""

    id: UUID
    name: str
    username: str
    active: bool
    last_login: datetime | None
    sessions: list[GuestRole]


class Kept(Enum):
    """Why an account stays as it is."""

    FORBIDDEN = "forbidden"
    NOBODY = "nobody"
    ELSEWHERE = "elsewhere"
    ADMINISTERS = "administers"
    LAST_OWNER = "last_owner"


_MEMBERS = """
SELECT u.id, coalesce(nullif(u.name, ''), u.username), u.username, u.is_active, u.last_login,
       g.role, g.until, g.group_id IS NOT NULL
FROM permissions_rolegrant g
LEFT JOIN permissions_user_groups m ON m.group_id = g.group_id
JOIN permissions_user u ON u.id = coalesce(g.user_id, m.user_id) AND u.kind = 'person'
WHERE g.workspace_id = %s AND (g.until IS NULL OR g.until > clock_timestamp())
ORDER BY 2, 1, 6 LIMIT 5000"""


async def members(conn: Connection, workspace: UUID) -> list[Member]:
    """Give the people of a workspace with their roles, by name."""
    found: dict[UUID, Member] = {}
    for row in await _rows(conn, _MEMBERS, (workspace,)):
        member = found.setdefault(row[0], Member._make([*row[:5], []]))
        member.roles.append(HeldRole(*row[5:]))
    return list(found.values())


_GUESTS = """
WITH held AS (
    SELECT coalesce(g.user_id, m.user_id) AS person, g.workspace_id, g.session_id, g.role, g.until
    FROM permissions_rolegrant g
    LEFT JOIN permissions_user_groups m ON m.group_id = g.group_id
    WHERE (g.until IS NULL OR g.until > clock_timestamp())
      AND (g.workspace_id = %(workspace)s OR g.session_id IN (
          SELECT id FROM collab_session WHERE workspace_id = %(workspace)s)))
SELECT u.id, coalesce(nullif(u.name, ''), u.username), u.username, u.is_active, u.last_login,
       s.id, s.title, h.role, nullif(max(coalesce(h.until, 'infinity')), 'infinity')
FROM held h
JOIN permissions_user u ON u.id = h.person AND u.kind = 'person'
JOIN collab_session s ON s.id = h.session_id
WHERE NOT EXISTS (SELECT FROM held w WHERE w.person = h.person AND w.workspace_id IS NOT NULL)
GROUP BY u.id, s.id, h.role
ORDER BY 2, 1, s.created_at DESC, s.id, h.role LIMIT 5000"""


async def guests(conn: Connection, workspace: UUID) -> list[Guest]:
    """Give those who are in single sessions of a workspace only, by name."""
    found: dict[UUID, Guest] = {}
    for row in await _rows(conn, _GUESTS, {"workspace": workspace}):
        guest = found.setdefault(row[0], Guest._make([*row[:5], []]))
        guest.sessions.append(GuestRole(*row[5:]))
    return list(found.values())


_LOCK = "SELECT 1 FROM collab_head WHERE log = %s FOR NO KEY UPDATE"

# Where somebody holds a role: in this workspace or elsewhere.
_PLACES = """
SELECT u.is_superuser,
       coalesce(bool_or(coalesce(g.workspace_id, s.workspace_id) = %(workspace)s), false),
       coalesce(bool_or(coalesce(g.workspace_id, s.workspace_id) <> %(workspace)s), false)
FROM permissions_user u
LEFT JOIN permissions_rolegrant g ON g.user_id = u.id OR g.group_id IN (
    SELECT group_id FROM permissions_user_groups WHERE user_id = u.id)
LEFT JOIN collab_session s ON s.id = g.session_id
WHERE u.id = %(user)s AND u.kind = 'person' GROUP BY u.id"""

_OTHER_OWNERS = """
SELECT EXISTS (
    SELECT FROM permissions_rolegrant g
    LEFT JOIN permissions_user_groups m ON m.group_id = g.group_id
    JOIN permissions_user u ON u.id = coalesce(g.user_id, m.user_id)
    WHERE g.workspace_id = %(workspace)s AND g.role = 'owner' AND g.until IS NULL
      AND u.is_active AND u.kind = 'person' AND u.id <> %(user)s)"""

_SWITCH = "UPDATE permissions_user SET is_active = %s WHERE id = %s"


async def switch(
    conn: Connection, workspace: UUID, user: UUID, by: Principal, *, active: bool
) -> Kept | None:
    """Switch the account of somebody of this workspace alone off or on, or say why not.

    The workspace's head is held meanwhile: nobody takes the other owner's role in between, and
    what the asker may do is looked at again.
    """
    asked = {"workspace": workspace, "user": user}
    async with conn.transaction():
        await name_person(conn, by.user)
        await conn.execute(_LOCK, (workspace,))
        mask = (await masks(conn, [(workspace, by)]))[workspace, by]
        if Permission.MANAGE not in mask.permissions:
            return Kept.FORBIDDEN
        known = await _rows(conn, _PLACES, asked)
        if not known or not known[0][1]:
            return Kept.NOBODY
        administers, _, elsewhere = known[0]
        if administers or elsewhere:
            return Kept.ADMINISTERS if administers else Kept.ELSEWHERE
        if not active and not (await _rows(conn, _OTHER_OWNERS, asked))[0][0]:
            return Kept.LAST_OWNER
        await conn.execute(_SWITCH, (active, user))
    return None


async def _rows(conn: Connection, query: str, values: Any) -> list[Any]:
    cursor = conn.cursor(row_factory=tuple_row)
    await cursor.execute(query, values)
    return await cursor.fetchall()
