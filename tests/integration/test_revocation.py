"""Who loses access gets nothing that commits later, is followed in nothing, and is told."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from datetime import datetime

import pytest
import websockets
from django.utils import timezone

from collab.core import commands as c
from collab.core import frames
from tests.cluster import Cluster
from tests.estate import history
from tests.figures import figure, seconds
from tests.loops import apart
from tests.record import Line, lines
from tests.revoking import WAYS, prepared, revoked
from tests.scene import Scene, make_scene
from tests.screens import all_screens_agree
from tests.turns import flooding
from tests.wire import Wire

NO_ACCESS = 4503
LATEST = 1.5
"""Seconds within which a socket is told that its access has ended."""


BESIDE = [(way, 0) for way in WAYS] + [
    # All in one process, whose hub hears of everything at once.
    (way, 1)
    for way in ("by command", "by the ORM", "user disabled by SQL", "token revoked")
]


@pytest.mark.parametrize(("way", "process"), BESIDE)
async def test_nothing_that_commits_after_access_ended_reaches_the_socket_or_is_followed(
    cluster: Cluster, scene: Scene, way: str, process: int
) -> None:
    victim = await prepared(way, scene, cluster)
    writer = Wire(cluster[process].ws_url, scene.session, scene["op1"].token)
    async with writer, victim.wire() as seen:
        await writer.join()
        await seen.join()
        async with flooding(writer, seen):
            await seen.until(lambda: len(seen.events) > 40)
            ended = await revoked(way, victim)
            await seen.until(lambda: seen.closed)
            head = writer.state.seq if writer.state else 0
            await writer.at(head + 20)
        record = await all_screens_agree(
            cluster.workers, scene.session, scene["owner"].token, writer
        )
    assert seen.closed == NO_ACCESS
    after = committed_after(record, await apart(lambda: history(scene.session)), ended)
    assert len(after) >= 20
    reached = {event.seq for event in seen.events}
    assert not reached & {line.seq for line in after}, "an event arrived that committed later"
    assert not [line.seq for line in after if line.actor == victim.user], "a command was followed"


def committed_after(
    record: list[Line], changes: list[dict[str, int]], ended: datetime | None
) -> list[Line]:
    """Give the events that committed under the grants of the last change, or after the end."""
    if ended is not None:
        return [line for line in record if line.time >= ended.timestamp() * 1e6]
    return [line for line in record if line.acl_version >= changes[-1]["acl_version"]]


async def told(way: str, cluster: Cluster) -> float:
    """Give the seconds after which a socket in a silent session is told that access has ended."""
    scene = await apart(make_scene)
    victim = await prepared(way, scene, cluster)
    async with victim.wire() as seen:
        await seen.join()
        await seen.do(c.NoteWrite("while I may"))
        ended = await revoked(way, victim)
        began = time.perf_counter()
        if ended is None:
            with suppress(websockets.ConnectionClosed):
                await seen.send(c.NoteWrite("though I may no more"))
        else:
            began += (ended - timezone.now()).total_seconds()
        await seen.until(lambda: seen.closed)
        took = time.perf_counter() - began
    assert seen.closed == NO_ACCESS, (way, seen.closed)
    codes = {answer.code for answer in seen.of(frames.RefusalFrame)}
    assert codes == {"not_found"}, (way, codes)
    mine = [line.type for line in await lines(scene.session) if line.actor == victim.user]
    assert mine.count("note.written") == 1, f"a command was followed: {way}"
    return took


@pytest.mark.parametrize("hints", ["with hints", "without hints"])
async def test_a_socket_is_told_and_not_followed_also_when_no_event_follows(
    database: None, cluster: Cluster, silent_cluster: Cluster, hints: str
) -> None:
    workers = cluster if hints == "with hints" else silent_cluster
    took = await asyncio.gather(*(told(way, workers) for way in WAYS))
    late = {way: round(delay, 2) for way, delay in zip(WAYS, took, strict=True) if delay > LATEST}
    assert not late
    figure(f"socket told of lost access, {hints}", seconds(took))


@pytest.mark.parametrize("hints", ["with hints", "without hints"])
async def test_who_keeps_a_lesser_role_is_told_what_is_left(
    cluster: Cluster, silent_cluster: Cluster, scene: Scene, hints: str
) -> None:
    workers = cluster if hints == "with hints" else silent_cluster
    owner = Wire(workers[0].ws_url, scene.session, scene["owner"].token)
    lesser = Wire(workers[1].ws_url, scene.session, scene["op2"].token)
    async with owner, lesser:
        await owner.join()
        await lesser.join()
        await owner.do(c.GrantGive(scene["op2"].user, "observer"))
        await owner.do(c.GrantTake(scene["op2"].user, "operator"))
        taken = time.perf_counter()
        assert await lesser.refused(c.NoteWrite("no more")) == "forbidden"
        await lesser.until(lambda: lesser.of(frames.Access))
        assert time.perf_counter() - taken <= LATEST
        assert lesser.of(frames.Access)[-1].permissions == ("view",)
        note = await owner.do(c.NoteWrite("still seen"))
        await lesser.at(note.seq)
        await owner.do(c.GrantGive(scene["op2"].user, "operator"))
        await lesser.until(lambda: "drive" in lesser.of(frames.Access)[-1].permissions)
        await lesser.do(c.NoteWrite("again"))
        await all_screens_agree(workers.workers, scene.session, scene["owner"].token, owner, lesser)


async def closed(wire: Wire) -> None:
    await wire.until(lambda: wire.closed)


async def test_who_lost_access_cannot_come_back_by_a_cursor(cluster: Cluster, scene: Scene) -> None:
    owner = Wire(cluster[0].ws_url, scene.session, scene["owner"].token)
    async with owner, Wire(cluster[1].ws_url, scene.session, scene["op2"].token) as gone:
        await owner.join()
        await gone.join()
        await owner.do(c.GrantTake(scene["op2"].user, "operator"))
        await gone.until(lambda: gone.closed)
        for worker in cluster.workers:
            async with Wire(worker.ws_url, scene.session, scene["op2"].token) as again:
                await again.raw(frames.encode(frames.Join(gone.cursor)))
                await closed(again)
                assert (again.closed, again.heard) == (4504, [])
