"""Lists and revokes the tokens of people and of the agents that they manage. Plain SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg.rows import tuple_row

from permissions.grants import name_person
from permissions.tokens import prefix

Connection = psycopg.AsyncConnection[Any]


class Key(NamedTuple):
    """A token as people read it; `agent` is whose it is, where it is not the reader's own."""

    id: UUID
    name: str
    kind: str
    scope: str
    created_at: datetime
    until: datetime | None
    last_used_at: datetime | None
    agent: tuple[UUID, str] | None
    session: tuple[UUID, str] | None
    workspace: tuple[UUID, str] | None

    @property
    def prefix(self) -> str:
        """How its text begins."""
        return prefix(self.id)


# A runner's own tokens are made and ended by it, and nobody's to look after.
_MINE = """
t.revoked_at IS NULL AND t.kind <> 'runner' AND (t.user_id = %(user)s OR t.user_id IN (
    SELECT user_id FROM collab_agent WHERE workspace_id = ANY(%(managed)s)))"""

_LISTED = f"""
SELECT t.id, t.name, t.kind, t.scope, t.created_at, t.until, t.last_used_at,
       a.id, a.name, s.id, s.title, w.id, w.name
FROM permissions_token t
LEFT JOIN collab_agent a ON a.user_id = t.user_id
LEFT JOIN collab_session s ON s.id = t.session_id
LEFT JOIN collab_workspace w ON w.id = t.workspace_id
WHERE {_MINE} AND (t.until IS NULL OR t.until > clock_timestamp())
ORDER BY t.created_at DESC, t.id LIMIT 500"""

_REVOKE = f"""
UPDATE permissions_token t SET revoked_at = clock_timestamp() WHERE t.id = %(token)s AND {_MINE}"""


async def listed(conn: Connection, user: UUID, managed: Sequence[UUID]) -> list[Key]:
    """Give the tokens in force of somebody, and of the agents of workspaces they manage."""
    cursor = conn.cursor(row_factory=tuple_row)
    await cursor.execute(_LISTED, {"user": user, "managed": list(managed)})
    return [
        Key(
            *row[:7],
            *(tuple(pair) if pair[0] else None for pair in (row[7:9], row[9:11], row[11:])),
        )
        for row in await cursor.fetchall()
    ]


async def revoke(conn: Connection, token: UUID, user: UUID, managed: Sequence[UUID]) -> bool:
    """Revoke a token that somebody may see listed; say whether it was in force."""
    async with conn.transaction():
        await name_person(conn, user)
        values = {"token": token, "user": user, "managed": list(managed)}
        return bool((await conn.execute(_REVOKE, values)).rowcount)
