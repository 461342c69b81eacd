"""Hints may be lost, garbled, replayed or replaced by silence: readers get the same, only later."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio
from channels.layers import get_channel_layer

from collab.core import commands as c
from tests.cluster import Cluster
from tests.conftest import MakeCluster
from tests.figures import figure, percentile
from tests.loops import apart
from tests.scene import Scene, make_scene
from tests.screens import all_screens_agree
from tests.servers import end, run
from tests.stalls import Span, watching
from tests.turns import turn
from tests.wire import Wire
from workspace.places import places
from workspace.services import EmbeddedValkey

LATEST = 1.5
"""Seconds within which an event arrives, whatever becomes of hints; stalls of the machine apart."""

PROMPT = 0.2
"""Seconds within which a hint brings an event; the look at heads alone takes longer, mostly."""


async def delay(writer: Wire, reader: Wire) -> Span:
    """Give the time from the answer to a command to its event at another process's reader."""
    reply = await writer.do(c.NoteWrite("on its way"))
    answered = time.time()
    await reader.at(reply.seq)
    return Span(answered, time.time())


async def prompt_again(writer: Wire, reader: Wire) -> None:
    """Wait until hints arrive again: several events in a row that no look at heads brought."""
    async with asyncio.timeout(60):
        while max([(await delay(writer, reader)).took for _ in range(5)]) > PROMPT:
            pass


async def test_without_hints_all_screens_agree_and_events_are_late_by_little(
    silent_cluster: Cluster, scene: Scene
) -> None:
    with watching() as gauge:
        delays = await rounds(20, silent_cluster, scene)
    figure("delay without hints", gauge.says(delays))
    assert percentile(gauge.ours(delays), 0.95) <= LATEST, gauge.says(delays)


async def test_with_hints_lost_doubled_and_late_all_screens_agree(
    lossy_cluster: Cluster, scene: Scene
) -> None:
    with watching() as gauge:
        delays = await rounds(20, lossy_cluster, scene)
    figure("delay with lossy hints", gauge.says(delays))
    assert percentile(gauge.ours(delays), 0.95) <= LATEST, gauge.says(delays)


async def rounds(count: int, cluster: Cluster, scene: Scene) -> list[Span]:
    """Play rounds between two processes; after each all screens agree. Give the delays."""
    one = Wire(cluster[0].ws_url, scene.session, scene["op1"].token)
    two = Wire(cluster[1].ws_url, scene.session, scene["op2"].token)
    agent = Wire(cluster[0].ws_url, scene.session, scene["agent"].token)
    delays: list[Span] = []
    async with one, two, agent:
        for wire in (one, two, agent):
            await wire.join()
        await agent.do(c.AgentAttach("runner"))
        for _ in range(count):
            await turn(one, agent, 1)
            delays += [await delay(one, two), await delay(two, one)]
            token = scene["owner"].token
            await all_screens_agree(cluster.workers, scene.session, token, one, two, agent)
    return delays


@pytest.fixture
async def layer() -> AsyncIterator[Any]:
    """Give the workers' channel layer, with their keys."""
    found = get_channel_layer()
    yield found
    await found.flush()


async def test_garbage_in_a_group_stops_no_hint(cluster: Cluster, scene: Scene, layer: Any) -> None:
    one = Wire(cluster[0].ws_url, scene.session, scene["op1"].token)
    two = Wire(cluster[1].ws_url, scene.session, scene["op2"].token)
    group = f"log.{scene.session.hex}"
    async with one, two:
        await one.join()
        await two.join()
        await prompt_again(one, two)
        for message in sealed_garbage(scene):
            await layer.group_send(group, message)
        async with redis.asyncio.from_url(os.environ["REDIS_URL"]) as raw:
            for _ in range(100):
                await raw.publish(f"asgi__group__{group}", b"not sealed by anybody")
        await prompt_again(one, two)
        await all_screens_agree(cluster.workers, scene.session, scene["owner"].token, one, two)


def sealed_garbage(scene: Scene) -> list[Any]:
    """Give messages that carry the right seal and the wrong content."""
    log = scene.session.hex
    whole = {"type": "hint", "kind": "events", "from": "x", "log": log, "epoch": 1, "head": 10**6}
    return [
        {},
        [],
        7,
        "hint",
        {"type": "hint"},
        {**whole, "log": 5, "content": b""},
        {**whole, "log": "no uuid", "content": b""},
        {**whole, "content": b"\xc1"},
        {**whole, "content": b"\x91\x93\x01\x02\x03"},
        {**whole, "content": None},
        {**whole, "kind": "presence", "content": b"\x81\x01\x02"},
        {**whole, "kind": "unheard of", "content": b""},
        {**whole, "epoch": "one", "content": b"\x90"},
        {**whole, "epoch": 7, "content": b"\x90"},
        {**whole, "from": ["x"], "content": b"\x90", "head": None},
    ]


async def test_a_hint_captured_from_one_session_changes_nothing_in_another(
    cluster: Cluster, scene: Scene, layer: Any
) -> None:
    other = await apart(make_scene)
    channel = await layer.new_channel("listener")
    await layer.group_add(f"log.{scene.session.hex}", channel)
    one = Wire(cluster[0].ws_url, scene.session, scene["op1"].token)
    two = Wire(cluster[1].ws_url, scene.session, scene["op2"].token)
    elsewhere = Wire(cluster[1].ws_url, other.session, other["op1"].token)
    async with one, two, elsewhere:
        for wire in (one, two, elsewhere):
            await wire.join()
        reply = await one.do(c.NoteWrite("captured"))
        while (hint := await layer.receive(channel))["kind"] != "events":
            pass
        assert hint["head"] == reply.seq
        for _ in range(3):
            await layer.group_send(f"log.{other.session.hex}", hint)
            await layer.group_send(f"log.{scene.session.hex}", hint)
        await prompt_again(one, two)
        done = await elsewhere.do(c.NoteWrite("here"))
        await elsewhere.at(done.seq)
        token = other["owner"].token
        record = await all_screens_agree(cluster.workers, other.session, token, elsewhere)
        assert [line.type for line in record].count("note.written") == 1
        await all_screens_agree(cluster.workers, scene.session, scene["owner"].token, one, two)


async def test_with_valkey_killed_events_still_arrive_and_hints_return_with_it(
    make_cluster: MakeCluster, scene: Scene, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = Path(tmp_path_factory.mktemp("valkey"))
    for above in (folder, folder.parent, folder.parent.parent):
        above.chmod(0o711)
    valkey = EmbeddedValkey(places(folder))
    valkey.prepare()
    log = folder / "valkey.log"
    process = run(valkey.program(), log)
    cluster = await asyncio.to_thread(lambda: make_cluster(2, REDIS_URL=valkey.url))
    opened_meanwhile = await apart(make_scene)
    one = Wire(cluster[0].ws_url, scene.session, scene["op1"].token)
    two = Wire(cluster[1].ws_url, scene.session, scene["op2"].token)
    async with one, two:
        await one.join()
        await two.join()
        await prompt_again(one, two)
        process.kill()
        process.wait()
        with watching() as gauge:
            delays = [await delay(one, two) for _ in range(6)]
        assert max(gauge.ours(delays)) <= LATEST, gauge.says(delays)
        late_one = Wire(cluster[0].ws_url, opened_meanwhile.session, opened_meanwhile["op1"].token)
        late_two = Wire(cluster[1].ws_url, opened_meanwhile.session, opened_meanwhile["op2"].token)
        async with late_one, late_two:
            await late_one.join()
            await late_two.join()
            with watching() as later:
                first = await delay(late_one, late_two)
            assert max(later.ours([first])) <= LATEST, later.says([first])
            valkey.prepare()
            process = run(valkey.program(), log)
            await prompt_again(one, two)
            await prompt_again(late_one, late_two)
            token = opened_meanwhile["owner"].token
            await all_screens_agree(
                cluster.workers, opened_meanwhile.session, token, late_one, late_two
            )
        await all_screens_agree(cluster.workers, scene.session, scene["owner"].token, one, two)
    figure("delay with Valkey killed", gauge.says(delays))
    end(process, valkey.program())
