"""What the API reads: sessions, workspaces, agents, and what somebody may do there."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg.rows import tuple_row

from collab.api.forms import Named
from collab.api.refusals import NotFollowed, Wrong
from collab.core.codes import Refusal
from collab.log import pool
from permissions.credentials import Identity
from permissions.masks import masks
from permissions.roles import Permission

Connection = psycopg.AsyncConnection[Any]


class SessionRow(NamedTuple):
    """A session as its list needs it."""

    id: UUID
    title: str
    status: str
    created_at: str
    workspace: Named
    agent: Named | None


class AgentRow(NamedTuple):
    """An agent as its list and a new session need it."""

    id: UUID
    name: str
    url: str
    user: UUID
    workspace: Named
    owner: str | None
    has_headers: bool


# A session that was not opened has no log yet, and nobody to show it to.
_SESSIONS = """
SELECT s.id, s.title, s.status, s.created_at, w.id, w.name, a.id, a.name
FROM collab_session s
JOIN collab_workspace w ON w.id = s.workspace_id
LEFT JOIN collab_agent a ON a.id = s.agent_id
WHERE s.status <> 'opening' AND (s.id = ANY(%(roots)s) OR s.workspace_id = ANY(%(roots)s))
ORDER BY s.created_at DESC, s.id LIMIT 500"""

_WORKSPACES = "SELECT id, name FROM collab_workspace WHERE id = ANY(%(roots)s) ORDER BY name, id"

_AGENTS = """
SELECT a.id, a.name, a.url, a.user_id, w.id, w.name, coalesce(nullif(u.name, ''), u.username),
       a.headers_sealed IS NOT NULL
FROM collab_agent a
JOIN collab_workspace w ON w.id = a.workspace_id
LEFT JOIN permissions_user u ON u.id = a.owner_id
WHERE w.id = ANY(%(roots)s) ORDER BY a.name, a.id"""


async def database() -> AbstractAsyncContextManager[Connection]:
    """Lend a connection for reading."""
    return (await pool.shared()).connection()


def _named(row: Any) -> Named:
    return Named(id=row[0], name=row[1])


async def sessions(conn: Connection, roots: Iterable[UUID]) -> list[SessionRow]:
    """Give the newest 500 sessions that are, or whose workspaces are, among some ids."""
    return [
        SessionRow(
            key,
            title,
            status,
            created.isoformat(),
            _named(place),
            _named(agent) if agent[0] else None,
        )
        for key, title, status, created, *place, agent_id, agent_name in await _rows(
            conn, _SESSIONS, roots
        )
        for agent in [(agent_id, agent_name)]
    ]


async def workspaces(conn: Connection, roots: Iterable[UUID]) -> list[Named]:
    """Give the workspaces among some ids."""
    return [_named(row) for row in await _rows(conn, _WORKSPACES, roots)]


async def agents(conn: Connection, workspaces: Iterable[UUID]) -> list[AgentRow]:
    """Give the agents of some workspaces."""
    return [
        AgentRow(key, name, url, user, _named(place), owner, has_headers)
        for key, name, url, user, *place, owner, has_headers in await _rows(
            conn, _AGENTS, workspaces
        )
    ]


async def _rows(conn: Connection, query: str, roots: Iterable[UUID]) -> list[Any]:
    cursor = conn.cursor(row_factory=tuple_row)
    await cursor.execute(query, {"roots": list(roots)})
    return await cursor.fetchall()


async def permitted(
    conn: Connection, identity: Identity, logs: Iterable[UUID]
) -> dict[UUID, Permission]:
    """Give what somebody may do now, for those sessions and workspaces they may see at all."""
    found = await masks(conn, [(log, identity.principal) for log in logs])
    return {
        log: mask.permissions
        for (log, _), mask in found.items()
        if Permission.VIEW in mask.permissions
    }


async def require(
    conn: Connection, identity: Identity, workspace: UUID, permission: Permission
) -> None:
    """Demand a permission on a workspace; one that is not theirs and none at all look the same."""
    held = (await permitted(conn, identity, [workspace])).get(workspace)
    if held is None:
        raise NotFollowed(Wrong.NO_WORKSPACE)
    if permission not in held:
        needs = str(permission.name).lower()
        raise NotFollowed(Refusal.FORBIDDEN, "Your role here does not allow that.", needs=needs)
