"""Keeps the secrets of invitations, and what the log says became of each. Plain SQL."""

from __future__ import annotations

import hmac
import re
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg.rows import tuple_row

from permissions.tokens import digest, new_secret

Connection = psycopg.AsyncConnection[Any]

_FORM = re.compile(r"ci_([0-9a-f]{32})_([A-Za-z0-9_-]{43})")


class Wanted(NamedTuple):
    """An invitation that is to be made: on a session or on a workspace."""

    id: UUID
    session: UUID | None
    workspace: UUID | None
    role: str
    name: str
    until: datetime
    made_by: UUID | None

    @property
    def log(self) -> UUID:
        """The log that it belongs to."""
        found = self.session or self.workspace
        assert found, "an invitation is to a session or to a workspace"
        return found


class Invitation(NamedTuple):
    """An invitation as people read it."""

    id: UUID
    session: UUID | None
    session_title: str | None
    workspace: UUID
    workspace_name: str
    role: str
    name: str
    until: datetime
    made_by: str | None
    taken_by: UUID | None
    taken_at: datetime | None
    withdrawn_at: datetime | None

    @property
    def log(self) -> UUID:
        """The log that it belongs to."""
        return self.session or self.workspace


_KEEP = """
INSERT INTO permissions_invitation
    (id, hash, session_id, workspace_id, role, name, until, made_by_id)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"""

_READ = """
SELECT i.id, i.session_id, s.title, w.id, w.name, i.role, i.name, i.until,
       coalesce(nullif(u.name, ''), u.username), i.taken_by_id, i.taken_at,
       i.withdrawn_at, i.hash
FROM permissions_invitation i
LEFT JOIN collab_session s ON s.id = i.session_id
JOIN collab_workspace w ON w.id = coalesce(i.workspace_id, s.workspace_id)
LEFT JOIN permissions_user u ON u.id = i.made_by_id
WHERE i.made_at IS NOT NULL"""

_OPEN = f"""{_READ} AND (i.session_id = %(log)s OR i.workspace_id = %(log)s)
  AND i.taken_at IS NULL AND i.withdrawn_at IS NULL AND i.until > clock_timestamp()
ORDER BY i.made_at DESC, i.id"""


async def keep(conn: Connection, wanted: Wanted) -> str:
    """Keep a new invitation's secret and give the text that a link carries, for the only time."""
    secret = new_secret()
    where, what = (wanted.session, wanted.workspace), (wanted.role, wanted.name, wanted.until)
    await conn.execute(_KEEP, (wanted.id, digest(secret), *where, *what, wanted.made_by))
    return f"ci_{wanted.id.hex}_{secret}"


async def forget(conn: Connection, key: UUID) -> None:
    """Forget an invitation that the log refused."""
    await conn.execute("DELETE FROM permissions_invitation WHERE id = %s", (key,))


async def by_text(conn: Connection, text: str) -> Invitation | None:
    """Give the invitation whose whole text is shown, whatever became of it."""
    form = _FORM.fullmatch(text)
    if form is None:
        return None
    rows = await _rows(conn, f"{_READ} AND i.id = %s", (UUID(form[1]),))
    if not rows or not hmac.compare_digest(bytes(rows[0][-1]), digest(form[2])):
        return None
    return Invitation(*rows[0][:-1])


async def by_id(conn: Connection, key: UUID) -> Invitation | None:
    """Give an invitation."""
    rows = await _rows(conn, f"{_READ} AND i.id = %s", (key,))
    return Invitation(*rows[0][:-1]) if rows else None


async def open_of(conn: Connection, log: UUID) -> list[Invitation]:
    """Give the invitations to a session or workspace that can still be used, newest first."""
    return [Invitation(*row[:-1]) for row in await _rows(conn, _OPEN, {"log": log})]


async def _rows(conn: Connection, query: str, values: Any) -> list[Any]:
    cursor = conn.cursor(row_factory=tuple_row)
    await cursor.execute(query, values)
    return await cursor.fetchall()


# What the writer writes as projections, once the log has the event.


async def made(conn: Connection, key: UUID, at: datetime, by: UUID | None) -> None:
    """Write that an invitation was made: from now on its secret is worth something."""
    await conn.execute(
        "UPDATE permissions_invitation SET made_at = %s, made_by_id = %s WHERE id = %s",
        (at, by, key),
    )


async def taken(conn: Connection, key: UUID, at: datetime, by: UUID) -> None:
    """Write who used an invitation."""
    await conn.execute(
        "UPDATE permissions_invitation SET taken_at = %s, taken_by_id = %s WHERE id = %s",
        (at, by, key),
    )


async def withdrawn(conn: Connection, key: UUID, at: datetime) -> None:
    """Write that an invitation was withdrawn."""
    await conn.execute(
        "UPDATE permissions_invitation SET withdrawn_at = %s WHERE id = %s", (at, key)
    )
