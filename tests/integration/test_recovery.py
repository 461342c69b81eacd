"""A worker dies or Postgres hangs up: what was acknowledged is there, and nothing twice."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import websockets
from django.db import connections

from collab.core import commands as c
from collab.core import events as e
from collab.core import frames
from tests.cluster import Cluster, Worker
from tests.estate import sql
from tests.figures import figure
from tests.loops import apart
from tests.outages import connections_ending
from tests.polling import until
from tests.record import lines
from tests.scene import Person, Scene
from tests.screens import all_screens_agree
from tests.wire import Wire

# Where a worker dies, and whether its command is in the log then.
PLACES = {
    "append.before_insert": False,
    "append.after_insert": False,
    "append.after_commit": True,
}
SECONDS = 3.0
"""How long connections end."""


@pytest.fixture(scope="module")
async def doomed(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[dict[str, Worker]]:
    """Give one worker for each place to die in; they start together."""
    folder: Path = tmp_path_factory.mktemp("doomed")
    workers = {
        place: Worker(number, {"COHELM_FAILPOINT": place}, folder / f"{place}.log")
        for number, place in enumerate(PLACES)
    }
    for worker in workers.values():
        worker.start()
    for worker in workers.values():
        worker.wait()
    yield workers
    for worker in workers.values():
        worker.stop()


@pytest.mark.parametrize("place", PLACES)
async def test_a_command_sent_again_after_a_worker_died_has_one_effect(
    cluster: Cluster, doomed: dict[str, Worker], scene: Scene, place: str
) -> None:
    token, command, command_id = scene["op1"].token, c.PromptQueue("once"), uuid4()
    await apart(lambda: unharmed(doomed[place]))
    steady = Wire(cluster[0].ws_url, scene.session, scene["op2"].token)
    async with steady, Wire(doomed[place].ws_url, scene.session, token) as cut:
        await steady.join()
        await cut.join()
        await cut.send(command, command_id)
        await cut.until(lambda: cut.closed)
        assert cut.closed == 1006
        assert command_id not in cut.answers
        if PLACES[place]:
            await steady.event(e.PromptQueued)
        async with Wire(cluster[1].ws_url, scene.session, token) as again:
            await again.join(cut.cursor)
            reply = await again.do(command, command_id)
            assert reply.replayed is PLACES[place]
            await again.at(reply.seq)
        record = await all_screens_agree(
            cluster.workers, scene.session, scene["owner"].token, steady
        )
    assert [line.seq for line in record if line.command_id == command_id] == [reply.seq]
    assert [line.type for line in record].count("prompt.queued") == 1


def unharmed(worker: Worker) -> None:
    """See that a worker still runs that dies of the first event that it writes.

    A change of grants is told by whichever process comes first, also by this one.
    """
    until(lambda: sql(_UNTOLD) == [(0,)], "a change of grants is never told")
    if worker.ended():
        worker.restart()


_UNTOLD = """SELECT count(*) FROM permissions_untold u
    JOIN collab_head h ON h.log = u.workspace AND h.seq > 0"""


class Persistent:
    """Somebody who sends each command again with the same id until it is answered for good."""

    def __init__(self, cluster: Cluster, scene: Scene, who: Person) -> None:
        self._cluster, self._session, self._token = cluster, scene.session, who.token
        self._cursor: tuple[int, int, bytes] | None = None
        self._todo = uuid4()
        self.acknowledged: dict[UUID, int] = {}
        self.connections = 0

    async def run(self, end: float) -> None:
        """Write until a moment of the performance counter, over as many sockets as it takes."""
        while time.perf_counter() < end:
            async with self._wire() as wire:
                self.connections += 1
                await self._join(wire)
                while wire.closed is None and time.perf_counter() < end:
                    await self._once(wire)
                self._cursor = wire.cursor or self._cursor

    def _wire(self) -> Wire:
        worker = self._cluster[self.connections % len(self._cluster)]
        return Wire(worker.ws_url, self._session, self._token)

    async def _join(self, wire: Wire) -> None:
        """Join where the last socket ended; the log may be away."""
        await wire.raw(frames.encode(frames.Join(self._cursor)))
        await wire.until(lambda: wire.of(frames.Welcome) or wire.closed)

    async def _once(self, wire: Wire) -> None:
        """Send the command that has no final answer yet."""
        todo = self._todo
        wire.answers.pop(todo, None)
        with suppress(websockets.ConnectionClosed):
            await wire.send(c.NoteWrite(str(todo)), todo)
        await wire.until(lambda: todo in wire.answers or wire.closed)
        self._hear(wire.answers.get(todo))

    def _hear(self, answer: frames.Reply | frames.RefusalFrame | None) -> None:
        if isinstance(answer, frames.Reply):
            self.acknowledged[answer.command_id] = answer.seq
            self._todo = uuid4()
        elif answer is not None:
            assert answer.retry, f"refused for good: {answer.code}"


@pytest.fixture
def detached(scene: Scene) -> Scene:
    """Give a scene and close the test's own connections, so that none of them is ended."""
    connections.close_all()
    return scene


async def test_nothing_acknowledged_is_lost_while_every_connection_to_postgres_ends(
    cluster: Cluster, detached: Scene
) -> None:
    scene = detached
    people = [Persistent(cluster, scene, scene[f"op{n % 2 + 1}"]) for n in range(4)]
    steady = Wire(cluster[0].ws_url, scene.session, scene["observer"].token)
    async with steady:
        await steady.join()
        with connections_ending() as sweeper:
            end = time.perf_counter() + SECONDS
            await asyncio.gather(*(person.run(end) for person in people))
        record = await lines(scene.session)
        await steady.at(record[-1].seq)
        await all_screens_agree(cluster.workers, scene.session, scene["owner"].token, steady)
    written = {line.command_id: line.seq for line in record if line.type == "note.written"}
    acknowledged = {key: seq for person in people for key, seq in person.acknowledged.items()}
    assert acknowledged.items() <= written.items(), "an acknowledged command is not there"
    assert len(written) - len(acknowledged) <= len(people), "more is there than was sent"
    assert [line.type for line in record].count("note.written") == len(written)
    assert sweeper.terminated > 10
    figure(
        "connections to Postgres ended five times a second",
        f"{sweeper.terminated} ended, {len(acknowledged)} commands acknowledged and kept,"
        f" {sum(person.connections for person in people) - len(people)} reconnections",
    )
