"""Who is here: tabs and processes merged, and nobody who is gone."""

from __future__ import annotations

import time
from functools import partial

from collab.core import commands as c
from collab.core import frames
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
    shown = wire.of(frames.Presence)
    return {person.name: person.connections for person in shown[-1].people} if shown else {}


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
    watching = Wire(cluster[0].ws_url, scene.session, scene["observer"].token)
    async with watching, Wire(doomed[0].ws_url, scene.session, scene["op1"].token) as ghost:
        await watching.join()
        await ghost.join()
        await watching.until(lambda: here(watching) == {"op1": 1, "observer": 1})
        doomed[0].kill()
        killed = time.perf_counter()
        await ghost.until(lambda: ghost.closed)
        async with Wire(cluster[1].ws_url, scene.session, scene["op1"].token) as again:
            await again.join()
            await again.do(c.NoteWrite("back at another process"))
            await watching.until(lambda: here(watching)["op1"] == 2)
            await watching.until(lambda: here(watching)["op1"] == 1, GHOSTS)
            took = time.perf_counter() - killed
            assert here(again) == {"op1": 1, "observer": 1}
            await all_screens_agree(
                cluster.workers, scene.session, scene["owner"].token, watching, again
            )
    figure("ghosts of a killed worker gone", f"after {took:.1f} s")
    assert took <= GHOSTS
