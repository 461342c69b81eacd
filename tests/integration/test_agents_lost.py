"""Runners that die, are fenced out or lose their server: nothing is lost, nothing runs twice."""

import asyncio
from pathlib import Path

from collab.core import commands as c
from collab.core import events as e
from tests.agent_processes import AgentProcess, demo_agent
from tests.cluster import Cluster
from tests.conftest import MakeCluster
from tests.desk import PATIENCE, Room, Runners
from tests.seats import Seat


async def test_a_request_outlives_its_runner_and_is_answered_later(
    cluster: Cluster, seat: Seat, demo: AgentProcess, runners: Runners, room: Room
) -> None:
    scene = await seat(demo.url)
    first = runners.start(cluster[0].url)
    one = await room.desk(cluster[0].url, scene)
    await one.ask("delete logs/worker.log.2")
    await one.event(e.ApprovalRequested)
    first.kill()
    await one.decide("approve")
    runners.start(cluster[0].url)
    await one.event(e.RunFinished)
    assert demo.calls("delete_files") == [{"paths": ["logs/worker.log.2"]}]
    assert [attached.claim for attached in one.all(e.AgentAttached)] == [1, 2]


async def test_a_runner_killed_after_its_claim_leaves_unknown_and_nothing_runs_by_itself(
    cluster: Cluster, seat: Seat, demo: AgentProcess, runners: Runners, room: Room
) -> None:
    scene = await seat(demo.url)
    first = runners.start(cluster[0].url, COHELM_FAILPOINT="runner.after_dispatch")
    one = await room.desk(cluster[0].url, scene)
    await one.ask("delete logs/worker.log.2")
    await one.decide("approve")
    await one.event(e.ApprovalDispatched)
    assert await asyncio.to_thread(first.wait, PATIENCE) == -9
    runners.start(cluster[0].url)
    settled = await one.event(e.ApprovalSettled)
    assert isinstance(settled.body, e.ApprovalSettled)
    assert settled.body.outcome == "unknown"
    assert (await one.body(e.RunFailed)).reason == "runner_lost"
    await one.ask("list logs")
    await one.event(e.RunFinished)
    assert demo.calls("delete_files") == []
    key = settled.body.approval_id
    await one.session.submit(c.ApprovalSettle(key, "failed", "The file is still there."))
    by_person = await one.body(e.ApprovalSettled, settled.seq)
    assert (by_person.outcome, by_person.by_person) == ("failed", True)


async def test_a_runner_outlives_its_server(
    make_cluster: MakeCluster,
    seat: Seat,
    runners: Runners,
    room: Room,
    tmp_path: Path,
) -> None:
    cluster = make_cluster(1)
    with demo_agent(tmp_path, "--pace", "40") as demo:
        scene = await seat(demo.url)
        runners.start(cluster[0].url)
        one = await room.desk(cluster[0].url, scene)
        await one.ask("search logs for ERROR")
        await one.event(e.OutputStreamed)
        cluster[0].kill()
        await asyncio.to_thread(cluster[0].restart)
        await one.event(e.RunFinished)
        assert len(one.all(e.AgentAttached)) == 1
        assert [event.seq for event in one.events] == list(range(1, len(one.events) + 1))


async def test_a_second_runner_waits_until_the_first_is_gone(
    cluster: Cluster, seat: Seat, demo: AgentProcess, runners: Runners, room: Room
) -> None:
    scene = await seat(demo.url)
    first = runners.start(cluster[0].url)
    one = await room.desk(cluster[0].url, scene)
    await one.event(e.AgentAttached)
    runners.start(cluster[1].url)
    await one.ask("hello")
    await one.event(e.RunFinished)
    assert len(one.all(e.AgentAttached)) == 1
    first.terminate()
    second = await one.event(e.AgentAttached, one.events[-1].seq)
    assert isinstance(second.body, e.AgentAttached)
    assert second.body.claim == 2
