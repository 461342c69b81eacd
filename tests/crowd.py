"""Many people in one session who lose access one after the other, and a judge of what they got."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

import websockets

from collab.core import commands as c
from collab.core import events as e
from collab.core import frames
from tests.cluster import Cluster
from tests.estate import history
from tests.loops import apart
from tests.record import Line, lines
from tests.revoking import Way
from tests.scene import Scene
from tests.screens import all_screens_agree
from tests.stalls import Span
from tests.victims import Victim
from tests.wire import Wire

SHUT = {4501, 4503}
"""Closes for a credential that is not in force any more, and for a role."""
LAG = 100
"""Events by which the slowest reader may be behind before more are written."""

IN_FLIGHT = 8

AHEAD = 3
"""How many of those who are next to lose access are writing meanwhile."""

AT_ONCE = 40
"""People in one session: each closed socket is told to all, by presence."""


class Watched(Wire):
    """A victim's socket: it notes what it was given and when it was told, and folds nothing."""

    def __init__(self, way: str, victim: Victim, number: int) -> None:
        worker = victim.cluster[number % len(victim.cluster)]
        super().__init__(worker.ws_url, victim.scene.session)
        self.headers |= victim.headers(worker)
        self.way, self.victim = way, victim
        self.reached: list[int] = []
        self.told = 0.0
        self.ended: datetime | None = None

    async def _take(self, frame: frames.ServerFrame) -> None:
        if isinstance(frame, frames.RefusalFrame) and frame.command_id is None:
            self.told = self.told or time.time()
        await super()._take(frame)

    def _covered(self, frame: frames.Events) -> None:
        self.cursor = (self.epoch, frame.last, frame.mark)
        self.reached.extend(frames.event_or_stub(raw).seq for raw in frame.events)

    @property
    def at_seq(self) -> int:
        return self.cursor[1] if self.cursor else 0

    async def closing(self) -> None:
        """Wait until the socket is closed."""
        await self.until(lambda: self.closed)

    async def beyond(self, seq: int) -> None:
        """Wait until the reader is beyond a place, or closed."""
        await self.until(lambda: self.at_seq > seq or self.closed)


class Crowd:
    """Everybody in the session: one who stays, and those who are going to lose access."""

    def __init__(self, cluster: Cluster, writer: Wire, seen: list[Watched]) -> None:
        self.cluster, self.writer, self.seen = cluster, writer, seen
        self.scene = seen[0].victim.scene
        self._ended = asyncio.Event()
        self._busy: dict[Wire, asyncio.Task[None]] = {}

    async def lose(self, ways: dict[str, Way], *, busy: bool) -> None:
        """Revoke one after the other, in any order, without waiting for what comes of it."""
        order = Random(self.scene.session.int).sample(self.seen, len(self.seen))
        for place, wire in enumerate(order):
            for soon in order[place : place + AHEAD] if busy else ():
                self.write(soon, 1)
            wire.ended = await ways[wire.way][1](wire.victim)
            if wire.ended is None:
                await self.try_again(wire)
        for wire in self.seen:
            await wire.closing()

    async def try_again(self, wire: Watched) -> None:
        """Send a command that must not be followed; the socket may be closed by now."""
        with suppress(websockets.ConnectionClosed):
            await wire.send(c.NoteWrite("though I may no more"))

    @asynccontextmanager
    async def flowing(self) -> AsyncIterator[None]:
        """Have notes be written as fast as the readers take them, also after the last change."""
        self.write(self.writer, IN_FLIGHT)
        for wire in self.seen:
            await wire.beyond(wire.at_seq + 5)
        try:
            yield
            head = self.writer.state.seq if self.writer.state else 0
            await self.writer.at(head + 20)
        finally:
            self._ended.set()
            await asyncio.gather(*self._busy.values())

    def write(self, wire: Wire, in_flight: int) -> None:
        """Have somebody write from now on."""
        if wire not in self._busy:
            self._busy[wire] = asyncio.create_task(self._write(wire, in_flight))

    async def _write(self, wire: Wire, in_flight: int) -> None:
        with suppress(websockets.ConnectionClosed):
            while not self._ended.is_set() and wire.closed is None:
                far = (self.writer.state.seq if self.writer.state else 0) - LAG
                for reader in self.seen:
                    if reader.at_seq <= far and reader.closed is None:
                        await reader.beyond(far)
                sent = [await wire.send(c.NoteWrite("one of many")) for _ in range(in_flight)]
                await wire.until(lambda sent=sent: wire.closed or wire.answers.keys() >= {*sent})  # type: ignore[misc]

    async def record(self) -> list[Line]:
        """Give the whole log; every screen must agree about it."""
        owner = self.scene["owner"].token
        return await all_screens_agree(self.cluster.workers, self.scene.session, owner, self.writer)


@asynccontextmanager
async def crowd(
    scene: Scene, cluster: Cluster, ways: dict[str, Way], lost: Sequence[str]
) -> AsyncIterator[Crowd]:
    """Have people join, in both processes; each will lose access in the way that is named."""

    def prepared() -> list[Watched]:
        victims = [(way, ways[way][0](scene, cluster)) for way in lost]
        return [Watched(way, victim, number) for number, (way, victim) in enumerate(victims)]

    seen = await apart(prepared)
    writer = Wire(cluster[0].ws_url, scene.session, scene["op1"].token)
    async with AsyncExitStack() as stack:
        for wire in (writer, *seen):
            await stack.enter_async_context(wire)
            await wire.join()
        for wire in seen:
            await wire.do(c.NoteWrite("while I may"))
        yield Crowd(cluster, writer, seen)


@dataclass
class Judge:
    """What the log and the history of grants say, against what a socket got."""

    record: list[Line]
    changes: list[dict[str, Any]]

    def last_change(self, wire: Watched) -> dict[str, Any]:
        """Give the last change that is about the victim."""
        return next(
            change
            for change in reversed(self.changes)
            if any(map(wire.victim.named, [*(change["old"] or ()), *(change["new"] or ())]))
        )

    def after(self, wire: Watched) -> tuple[float, list[Line]]:
        """Give when access ended, and the events that committed after that."""
        change = self.last_change(wire)
        at = change["time"].timestamp()
        newer = [line for line in self.record if line.acl_version >= change["acl_version"]]
        assert newer == [line for line in self.record if line.seq > change["head_seq"]]
        if wire.ended is not None:
            # Where the disk stalls, the end may pass before it has committed; then that counts.
            at = max(at, wire.ended.timestamp())
            newer = [line for line in newer if line.time >= at * 1e6]
        return at, newer

    def judge(self, wire: Watched) -> Span:
        """Give the time from the end of access to the socket's being told; nothing more came."""
        way = wire.way
        at, after = self.after(wire)
        assert wire.closed in SHUT and wire.told > 0, (way, wire.closed)
        newer = {line.seq for line in after}
        assert newer.isdisjoint(wire.reached), f"{way}: an event arrived that committed later"
        assert not newer or wire.at_seq < min(newer), f"{way}: a place was told that came later"
        assert not self.followed(wire, after), f"{way}: a command was followed"
        return Span(at, wire.told)

    def followed(self, wire: Watched, after: list[Line]) -> list[int]:
        """Give the victim's notes after the change; one batch may hold some before it as well."""
        user = wire.victim.user
        taken = [
            line.seq
            for line in after
            if isinstance(line.event.body, e.GrantTaken) and line.event.body.user == user
        ]
        place = max(taken, default=0)
        theirs = [line for line in after if line.actor == user and line.seq > place]
        return [line.seq for line in theirs if line.type == "note.written"]


async def judged(people: Crowd, record: list[Line]) -> list[Span]:
    """Judge each of them; give when each lost access and was told."""
    judge = Judge(record, await apart(lambda: history(people.scene.session)))
    return [judge.judge(wire) for wire in people.seen]


async def under_load(
    scene: Scene, cluster: Cluster, ways: dict[str, Way], lost: Sequence[str]
) -> list[Span]:
    """Revoke while events flow; give when each lost access and was told."""
    async with crowd(scene, cluster, ways, lost) as people:
        async with people.flowing():
            await people.lose(ways, busy=True)
        return await judged(people, await people.record())


async def in_silence(
    scene: Scene, cluster: Cluster, ways: dict[str, Way], lost: Sequence[str]
) -> list[Span]:
    """Revoke where nothing else happens; give when each lost access and was told."""
    async with crowd(scene, cluster, ways, lost) as people:
        await people.lose(ways, busy=False)
        return await judged(people, await lines(scene.session))


def sessions_of(ways: Iterable[str], times: int) -> Iterator[list[str]]:
    """Split so many times each way into sessions that are not too full."""
    lost = [way for way in ways for _ in range(times)]
    Random(times).shuffle(lost)
    for first in range(0, len(lost), AT_ONCE):
        yield lost[first : first + AT_ONCE]
