"""Reads which roles were given on a session or workspace, to whom and until when. Plain SQL."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg.rows import tuple_row

_IN_FORCE = "(g.until IS NULL OR g.until > clock_timestamp())"

_GIVEN = f"""
SELECT g.role, g.until, u.id, coalesce(nullif(u.name, ''), u.username), u.kind, r.id, r.name,
    coalesce(nullif(b.name, ''), b.username)
FROM permissions_rolegrant g
LEFT JOIN permissions_user u ON u.id = g.user_id
LEFT JOIN auth_group r ON r.id = g.group_id
LEFT JOIN permissions_user b ON b.id = g.given_by_id
WHERE (g.session_id = %(place)s OR g.workspace_id = %(place)s) AND {_IN_FORCE}
ORDER BY 4, 7, 1 LIMIT 5000"""

_HELD = f"""
SELECT p.id, g.role, g.until, g.session_id IS NOT NULL
FROM unnest(%(users)s::uuid[]) AS p (id)
JOIN permissions_user u ON u.id = p.id AND u.is_active
JOIN permissions_rolegrant g ON g.user_id = p.id OR g.group_id IN (
    SELECT group_id FROM permissions_user_groups WHERE user_id = p.id)
WHERE (g.session_id = %(session)s OR g.workspace_id = %(workspace)s) AND {_IN_FORCE}
ORDER BY 2, 3, 4"""


class Given(NamedTuple):
    """A role that a user or a group was given; the holder of the other kind is None."""

    role: str
    until: datetime | None
    user: UUID | None
    name: str | None
    kind: str | None
    group: int | None
    group_name: str | None
    by: str | None


class Held(NamedTuple):
    """A role that somebody holds, alone or by a group; `here`: given on the session itself."""

    user: UUID
    role: str
    until: datetime | None
    here: bool


async def given_on(conn: psycopg.AsyncConnection[Any], place: UUID) -> list[Given]:
    """Give the roles in force that were given on a session or workspace itself."""
    return [Given(*row) for row in await _rows(conn, _GIVEN, {"place": place})]


async def held_in(
    conn: psycopg.AsyncConnection[Any], session: UUID, workspace: UUID, users: Iterable[UUID]
) -> list[Held]:
    """Give the roles in force that some users hold in a session, from wherever they have them."""
    values = {"session": session, "workspace": workspace, "users": list(users)}
    return [Held(*row) for row in await _rows(conn, _HELD, values)]


async def _rows(conn: psycopg.AsyncConnection[Any], query: str, values: Any) -> list[Any]:
    cursor = conn.cursor(row_factory=tuple_row)
    await cursor.execute(query, values)
    return await cursor.fetchall()
