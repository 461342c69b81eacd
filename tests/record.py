"""A log as it lies in the tables, read past every door, for tests that judge the doors."""

from __future__ import annotations

from typing import Any, LiteralString, NamedTuple
from uuid import UUID

import psycopg
from django.conf import settings

from collab.core import chain, events
from collab.core import state as fold
from collab.core.events import Event
from collab.core.state import State
from collab.log import store
from collab.log.store import MICROSECONDS, Head


class Line(NamedTuple):
    """One event's row: what is chained, and what a test asks for besides."""

    seq: int
    type: str
    actor: UUID | None
    time: int
    visibility: int
    passing: bool
    acl_version: int
    command_id: UUID | None
    content: bytes
    salt: bytes
    commitment: bytes
    digest: bytes
    chain: bytes

    @property
    def event(self) -> Event:
        """Give what was stored."""
        return events.decode(self.content)


_LINES: LiteralString = f"""SELECT seq, type, actor, {MICROSECONDS}, visibility, passing,
        acl_version, command_id, bytes, salt, commitment, digest, chain
    FROM collab_event WHERE log = %s ORDER BY seq"""


async def connect() -> psycopg.AsyncConnection[Any]:
    """Open a connection of the workers' role."""
    return await psycopg.AsyncConnection.connect(settings.LOG_DSN, autocommit=True)


async def ask(query: LiteralString, *values: Any) -> list[Any]:
    """Run one query and give its rows."""
    async with await connect() as conn, conn.cursor(binary=True) as cursor:
        await cursor.execute(query, values)
        return await cursor.fetchall()


async def lines(log: UUID) -> list[Line]:
    """Read a whole log."""
    return [Line._make(row) for row in await ask(_LINES, log)]


async def head_of(log: UUID) -> Head:
    """Look at a log's head."""
    async with await connect() as conn:
        return (await store.heads(conn, [log]))[0]


async def stored_state(log: UUID, upto: int) -> State:
    """Load a state as the server does: from a snapshot and what follows."""
    async with await connect() as conn:
        return await store.load(conn, log, upto)


def folded(record: list[Line], state: State | None = None) -> State:
    """Fold lines onto a state; from nothing, if none is given."""
    state = state or State()
    for line in record:
        state = fold.apply(state, line.event)
    return state


def broken_at(log: UUID, record: list[Line]) -> int | None:
    """Give the first place where number, bytes, digest or chain do not fit, or None."""
    previous = chain.GENESIS
    for place, line in enumerate(record, 1):
        committed = chain.commitment(line.salt, line.content)
        digest = chain.event_digest(log, line.seq, line.time, committed)
        bound = (place, committed, digest, chain.link(previous, digest))
        if bound != (line.seq, line.commitment, line.digest, line.chain) or not _told(line):
            return place
        previous = line.chain
    return None


def _told(line: Line) -> bool:
    """Say whether the columns beside the bytes say what the bytes say."""
    event = line.event
    said = (event.seq, event.type, event.actor, event.time)
    return said == (line.seq, line.type, line.actor, line.time)
