"""New events as rows: from drafts to the columns of the event table, and their insertion."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from collab.core import chain, events
from collab.core.drafts import Draft
from collab.core.events import Event
from collab.core.visibility import CODES
from collab.log.packing import bools, bytestrings, int2s, int8s, texts, uuids
from collab.log.store import Stored
from collab.log.trips import Statement, Trips
from permissions.masks import Principal

_INSERT = Statement(
    "insert",
    """INSERT INTO collab_event (log, seq, type, actor, auth_kind, auth_id,
        run, cause, time, visibility, passing, acl_version, command_id, command_digest,
        command_events, bytes, salt, commitment, digest, chain)
    SELECT log, seq, type, actor, auth_kind, auth_id, run, cause,
        timestamptz 'epoch' + micros * interval '1 microsecond', visibility, passing,
        acl_version, command_id, command_digest, command_events, bytes, salt, commitment,
        digest, chain
    FROM unnest($1::uuid[], $2::int8[], $3::text[], $4::uuid[], $5::int2[], $6::uuid[],
        $7::uuid[], $8::int8[], $9::int8[], $10::int2[], $11::bool[], $12::int8[], $13::uuid[],
        $14::bytea[], $15::int2[], $16::bytea[], $17::bytea[], $18::bytea[], $19::bytea[],
        $20::bytea[])
      AS e (log, seq, type, actor, auth_kind, auth_id, run, cause, micros, visibility, passing,
        acl_version, command_id, command_digest, command_events, bytes, salt, commitment,
        digest, chain)""",
)


class Tip(NamedTuple):
    """Where the next event of a log goes."""

    seq: int
    chain: bytes
    time: int


def salts() -> Iterator[bytes]:
    """Give salts of 16 random bytes, drawn by the kilobyte: each draw is a call of the kernel."""
    while True:
        drawn = os.urandom(1_024)
        yield from (drawn[at : at + 16] for at in range(0, len(drawn), 16))


class Origin(NamedTuple):
    """Whose command an event comes from; only a command's first event carries its id."""

    principal: Principal
    actor: UUID | None
    command_id: UUID
    digest: bytes
    salts: Iterator[bytes]


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


def place(
    log: UUID, tip: Tip, acl_version: int, drafts: Sequence[Draft], origin: Origin
) -> list[Row]:
    """Number drafts after a log's tip, and bind each to its bytes and to all before it."""
    placed: list[Row] = []
    seq, previous = tip.seq, tip.chain
    for draft in drafts:
        seq += 1
        event = _event(seq, tip.time, draft, origin.actor)
        row = _row(log, event, previous, acl_version, origin, 0 if placed else len(drafts))
        previous = row.stored.chain
        placed.append(row)
    return placed


def _event(seq: int, time: int, draft: Draft, actor: UUID | None) -> Event:
    body = draft.body
    return Event(seq, body.type, time, body, actor, draft.run, draft.cause, draft.visibility)


def _row(
    log: UUID, event: Event, previous: bytes, acl_version: int, origin: Origin, count: int
) -> Row:
    content = events.encode(event)
    salt = next(origin.salts)
    committed = chain.commitment(salt, content)
    digest = chain.event_digest(log, event.seq, event.time, committed)
    stored = Stored(
        event.seq,
        CODES[event.visibility],
        events.passing(event.body),
        acl_version,
        event.time,
        content,
        digest,
        chain.link(previous, digest),
    )
    if not count:
        return Row(log, event, stored, origin.principal, None, None, None, salt, committed)
    ids = (origin.command_id, origin.digest, count)
    return Row(log, event, stored, origin.principal, *ids, salt, committed)


def insert(trips: Trips, rows: Sequence[Row]) -> None:
    """Put the insertion of all rows on the way, in one statement."""
    logs, happened, stored, principals, ids, digests, counts, salts, commitments = zip(
        *rows, strict=True
    )
    seqs, visible, passing, versions, times, contents, placed, chains = zip(*stored, strict=True)
    _, kinds, auths = zip(*principals, strict=True)
    trips.add(
        _INSERT,
        uuids(logs),
        int8s(seqs),
        texts([event.type for event in happened]),
        uuids([event.actor for event in happened]),
        int2s(kinds),
        uuids(auths),
        uuids([event.run for event in happened]),
        int8s([event.cause for event in happened]),
        int8s(times),
        int2s(visible),
        bools(passing),
        int8s(versions),
        uuids(ids),
        bytestrings(digests),
        int2s(counts),
        bytestrings(contents),
        bytestrings(salts),
        bytestrings(commitments),
        bytestrings(placed),
        bytestrings(chains),
    )
