"""The read door: what leaves the log leaves here or through a hub, and is seen the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec

from collab.core import frames, window
from collab.core import state as fold
from collab.core.chain import MARK
from collab.core.frames import Cursor, Events, Page, Resync
from collab.core.standing import Standing
from collab.core.state import State
from collab.core.visibility import sights
from collab.core.window import Lens
from collab.hub import Hub
from collab.log import pool, standings, store
from collab.log.store import Stored
from permissions.masks import Head, Mask, Principal, heads_and_masks
from permissions.roles import Permission

Reason = Literal["epoch", "chain", "beyond"]

FIRST_PAGE = 200
"""Events that a joiner gets at once; older ones are read on scroll."""


class Beginning(NamedTuple):
    """Where a reader starts: its cursor, the state it is given, the page it is shown first."""

    cursor: int
    state_seq: int
    state: msgspec.Raw
    page: list[Stored]


async def check(hub: Hub, cursor: Cursor) -> Resync | None:
    """Say whether a cursor's place is in this log, and if not, from where things were lost."""
    if cursor.epoch != hub.epoch:
        return _resync("epoch", "The record was restored from an older copy.", hub)
    if cursor.seq > hub.ready:
        async with (await pool.shared()).connection() as conn:
            heads = await store.heads(conn, [hub.log])
        if not heads or cursor.seq > heads[0].seq:
            end = heads[0].seq if heads else 0
            return _resync("beyond", "The record ends before what you have seen.", hub, end + 1)
    async with (await pool.shared()).connection() as conn:
        found = await store.chain_at(conn, hub.log, cursor.seq)
    if found is None or found[:MARK] != cursor.mark:
        return _resync("chain", "The record is not the one that you have seen.", hub)
    return None


def _resync(reason: Reason, sentence: str, hub: Hub, lost_from: int = 0) -> Resync:
    return Resync(reason, sentence, lost_from, hub.ready)


async def latest(hub: Hub) -> Beginning:
    """Begin at the present: the state now, and the last page of the compact log."""
    state = hub.state()
    async with (await pool.shared()).connection() as conn:
        page = await store.before(conn, hub.log, state.seq + 1, FIRST_PAGE)
    # From the page's end on: what streams after it is in the state, and in the reader's range too.
    cursor = page[-1].seq if page else state.seq
    return Beginning(cursor, state.seq, msgspec.Raw(fold.encode(state)), page)


def after(seq: int) -> Beginning:
    """Begin after a place that the reader knows."""
    return Beginning(seq, seq, msgspec.Raw(frames.NIL), [])


async def page(log: UUID, wanted: frames.Read, mask: Mask) -> Page:
    """Give the compact page that ends before a place."""
    async with (await pool.shared()).connection() as conn:
        stored = await store.before(conn, log, wanted.before, wanted.limit)
    entries = window.shown(stored, Lens(sights(mask.permissions), deltas=False), 0)
    first = stored[0].seq if stored else 0
    last = wanted.before - 1
    more = store.full(stored, wanted.limit) and first > 1
    return Page(wanted.request_id, first, last, entries, more)


def first_frame(beginning: Beginning, mask: Mask) -> Events | None:
    """Give the page that a joiner is shown first."""
    if not beginning.page:
        return None
    lens = Lens(sights(mask.permissions), deltas=False)
    return window.frame(beginning.page[0].seq, beginning.page, lens, 0)


class Wanted(NamedTuple):
    """Which part of the record: after a place or before one, and how many events at most."""

    after: int | None
    before: int | None
    limit: int


class Excerpt(NamedTuple):
    """A part of the record that covers `first` to `last`: what is not in it was left out."""

    epoch: int
    head: int
    first: int
    last: int
    events: list[msgspec.Raw]


async def excerpt(log: UUID, who: Principal, wanted: Wanted) -> Excerpt | None:
    """Give the part of the compact record that somebody may see now; None if it is none."""
    async with (await pool.shared()).connection() as conn:
        found = await _sight(conn, log, who)
        if found is None:
            return None
        head, mask = found
        if wanted.after is None:
            end = min(wanted.before or head.seq + 1, head.seq + 1)
            stored = await store.before(conn, log, end, wanted.limit)
            first = stored[0].seq if store.full(stored, wanted.limit) else 1
            last = end - 1
        else:
            stored = await store.read(conn, log, wanted.after, head.seq, head.seq, wanted.limit)
            first = wanted.after + 1
            last = stored[-1].seq if store.full(stored, wanted.limit) else head.seq
    lens = Lens(sights(mask.permissions), deltas=False)
    return Excerpt(head.epoch, head.seq, first, last, window.shown(stored, lens, 0))


async def state_at(log: UUID, who: Principal, seq: int | None) -> State | None:
    """Give the state as it was at a place, or is now; None if somebody may not see it.

    Raises LookupError where the record has no such place.
    """
    async with (await pool.shared()).connection() as conn:
        found = await _sight(conn, log, who)
        if found is None:
            return None
        if seq is not None and seq > found[0].seq:
            raise LookupError(f"log {log} ends at {found[0].seq}")
        return await store.load(conn, log, found[0].seq if seq is None else seq)


class Stands(NamedTuple):
    """How a session stands, and whether a runner serves it."""

    standing: Standing
    served: bool


async def standings_of(conn: Any, logs: Sequence[UUID]) -> dict[UUID, Stands]:
    """Give how sessions stand now, which is for everyone who may see them: whoever asks looks at
    that, and after this, so that nothing is told that is newer than the grants."""
    found = await standings.standings(conn, logs)
    served = await standings.served(conn, logs)
    return {log: Stands(found.get(log, Standing()), log in served) for log in logs}


async def _sight(conn: Any, log: UUID, who: Principal) -> tuple[Head, Mask] | None:
    """Give a log's end and what somebody may do there, as of one moment: what was committed up to
    that end is not newer than these grants."""
    try:
        head, masks = await heads_and_masks(conn, log, [who])
    except LookupError:
        return None
    mask = masks[who]
    return (head, mask) if Permission.VIEW in mask.permissions else None
