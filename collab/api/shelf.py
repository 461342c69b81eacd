"""What the API reads: sessions, workspaces, agents, and what somebody may do there."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

import psycopg
from psycopg.rows import tuple_row

from collab.api.forms import Named
from collab.api.refusals import NotFollowed, Wrong
from collab.core.codes import Refusal
from collab.core.commands import Place
from collab.log import pool
from permissions.credentials import Identity
from permissions.masks import masks
from permissions.roles import Permission

Connection = psycopg.AsyncConnection[Any]

UNKNOWN: dict[Place, Refusal | Wrong] = {
    "session": Refusal.NOT_FOUND,
    "workspace": Wrong.NO_WORKSPACE,
}
"""What is said of a place that is not there, and of one that is not the asker's."""


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
    has_ca: bool
    capabilities: dict[str, Any]


# A session that was not opened has no log yet, and nobody to show it to.
_SESSION = """
SELECT s.id, s.title, s.status, s.created_at, w.id, w.name, a.id, a.name
FROM collab_session s
JOIN collab_workspace w ON w.id = s.workspace_id
LEFT JOIN collab_agent a ON a.id = s.agent_id
WHERE s.status <> 'opening'"""

_ONE_SESSION = f"{_SESSION} AND s.id = %(id)s"

_SESSIONS = f"""{_SESSION}
AND (s.id = ANY(%(roots)s) OR s.workspace_id = ANY(%(roots)s))
AND (%(workspace)s::uuid IS NULL OR s.workspace_id = %(workspace)s)
AND (%(after)s::uuid IS NULL
    OR (s.created_at, s.id) < (SELECT created_at, id FROM collab_session WHERE id = %(after)s))
ORDER BY s.created_at DESC, s.id DESC LIMIT %(limit)s"""

_WORKSPACES = "SELECT id, name FROM collab_workspace WHERE id = ANY(%(roots)s) ORDER BY name, id"

_AGENTS = """
SELECT a.id, a.name, a.url, a.user_id, w.id, w.name, coalesce(nullif(u.name, ''), u.username),
       a.headers_sealed IS NOT NULL, a.ca <> '', a.capabilities
FROM collab_agent a
JOIN collab_workspace w ON w.id = a.workspace_id
LEFT JOIN permissions_user u ON u.id = a.owner_id
WHERE w.id = ANY(%(roots)s) ORDER BY a.name, a.id"""


async def database() -> AbstractAsyncContextManager[Connection]:
    """Lend a connection for reading."""
    return (await pool.shared()).connection()


def _named(row: Any) -> Named:
    return Named(id=row[0], name=row[1])


class Part(NamedTuple):
    """Which sessions of a list: those of a workspace, those after one, and how many at most."""

    workspace: UUID | None
    after: UUID | None
    limit: int


async def sessions(conn: Connection, roots: Iterable[UUID], part: Part) -> list[SessionRow]:
    """Give the newest sessions that are, or whose workspaces are, among some ids."""
    values = {"roots": list(roots), **part._asdict()}
    return [_session(row) for row in await _rows(conn, _SESSIONS, values)]


async def session(conn: Connection, key: UUID) -> SessionRow | None:
    """Give a session, whoever may see it."""
    rows = await _rows(conn, _ONE_SESSION, {"id": key})
    return _session(rows[0]) if rows else None


def _session(row: Any) -> SessionRow:
    key, title, status, created, *rest = row
    place, agent = rest[:2], rest[2:]
    shown = _named(agent) if agent[0] else None
    return SessionRow(key, title, status, created.isoformat(), _named(place), shown)


async def workspaces(conn: Connection, roots: Iterable[UUID]) -> list[Named]:
    """Give the workspaces among some ids."""
    return [_named(row) for row in await _rows(conn, _WORKSPACES, {"roots": list(roots)})]


async def agents(conn: Connection, workspaces: Iterable[UUID]) -> list[AgentRow]:
    """Give the agents of some workspaces."""
    return [
        AgentRow(key, name, url, user, _named(place), owner, has_headers, has_ca, says)
        for key, name, url, user, *place, owner, has_headers, has_ca, says in await _rows(
            conn, _AGENTS, {"roots": list(workspaces)}
        )
    ]


async def _rows(conn: Connection, query: str, values: dict[str, Any]) -> list[Any]:
    cursor = conn.cursor(row_factory=tuple_row)
    await cursor.execute(query, values)
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
    await require_at(conn, identity, "workspace", workspace, permission)


async def require_at(
    conn: Connection, identity: Identity, place: Place, log: UUID, permission: Permission
) -> Permission:
    """Demand a permission on a session or workspace, and give all that are held there."""
    known = await is_place(conn, place, log)
    held = (await permitted(conn, identity, [log])).get(log) if known else None
    if held is None:
        raise NotFollowed(UNKNOWN[place])
    if permission not in held:
        needs = str(permission.name).lower()
        raise NotFollowed(Refusal.FORBIDDEN, "Your role here does not allow that.", needs=needs)
    return held


_PLACES: dict[Place, LiteralString] = {
    "session": "SELECT FROM collab_session WHERE id = %s AND status <> 'opening'",
    "workspace": "SELECT FROM collab_workspace WHERE id = %s",
}


async def is_place(conn: Connection, place: Place, log: UUID) -> bool:
    """Say whether a log is a session's, or a workspace's."""
    return (await (await conn.execute(_PLACES[place], (log,))).fetchone()) is not None
