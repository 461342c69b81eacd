"""New events as rows: from drafts to the columns of the event table, and their insertion."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import LiteralString, NamedTuple
from uuid import UUID

from collab.core import chain, events
from collab.core.drafts import Draft
from collab.core.events import Event
from collab.core.visibility import CODES
from collab.log.store import Connection, Stored
from permissions.masks import Principal

_INSERT: LiteralString = """INSERT INTO collab_event (log, seq, type, actor, auth_kind, auth_id,
        run, cause, time, visibility, passing, acl_version, command_id, command_digest,
        command_events, bytes, salt, commitment, digest, chain)
    SELECT log, seq, type, actor, auth_kind, auth_id, run, cause,
        timestamptz 'epoch' + micros * interval '1 microsecond', visibility, passing,
        acl_version, command_id, command_digest, command_events, bytes, salt, commitment,
        digest, chain
    FROM unnest(%b::uuid[], %b::int8[], %b::text[], %b::uuid[], %b::int2[], %b::uuid[],
        %b::uuid[], %b::int8[], %b::int8[], %b::int2[], %b::bool[], %b::int8[], %b::uuid[],
        %b::bytea[], %b::int2[], %b::bytea[], %b::bytea[], %b::bytea[], %b::bytea[], %b::bytea[])
      AS e (log, seq, type, actor, auth_kind, auth_id, run, cause, micros, visibility, passing,
        acl_version, command_id, command_digest, command_events, bytes, salt, commitment,
        digest, chain)"""


class Tip(NamedTuple):
    """Where the next event of a log goes."""

    seq: int
    chain: bytes
    time: int


class Origin(NamedTuple):
    """Whose command an event comes from; only a command's first event carries its id."""

    principal: Principal
    actor: UUID | None
    command_id: UUID
    digest: bytes


class Row(NamedTuple):
    """A new event with everything that its columns need."""

    log: UUID
    event: Event
    stored: Stored
    principal: Principal
    command_id: UUID | None
    command_digest: bytes | None
    command_events: int | None
    salt: bytes
    commitment: bytes


def place(log: UUID, tip: Tip, drafts: Sequence[Draft], origin: Origin) -> Iterator[Row]:
    """Number drafts after a log's tip, and bind each to its bytes and to all before it."""
    seq, previous = tip.seq, tip.chain
    for index, draft in enumerate(drafts):
        seq += 1
        event = _event(seq, tip.time, draft, origin.actor)
        row = _row(log, event, previous, origin, len(drafts) if index == 0 else None)
        previous = row.stored.chain
        yield row


def _event(seq: int, time: int, draft: Draft, actor: UUID | None) -> Event:
    body = draft.body
    return Event(seq, body.type, time, body, actor, draft.run, draft.cause, draft.visibility)


def _row(log: UUID, event: Event, previous: bytes, origin: Origin, count: int | None) -> Row:
    content = events.encode(event)
    salt = os.urandom(16)
    committed = chain.commitment(salt, content)
    digest = chain.event_digest(log, event.seq, event.time, committed)
    stored = Stored(
        event.seq,
        CODES[event.visibility],
        events.passing(event.body),
        0,
        event.time,
        content,
        digest,
        chain.link(previous, digest),
    )
    first = count is not None
    return Row(
        log,
        event,
        stored,
        origin.principal,
        origin.command_id if first else None,
        origin.digest if first else None,
        count,
        salt,
        committed,
    )


async def insert(conn: Connection, rows: Sequence[Row]) -> None:
    """Append rows in one statement; arrays go binary, since text would be parsed again."""
    stored = [row.stored for row in rows]
    happened = [row.event for row in rows]
    await conn.execute(
        _INSERT,
        (
            [row.log for row in rows],
            [s.seq for s in stored],
            [e.type for e in happened],
            [e.actor for e in happened],
            [row.principal.auth_kind for row in rows],
            [row.principal.auth_id for row in rows],
            [e.run for e in happened],
            [e.cause for e in happened],
            [s.time for s in stored],
            [s.visibility for s in stored],
            [s.passing for s in stored],
            [s.acl_version for s in stored],
            [row.command_id for row in rows],
            [row.command_digest for row in rows],
            [row.command_events for row in rows],
            [s.content for s in stored],
            [row.salt for row in rows],
            [row.commitment for row in rows],
            [s.digest for s in stored],
            [s.chain for s in stored],
        ),
        prepare=True,
    )
