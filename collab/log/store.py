"""Reads the event tables: pages of stored bytes, heads, states. The writer appends."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

import msgspec
from psycopg import AsyncConnection

from collab.core import chain, events
from collab.core import state as fold
from collab.core.state import State
from collab.log.packing import number
from collab.log.trips import Row, Statement, Trips

Connection = AsyncConnection[Any]

SNAPSHOT_EVERY = 1_000
"""Events after which a new snapshot is worth its row."""

PAGE = 500
"""Rows of one read: short pages, since a long open snapshot slows every append."""


PAGE_BYTES = 1024 * 1024
"""Content of one read, about: events may be large, and a page is held in memory and sent whole."""


class Stored(NamedTuple):
    """One event as it lies in the table; `time` in microseconds since 1970."""

    seq: int
    visibility: int
    passing: bool
    acl_version: int
    time: int
    content: bytes
    digest: bytes
    chain: bytes


class Head(NamedTuple):
    """The narrow row of a log: `kind` 1 is a session's, 2 a workspace's."""

    log: UUID
    kind: int
    epoch: int
    seq: int
    chain: bytes
    acl_version: int


def head_of(row: Row) -> Head:
    """Read a head from the row of a trip, in the order of HEAD_COLUMNS."""
    log, kind, epoch, seq, chained, acl_version = row
    return Head(
        UUID(bytes=log),
        number(kind),
        number(epoch),
        number(seq),
        chained or b"",
        number(acl_version),
    )


MICROSECONDS: LiteralString = "(extract(epoch FROM time) * 1000000)::bigint"

_COLUMNS: LiteralString = (
    f"seq, visibility, passing, acl_version, {MICROSECONDS}, bytes, digest, chain"
)

_AFTER: LiteralString = """SELECT * FROM collab_event
    WHERE log = %s AND seq > %s AND seq <= %s AND (NOT passing OR seq >= %s OR seq = %s)
    ORDER BY seq LIMIT %s"""

_BEFORE: LiteralString = """SELECT * FROM collab_event
    WHERE log = %s AND seq < %s AND NOT passing ORDER BY seq DESC LIMIT %s"""


def _page(found: LiteralString, order: LiteralString) -> LiteralString:
    """Give as many of some events as make a page. Sizes are known without the contents: what lies
    beyond is not fetched. One event is always given, and the last may go beyond the size."""
    # Rows, not the default range of peers, which costs a fifth of the whole read.
    sized: LiteralString = f"""SELECT *, sum(octet_length(bytes))
        OVER (ORDER BY {order} ROWS UNBOUNDED PRECEDING) AS size FROM ({found}) f"""
    return f"""SELECT {_COLUMNS} FROM ({sized}) sized
        WHERE size - octet_length(bytes) < %s ORDER BY seq"""


_READ: LiteralString = _page(_AFTER, "seq")
_READ_BEFORE: LiteralString = _page(_BEFORE, "seq DESC")

HEAD_COLUMNS: LiteralString = "log, kind, epoch, seq, chain, acl_version"


async def rows(conn: Connection, query: LiteralString, values: Sequence[Any]) -> list[Any]:
    """Run one prepared query and give its rows by the binary protocol."""
    async with conn.cursor(binary=True) as cursor:
        await cursor.execute(query, values, prepare=True)
        return await cursor.fetchall()


async def read(
    conn: Connection, log: UUID, after: int, upto: int, passing_from: int = 0, limit: int = PAGE
) -> list[Stored]:
    """Read a page in order; deltas below `passing_from` are left out, but for one at `upto`,
    whose chain a reader needs for its cursor."""
    values = (log, after, upto, passing_from, upto, limit, PAGE_BYTES)
    return [Stored._make(row) for row in await rows(conn, _READ, values)]


async def before(conn: Connection, log: UUID, seq: int, limit: int) -> list[Stored]:
    """Read the compact page that ends before `seq`, in order."""
    values = (log, seq, limit, PAGE_BYTES)
    return [Stored._make(row) for row in await rows(conn, _READ_BEFORE, values)]


def full(page: Sequence[Stored], limit: int) -> bool:
    """Say whether a read may have ended before the log did, by its number or its size."""
    return len(page) == limit or sum(len(stored.content) for stored in page) >= PAGE_BYTES


async def heads(conn: Connection, logs: Sequence[UUID]) -> list[Head]:
    """Look at the heads of many logs in one query."""
    query: LiteralString = f"SELECT {HEAD_COLUMNS} FROM collab_head WHERE log = ANY(%s)"
    return [Head._make(row) for row in await rows(conn, query, (list(logs),))]


async def chain_at(conn: Connection, log: UUID, seq: int) -> bytes | None:
    """Give the chain at a place, or None where the log has no such place."""
    if seq == 0:
        return chain.GENESIS
    query: LiteralString = "SELECT chain FROM collab_event WHERE log = %s AND seq = %s"
    found = await rows(conn, query, (log, seq))
    return bytes(found[0][0]) if found else None


async def load(conn: Connection, log: UUID, upto: int) -> State:
    """Give the state at `upto`: the newest usable snapshot, and the fold of what follows."""
    state = await _snapshot(conn, log, upto)
    return await advance(conn, log, state, upto)


async def advance(conn: Connection, log: UUID, state: State, upto: int) -> State:
    """Fold a state forward to `upto`, page by page."""
    while state.seq < upto:
        page = await read(conn, log, state.seq, upto)
        if not page:
            raise LookupError(f"log {log} has a hole after {state.seq}")
        for stored in page:
            state = fold.apply(state, events.decode(stored.content))
    return state


async def _snapshot(conn: Connection, log: UUID, upto: int) -> State:
    query: LiteralString = """SELECT bytes, digest FROM collab_snapshot
        WHERE log = %s AND seq <= %s AND version = %s ORDER BY seq DESC LIMIT 1"""
    for content, digest in await rows(conn, query, (log, upto, fold.VERSION)):
        return snapshot(content, digest)
    return State()


def snapshot(content: bytes, digest: bytes) -> State:
    """Read a snapshot; one that cannot be read costs time, never truth."""
    if hashlib.sha256(content).digest() != digest:
        return State()
    try:
        return fold.decode(content)
    except msgspec.DecodeError:
        return State()


_KEEP = Statement(
    "keep",
    """INSERT INTO collab_snapshot (log, seq, version, bytes, digest)
    VALUES ($1, $2, $3, $4, $5)""",
)


def keep_snapshot(trips: Trips, log: UUID, state: State) -> None:
    """Keep a state so that the next fold need not start at 1; it goes with the trip's commit."""
    content = fold.encode(state)
    place = state.seq.to_bytes(8, "big"), fold.VERSION.to_bytes(4, "big")
    trips.add(_KEEP, log.bytes, *place, content, hashlib.sha256(content).digest())
