"""The check that ends other tests can fail: planted bugs of a reader and of a record are caught."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from collab.core import commands as c
from collab.core import events as e
from collab.core.state import State
from tests.cluster import Cluster
from tests.record import Line, broken_at
from tests.scene import Scene
from tests.screens import agrees, all_screens_agree
from tests.wire import Wire

NOTES = 5


def _changed(wire: Wire) -> None:
    last = wire.events[-1]
    wire.events[-1] = msgspec.structs.replace(last, body=e.NoteWritten("another word"))


def _state(wire: Wire) -> None:
    wire.state = State(seq=wire.state.seq if wire.state else 0)


READERS: dict[str, Callable[[Wire], object]] = {
    "an event is missing": lambda wire: wire.events.pop(-2),
    "an event came twice": lambda wire: wire.events.append(wire.events[-1]),
    "events are out of order": lambda wire: wire.events.insert(0, wire.events.pop()),
    "an event says something else": _changed,
    "the state is another one": _state,
}

RECORDS: dict[str, Callable[[Line], dict[str, Any]]] = {
    "its number": lambda line: {"seq": line.seq + 1},
    "its bytes": lambda line: {"content": line.content[:-1] + b"!"},
    "its salt": lambda line: {"salt": bytes(len(line.salt))},
    "its digest": lambda line: {"digest": bytes(32)},
    "its link": lambda line: {"chain": bytes(32)},
    "its time": lambda line: {"time": line.time + 1},
    "the type beside it": lambda line: {"type": "note.forged"},
    "the actor beside it": lambda line: {"actor": None},
}


async def noted(cluster: Cluster, scene: Scene, wire: Wire) -> list[Line]:
    """Write some notes over a socket; give the record, of which all screens agree."""
    await wire.join(from_start=True)
    for number in range(NOTES):
        await wire.do(c.NoteWrite(f"note {number}"))
    return await all_screens_agree(cluster.workers, scene.session, scene["owner"].token, wire)


@pytest.mark.parametrize("bug", READERS)
async def test_a_bug_of_a_reader_is_caught(cluster: Cluster, scene: Scene, bug: str) -> None:
    async with Wire(cluster[0].ws_url, scene.session, scene["op1"].token) as wire:
        record = await noted(cluster, scene, wire)
        assert wire.state
        truth = wire.state
        READERS[bug](wire)
        with pytest.raises(AssertionError, match=r"reader|event"):
            await agrees(wire, record, truth)


async def test_a_bug_of_the_record_is_caught_at_its_place(cluster: Cluster, scene: Scene) -> None:
    async with Wire(cluster[0].ws_url, scene.session, scene["op1"].token) as wire:
        record = await noted(cluster, scene, wire)
    caught: dict[str, int | None] = {}
    for bug, planted in RECORDS.items():
        wrong = record[-2]._replace(**planted(record[-2]))
        caught[bug] = broken_at(scene.session, [*record[:-2], wrong, record[-1]])
    assert caught == dict.fromkeys(RECORDS, record[-2].seq)
    assert broken_at(scene.session, [*record[:-2], record[-1]]) == record[-2].seq
