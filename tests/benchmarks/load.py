"""The load generator: a process of its own, which says how busy it was itself."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import uvloop

from tests.benchmarks.asked import Figures, answer
from tests.benchmarks.crowd import Crowd, Reader
from tests.benchmarks.dialects import Bare, Dialect, Ours, Textbook, text
from tests.benchmarks.textbook.rooms import make_room, make_tables, make_users
from tests.figures import percentile
from tests.scene import make_scene

PER_SECOND = 20
"""Actions on all screens together, where they come at a steady pace."""

REST = 0.002
"""Seconds between two events that go out one at a time."""

TICKS = 100
"""Of a processor's second, as /proc counts them."""


class Places:
    """Where each way's readers go: made once, before anything is measured."""

    def __init__(self) -> None:
        make_tables()
        users = make_users(1)
        self._room, self._user = make_room(users).pk, str(users[0].pk)
        self._scene = make_scene()

    def dialects(self, way: str, readers: int, writers: int) -> list[Dialect]:
        """Give the words of every connection; the first so many may act."""
        if way == "textbook":
            return [Textbook(self._room, self._user) for _ in range(readers)]
        if way == "bare":
            return [Bare() for _ in range(readers)]
        roles = ["op1"] * writers + ["observer"] * (readers - writers)
        return [Ours(str(self._scene.session), self._scene[role].token) for role in roles]


def main() -> None:
    """Make the places, then measure whenever asked."""
    places = Places()
    kinds = {"fanout": fanout, "pace": pace, "rush": rush}

    def measure(kind: str, way: str, url: str, pid: int, readers: int, seconds: float) -> Figures:
        writers = 1 if kind == "fanout" else readers
        dialects = places.dialects(way, readers, writers)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(measured(kinds[kind], url, pid, dialects, seconds))

    answer(measure)


Kind = Callable[[Crowd, float], Awaitable[Figures]]


async def measured(
    kind: Kind, url: str, pid: int, dialects: Sequence[Dialect], seconds: float
) -> Figures:
    """Gather the crowd, do it, and say what it cost the server and this process."""
    crowd = Crowd()
    await crowd.join(url, dialects)
    await kind(crowd, seconds / 10)
    await crowd.settle()
    before, begun = crowd.deliveries, time.perf_counter()
    cpu, own = server_cpu(pid), time.process_time()
    figures = await kind(crowd, seconds)
    elapsed, deliveries = time.perf_counter() - begun, crowd.deliveries - before
    spent, share = server_cpu(pid) - cpu, (time.process_time() - own) / elapsed
    await crowd.settle()
    crowd.leave()
    return {
        **figures,
        "deliveries_per_s": deliveries / elapsed,
        "deliveries_per_cpu_s": deliveries / max(spent, 1 / TICKS),
        "cpu_s": spent,
        "generator_share": share,
        **vars(crowd.faults),
        "faults": crowd.faults.total,
    }


def server_cpu(pid: int) -> float:
    """Give the seconds of processor that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


async def fanout(crowd: Crowd, seconds: float) -> Figures:
    """One event at a time, so that each goes out in a frame of its own, with a rest in between:
    what counts is what a delivery costs the server, not how fast this process can take them."""
    taken: list[float] = []
    end = time.perf_counter() + seconds
    while (begun := time.perf_counter()) < end:
        wanted = crowd.deliveries + len(crowd.readers)
        crowd.readers[0].act(text(len(taken)))
        await crowd.until(wanted)
        taken.append(time.perf_counter() - begun)
        await asyncio.sleep(REST)
    return spread(taken)


async def pace(crowd: Crowd, seconds: float) -> Figures:
    """Act at a steady pace, and time each action to each screen."""
    sent: list[float] = []
    taken: list[float] = []

    def seen(texts: Sequence[str]) -> None:
        now = time.perf_counter()
        taken.extend(now - sent[int(each[:12])] for each in texts)

    crowd.texts = seen
    begun, before = time.perf_counter(), crowd.deliveries
    for number in range(max(1, int(seconds * PER_SECOND))):
        await asyncio.sleep(begun + number / PER_SECOND - time.perf_counter())
        sent.append(time.perf_counter())
        crowd.readers[number % len(crowd.readers)].act(text(number))
    await crowd.until(before + len(sent) * len(crowd.readers))
    crowd.texts = None
    return spread(taken)


async def rush(crowd: Crowd, seconds: float) -> Figures:
    """Have every screen act as fast as its actions are done."""
    first = crowd.readers[0]
    begun, before = time.perf_counter(), first.next or 1
    hurry = Hurry(crowd, begun + seconds)
    await hurry.idle.wait()
    await crowd.settle()
    return {"actions_per_s": ((first.next or 1) - before) / (time.perf_counter() - begun)}


class Hurry:
    """Keeps a few actions of every screen on their way, until the end."""

    def __init__(self, crowd: Crowd, end: float) -> None:
        self.idle = asyncio.Event()
        self._end, self._under_way = end, 0
        for reader in crowd.readers:
            reader.done = functools.partial(self._done, reader)
            for _ in range(reader.at_once):
                self._act(reader)

    def _act(self, reader: Reader) -> None:
        self._under_way += 1
        reader.act(text(0))

    def _done(self, reader: Reader) -> None:
        self._under_way -= 1
        if time.perf_counter() < self._end:
            self._act(reader)
        elif not self._under_way:
            self.idle.set()


def spread(taken: Sequence[float]) -> Figures:
    """Say how durations are spread."""
    return {"p50_ms": percentile(taken, 0.5) * 1e3, "p99_ms": percentile(taken, 0.99) * 1e3}
