"""Who is here: tabs and processes merged, and nobody who is gone."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from functools import partial

from collab.core import commands as c
from collab.core import frames
from tests import stalls
from tests.cluster import Cluster
from tests.conftest import MakeCluster
from tests.figures import figure
from tests.scene import Scene
from tests.screens import all_screens_agree
from tests.wire import Wire

GHOSTS = 30.0
"""Seconds after which nobody is shown who was at a process that was killed."""


def here(wire: Wire) -> dict[str, int]:
    """Give who is shown as present, with their connections."""
    return {person.name: person.connections for person in wire.people}


async def soon(wires: list[Wire], people: dict[str, int]) -> list[dict[str, int]]:
    """Wait until readers are shown these people; give what each is shown."""
    for wire in wires:
        await wire.until(partial(_shows, wire, people))
    return [here(wire) for wire in wires]


def _shows(wire: Wire, people: dict[str, int]) -> bool:
    return here(wire) == people


async def test_tabs_of_one_person_are_one_until_the_last_is_closed(
    cluster: Cluster, scene: Scene
) -> None:
    watching = [
        Wire(worker.ws_url, scene.session, scene["observer"].token) for worker in cluster.workers
    ]
    tabs = [Wire(cluster[n % 2].ws_url, scene.session, scene["op1"].token) for n in range(3)]
    async with watching[0], watching[1]:
        for wire in watching:
            await wire.join()
        async with tabs[0]:
            await tabs[0].join()
            async with tabs[1], tabs[2]:
                await tabs[1].join()
                await tabs[2].join()
                three = {"op1": 3, "observer": 2}
                assert await soon(watching, three) == [three] * 2
            one = {"op1": 1, "observer": 2}
            assert await soon(watching, one) == [one] * 2
        assert await soon(watching, {"observer": 2}) == [{"observer": 2}] * 2


async def test_a_crowd_that_comes_is_shown_together_and_only_what_is_new(
    cluster: Cluster, scene: Scene
) -> None:
    watching = Wire(cluster[0].ws_url, scene.session, scene["observer"].token)
    crowd = [Wire(cluster[n % 2].ws_url, scene.session, scene["op1"].token) for n in range(40)]
    async with watching, AsyncExitStack() as stack:
        await watching.join()
        await soon([watching], {"observer": 1})
        for wire in crowd:
            await stack.enter_async_context(wire)
        await asyncio.gather(*(wire.join() for wire in crowd))
        everyone = {"op1": 40, "observer": 1}
        assert await soon([watching, *crowd], everyone) == [everyone] * 41
        news = watching.of(frames.Presence)[1:]
        assert len(news) < 20, "each who came was shown alone"
        assert {one.name for frame in news for one in frame.people} == {"op1"}


async def test_who_may_do_something_else_is_shown_alone(cluster: Cluster, scene: Scene) -> None:
    owner = Wire(cluster[0].ws_url, scene.session, scene["owner"].token)
    other = Wire(cluster[1].ws_url, scene.session, scene["op2"].token)
    async with owner, other:
        await owner.join()
        await other.join()
        await soon([owner], {"owner": 1, "op2": 1})
        before = len(owner.of(frames.Presence))
        await owner.do(c.GrantGive(scene["op2"].user, "owner"))
        await owner.until(lambda: len(owner.of(frames.Presence)) > before)
        told = owner.of(frames.Presence)[before]
        assert ([one.name for one in told.people], told.gone) == (["op2"], [])
        await other.socket.close()
        await owner.until(lambda: here(owner) == {"owner": 1})
        assert owner.of(frames.Presence)[-1].gone == [scene["op2"].user]


async def test_who_has_not_joined_or_may_not_is_not_here(cluster: Cluster, scene: Scene) -> None:
    watching = Wire(cluster[0].ws_url, scene.session, scene["observer"].token)
    waiting = Wire(cluster[0].ws_url, scene.session, scene["op1"].token)
    async with watching, waiting:
        await watching.join()
        await waiting.raw(b"\xc1")
        await waiting.until(lambda: waiting.of(frames.RefusalFrame))
        await soon([watching], {"observer": 1})
        said = [person.name for word in watching.of(frames.Presence) for person in word.people]
        assert set(said) == {"observer"}
        await waiting.join()
        assert await watching.until(lambda: here(watching) == {"op1": 1, "observer": 1})


async def test_ghosts_of_a_killed_worker_are_gone_in_time(
    make_cluster: MakeCluster, cluster: Cluster, scene: Scene
) -> None:
    doomed = make_cluster(1)
    observer = Wire(cluster[0].ws_url, scene.session, scene["observer"].token)
    ghost = Wire(doomed[0].ws_url, scene.session, scene["op1"].token)
    with stalls.watching() as gauge:
        async with observer, ghost:
            await observer.join()
            await ghost.join()
            await observer.until(lambda: here(observer) == {"op1": 1, "observer": 1})
            doomed[0].kill()
            killed = time.time()
            await ghost.until(lambda: ghost.closed)
            async with Wire(cluster[1].ws_url, scene.session, scene["op1"].token) as again:
                await again.join()
                await again.do(c.NoteWrite("back at another process"))
                await observer.until(lambda: here(observer)["op1"] == 2)
                await observer.until(lambda: here(observer)["op1"] == 1, 3 * GHOSTS)
                took = [stalls.Span(killed, time.time())]
                assert here(again) == {"op1": 1, "observer": 1}
                await all_screens_agree(
                    cluster.workers, scene.session, scene["owner"].token, observer, again
                )
    figure("ghosts of a killed worker gone", gauge.says(took))
    assert max(gauge.ours(took)) <= GHOSTS, gauge.says(took)
