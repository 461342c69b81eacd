"""all_screens_agree: whoever looks at a session, however they came, sees what the log says."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Protocol
from uuid import UUID

from collab.core import state as fold
from collab.core.chain import GENESIS, MARK
from collab.core.encodings import ENCODINGS
from collab.core.events import Event
from collab.core.frames import Stub
from collab.core.state import State
from tests.record import Line, broken_at, folded, head_of, lines, stored_state
from tests.wire import Wire

HOPS = 4
"""How often the lossy reader loses its connection on its way."""


class Server(Protocol):
    """Where sockets are opened."""

    @property
    def ws_url(self) -> str: ...


async def all_screens_agree(
    workers: Sequence[Server], session: UUID, token: str, *steady: Wire
) -> list[Line]:
    """Compare stored state, fold, and every kind of reader; nobody may be writing. Give the log.

    `token` is of somebody who sees everything; `steady` are sockets that have been there all along.
    """
    record, head = await lines(session), await head_of(session)
    assert [line.seq for line in record] == list(range(1, head.seq + 1)), "seq is not 1..N"
    assert broken_at(session, record) is None and record[-1].chain == head.chain
    truth = folded(record)
    assert await stored_state(session, head.seq) == truth, "the stored state is another one"
    for wire in steady:
        await agrees(wire, record, truth)
    for worker in workers:
        async with Wire(worker.ws_url, session, token) as late:
            await late.join()
            await agrees(late, record, truth)
    for encoding in ENCODINGS.values():
        async with Wire(workers[-1].ws_url, session, token, encoding) as first:
            await first.join(from_start=True)
            await agrees(first, record, truth)
    assert await lossy(workers, session, token, record) == truth, "the lossy reader differs"
    AGREED[session] = head.seq
    return record


AGREED: dict[UUID, int] = {}
"""How far each session was when its screens were last seen to agree."""


async def agrees(wire: Wire, record: list[Line], truth: State) -> None:
    """Wait until a reader is at the head, and compare all that it was given."""
    await wire.at(truth.seq)
    assert wire.state == truth, "a reader's state is another one"
    seen = [event.seq for event in wire.events]
    assert seen == sorted(set(seen)), "a reader got an event twice, or out of order"
    for event in wire.events:
        assert faithful(event, record[event.seq - 1]), f"event {event.seq} is not the one stored"
    first = wire.first_seq
    kept = {line.seq for line in record if line.seq >= first and not line.passing}
    assert kept <= set(seen), f"a reader never got {sorted(kept - set(seen))[:5]}"


def faithful(event: Event | Stub, line: Line) -> bool:
    """Say whether what a reader got is what is stored, or its stub."""
    if isinstance(event, Stub):
        return (event.time, event.digest) == (line.time, line.digest)
    return event == line.event


async def lossy(workers: Sequence[Server], session: UUID, token: str, record: list[Line]) -> State:
    """Follow by cursor alone, over connections that break at random places."""
    dice = Random(session.int)
    inner = dice.sample(range(len(record)), min(HOPS, len(record)))
    state = State()
    for cut in [*sorted(inner), len(record)]:
        worker = dice.choice(workers)
        async with Wire(worker.ws_url, session, token) as wire:
            state = await _hop(wire, state, record, cut)
    return state


async def _hop(wire: Wire, state: State, record: list[Line], cut: int) -> State:
    """Come back with a cursor, and be cut off after `cut`."""
    at = state.seq
    mark = record[at - 1].chain[:MARK] if at else GENESIS[:MARK]
    welcome = await wire.join((1, at, mark))
    assert welcome.first == at + 1
    if at >= cut:
        return state
    await wire.at(cut)
    got = {event.seq for event in wire.events if isinstance(event, Event)}
    taken = [line for line in record[at:cut] if line.seq in got]
    left_out = [line for line in record[at:cut] if line.seq not in got]
    assert all(line.passing or line.visibility for line in left_out), "an event was left out"
    for event in wire.events:
        assert faithful(event, record[event.seq - 1])
    return fold.replace(folded(taken, state), seq=cut)
