"""Appends by the write door: `submit()` in many tasks of one process, each awaiting its answer."""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import Iterator
from uuid import UUID, uuid4

import uvloop

from collab.core import commands as c
from collab.log import pool, store
from collab.models import Session
from collab.submit import SYSTEM, Committed, Sender, sender_of, submit
from permissions import credentials
from tests.benchmarks.asked import Figures, answer
from tests.benchmarks.timing import TEXT, Watch
from tests.scene import Scene, make_scene

SESSIONS = 64
DRIVERS = ("owner", "op1", "op2")


def drawn() -> Iterator[UUID]:
    """Give ids of commands, a batch of random bytes at a time: senders bring them ready made."""
    while True:
        random = os.urandom(16 * 1_024)
        yield from (UUID(bytes=random[at : at + 16]) for at in range(0, len(random), 16))


IDS = drawn()


def main() -> None:
    """Make the sessions, then measure whenever asked."""
    scene = make_scene()
    owner = Session.objects.get(pk=scene.session).created_by
    more = [
        Session.objects.create(workspace_id=scene.workspace, title=f"{n}", created_by=owner).id
        for n in range(SESSIONS - 1)
    ]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        senders = runner.run(opened(scene, more))
        logs = [scene.session, *more]

        def measure(sessions: int, at_once: int, seconds: float) -> Figures:
            return runner.run(busy(logs[:sessions], senders, at_once, seconds))

        answer(measure)


async def opened(scene: Scene, more: list[UUID]) -> list[Sender]:
    """Open the sessions to those who will write, and give them as senders."""
    grants = tuple(c.FirstGrant(scene[n].user, n, "person", "operator") for n in DRIVERS)
    for log in more:
        outcome = await submit(log, SYSTEM, uuid4(), c.SessionOpen("busy", None, grants))
        assert isinstance(outcome, Committed), outcome
    async with (await pool.shared()).connection() as conn:
        found = [await credentials.by_token(conn, scene[name].token) for name in DRIVERS]
    return [sender_of(identity) for identity in found if identity is not None]


async def busy(logs: list[UUID], senders: list[Sender], at_once: int, seconds: float) -> Figures:
    """Keep so many commands on their way, and compare what was answered with the heads."""
    await rounds(logs, senders, at_once, Watch(seconds / 10))
    before = await reached(logs)
    watch = Watch(seconds)
    await rounds(logs, senders, at_once, watch)
    figures = watch.figures()
    return figures | {"faults": abs(await reached(logs) - before - len(watch.taken))}


async def rounds(logs: list[UUID], senders: list[Sender], at_once: int, watch: Watch) -> None:
    places = itertools.islice(zip(itertools.cycle(logs), itertools.cycle(senders)), at_once)
    await asyncio.gather(*(one(log, sender, watch) for log, sender in places))


async def one(log: UUID, sender: Sender, watch: Watch) -> None:
    """Send, wait, send the next."""
    now, note, ids = time.perf_counter, c.NoteWrite(TEXT), IDS
    while (begun := now()) < watch.end:
        outcome = await submit(log, sender, next(ids), note)
        assert isinstance(outcome, Committed), outcome
        watch.taken.append(now() - begun)


async def reached(logs: list[UUID]) -> int:
    """Add up the heads: with no hole below them, this is how many events there are."""
    async with (await pool.shared()).connection() as conn:
        return sum(head.seq for head in await store.heads(conn, logs))
