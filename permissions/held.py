"""Reads where somebody holds anything, in which roles, and who is in a workspace. Plain SQL."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg.rows import tuple_row

_ROOTS = "SELECT permissions_roots_of_user(%s)"

_ROLES = """
SELECT coalesce(session_id, workspace_id), array_agg(DISTINCT role ORDER BY role)
FROM permissions_rolegrant
WHERE (user_id = %(user)s
       OR group_id IN (SELECT group_id FROM permissions_user_groups WHERE user_id = %(user)s))
  AND (until IS NULL OR until > clock_timestamp())
GROUP BY 1"""

_PEOPLE = """
SELECT u.id, coalesce(nullif(u.name, ''), u.username), u.username
FROM permissions_user u
WHERE u.is_active AND u.kind = 'person' AND EXISTS (
    SELECT FROM permissions_rolegrant g
    WHERE g.workspace_id = %s AND (g.until IS NULL OR g.until > clock_timestamp())
      AND (g.user_id = u.id OR g.group_id IN (
          SELECT group_id FROM permissions_user_groups WHERE user_id = u.id)))
ORDER BY 2, 3 LIMIT 1000"""


_NAMES = "SELECT id, coalesce(nullif(name, ''), username) FROM permissions_user WHERE id = ANY(%s)"


class Person(NamedTuple):
    """Somebody who holds a role in a workspace."""

    id: UUID
    name: str
    username: str


async def roots_of(conn: psycopg.AsyncConnection[Any], user: UUID) -> list[UUID]:
    """Give the sessions and workspaces on which somebody holds anything, alone or by a group."""
    return [root for (root,) in await _rows(conn, _ROOTS, (user,))]


async def roles_of(conn: psycopg.AsyncConnection[Any], user: UUID) -> dict[UUID, list[str]]:
    """Give somebody's roles in force, by session and workspace."""
    return dict(await _rows(conn, _ROLES, {"user": user}))


async def people_of(conn: psycopg.AsyncConnection[Any], workspace: UUID) -> list[Person]:
    """Give the people who hold a role on a workspace, by name."""
    return [Person(*row) for row in await _rows(conn, _PEOPLE, (workspace,))]


async def names_of(conn: psycopg.AsyncConnection[Any], users: Iterable[UUID]) -> dict[UUID, str]:
    """Give the names of some users; who was deleted has none."""
    return dict(await _rows(conn, _NAMES, (list(users),)))


async def _rows(conn: psycopg.AsyncConnection[Any], query: str, values: Any) -> list[Any]:
    cursor = conn.cursor(row_factory=tuple_row)
    await cursor.execute(query, values)
    return await cursor.fetchall()
