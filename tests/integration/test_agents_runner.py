"""The runner with a real agent: prompts in, decisions carried, and one reason for every end."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from collab.core import commands as c
from collab.core import events as e
from collab.models import Agent
from tests import loops
from tests.agent_processes import AgentProcess, demo_agent
from tests.cluster import Cluster
from tests.desk import PATIENCE, Room, Runners
from tests.seats import Seat

PROPOSED = [
    "logs/gateway-debug.log",
    "logs/orders.log.3",
    "logs/orders.log.4",
    "logs/worker.log.2",
]


@pytest.fixture(scope="module")
def runner(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Serve all sessions of this module; an agent that is silent for 2 seconds has had its time."""
    runners = Runners(tmp_path_factory.mktemp("runner") / "runner.log")
    runners.start(cluster[1].url, "--silence", "2")
    yield
    runners.stop()


async def test_a_prompt_becomes_a_run_whose_deletion_a_second_person_approves(
    cluster: Cluster, seat: Seat, demo: AgentProcess, runner: None, room: Room
) -> None:
    scene = await seat(demo.url)
    one = await room.desk(cluster[0].url, scene)
    two = await room.desk(cluster[1].url, scene, "op2")
    await one.ask("tidy the logs folder")
    requested = await two.body(e.ApprovalRequested)
    assert requested.request.action.args == {"paths": PROPOSED}
    assert demo.calls("delete_files") == []
    await two.decide("approve")
    await one.event(e.RunFinished)
    assert demo.calls("delete_files") == [{"paths": PROPOSED}]
    kinds = [x.type for x in one.events if x.type.startswith("approval.")]
    stages = ["requested", "decided", "dispatched", "settled"]
    assert kinds == [f"approval.{stage}" for stage in stages]
    assert one.all(e.ApprovalSettled)[0].outcome == "executed"
    assert "Done. I deleted logs/gateway-debug.log" in one.said()


async def test_edited_arguments_are_what_runs(
    cluster: Cluster, seat: Seat, demo: AgentProcess, runner: None, room: Room
) -> None:
    scene = await seat(demo.url)
    one = await room.desk(cluster[0].url, scene)
    await one.ask("tidy the logs folder")
    await one.decide("approve_edited", args={"paths": ["logs/worker.log.2"]})
    await one.event(e.RunFinished)
    assert demo.calls("delete_files") == [{"paths": ["logs/worker.log.2"]}]


async def test_a_rejection_reaches_the_agent_with_its_reason(
    cluster: Cluster, seat: Seat, demo: AgentProcess, runner: None, room: Room
) -> None:
    scene = await seat(demo.url)
    one = await room.desk(cluster[0].url, scene)
    await one.ask("delete logs/worker.log.2")
    await one.decide("reject", reason="We still need it.")
    await one.event(e.RunFinished)
    assert demo.calls("delete_files") == []
    assert "We still need it." in one.said()
    assert one.all(e.ApprovalSettled)[0].outcome == "cancelled"


async def test_a_group_waits_for_all_its_answers(
    cluster: Cluster, seat: Seat, demo: AgentProcess, runner: None, room: Room
) -> None:
    scene = await seat(demo.url)
    one = await room.desk(cluster[0].url, scene)
    await one.ask("write hi to a.txt and delete logs/worker.log.2")
    first = await one.event(e.ApprovalRequested)
    await one.decide("approve")
    assert not (demo.folder / "a.txt").exists()
    await one.decide("reject", after=first.seq)
    await one.event(e.RunFinished)
    assert (demo.folder / "a.txt").exists()
    outcomes = {settled.approval_id: settled.outcome for settled in one.all(e.ApprovalSettled)}
    asked = [body.request.approval_id for body in one.all(e.ApprovalRequested)]
    assert [outcomes[key] for key in asked] == ["executed", "cancelled"]


async def test_a_prompt_waits_while_the_agent_works(
    cluster: Cluster, seat: Seat, demo: AgentProcess, runner: None, room: Room
) -> None:
    scene = await seat(demo.url)
    one = await room.desk(cluster[0].url, scene)
    await one.ask("delete logs/worker.log.2")
    await one.event(e.ApprovalRequested)
    await one.ask("list notes")
    assert [prompt.text for prompt in one.state.queue] == ["list notes"]
    await one.decide("reject")
    finished = await one.event(e.RunFinished)
    await one.event(e.RunFinished, finished.seq)
    assert "notes holds one file" in one.said()


async def test_a_run_that_is_cancelled_stops_the_agent(
    cluster: Cluster, seat: Seat, runner: None, room: Room, tmp_path: Path
) -> None:
    with demo_agent(tmp_path, "--pace", "200") as slow:
        scene = await seat(slow.url)
        one = await room.desk(cluster[0].url, scene)
        await one.ask("tidy the logs folder")
        started = await one.body(e.RunStarted)
        await one.event(e.OutputStreamed)
        reply = await one.session.submit(c.RunCancel(started.run_id, "enough"))
        await one.ask("hello")
        again = await one.event(e.RunStarted, reply.seq)
        late = [x for x in one.events if x.seq > reply.seq and x.run == started.run_id]
        assert late == []
        assert again.run != started.run_id
    kept = [body for body in one.all(e.OutputEmitted) if body.cut]
    assert len(kept) == 1


async def test_a_run_records_which_agent_it_was(
    cluster: Cluster, seat: Seat, runner: None, room: Room, demo: AgentProcess
) -> None:
    one = await room.desk(cluster[0].url, await seat(demo.url))
    await one.ask("hello")
    started = await one.body(e.RunStarted)
    assert started.agent is not None
    assert (started.agent.name, started.agent.type) == ("demo", "pydantic-ai")
    assert "delete_files" in started.agent.tools


async def test_a_run_of_an_agent_that_does_not_say_records_nothing_of_it(
    cluster: Cluster, seat: Seat, runner: None, room: Room, bad: AgentProcess
) -> None:
    one = await room.desk(cluster[0].url, await seat(bad.url + "chunks"))
    await one.ask("hello")
    assert (await one.body(e.RunStarted)).agent is None


async def test_a_secret_header_goes_with_each_call(
    cluster: Cluster, seat: Seat, runner: None, room: Room, tmp_path: Path
) -> None:
    with demo_agent(tmp_path, "--require-header", "X-Key: hunter2") as guarded:
        scene = await seat(guarded.url, **{"X-Key": "hunter2"})
        one = await room.desk(cluster[0].url, scene)
        await one.ask("hello")
        await one.event(e.RunFinished)
        record = b"".join(repr(event).encode() for event in one.events)
        assert b"hunter2" not in record


@pytest.mark.parametrize(
    ("way", "reason"),
    [
        ("refuse", "refused"),
        ("limit", "rate_limited"),
        ("fail", "agent_error"),
        ("nonsense", "nonsense"),
        ("number", "nonsense"),
        ("message", "too_much"),
        ("hang", "timed_out"),
        ("drop", "dropped"),
        ("error", "agent_error"),
    ],
)
async def test_an_agent_that_misbehaves_ends_its_run_with_a_named_reason(
    cluster: Cluster,
    seat: Seat,
    bad: AgentProcess,
    runner: None,
    room: Room,
    way: str,
    reason: str,
) -> None:
    scene = await seat(bad.url + way)
    one = await room.desk(cluster[0].url, scene)
    await one.ask("hello")
    failed = await one.body(e.RunFailed)
    assert failed.reason == reason
    assert failed.sentence.endswith(".") or "holiday" in failed.sentence
    reply = await one.session.submit(c.NoteWrite("the session lives"))
    assert reply.seq > 0


async def test_an_agent_that_is_away_is_named_and_its_prompts_go_on_later(
    cluster: Cluster, seat: Seat, runner: None, room: Room, demo: AgentProcess
) -> None:
    scene = await seat("http://127.0.0.1:9/")
    one = await room.desk(cluster[0].url, scene)
    await one.ask("hello")
    assert (await one.body(e.RunFailed)).reason == "unreachable"
    agents = Agent.objects.filter(id=scene.agent_id)
    await loops.apart(lambda: agents.update(url=demo.url))
    async with asyncio.timeout(PATIENCE):
        while not one.all(e.RunFinished):
            seq = await one.ask("hello")
            await one.event(e.RunStarted, seq)
            await one.session.submit(c.NoteWrite("waiting"))


async def test_unknown_events_are_kept_as_they_came(
    cluster: Cluster, seat: Seat, bad: AgentProcess, runner: None, room: Room
) -> None:
    scene = await seat(f"{bad.url}unknown")
    one = await room.desk(cluster[0].url, scene)
    await one.ask("hello")
    await one.event(e.RunFinished)
    events = [event for body in one.all(e.OutputEmitted) for event in body.events]
    assert {"type": "WEATHER_CHANGED", "to": {"sun": [1, 2.5, None]}} in events


async def test_the_one_character_that_no_log_holds_is_shown_as_such(
    cluster: Cluster, seat: Seat, bad: AgentProcess, runner: None, room: Room
) -> None:
    scene = await seat(f"{bad.url}nul")
    one = await room.desk(cluster[0].url, scene)
    await one.ask("hello")
    await one.event(e.RunFinished)
    assert "a\ufffdb" in one.said()


async def test_two_decisions_at_once_run_the_tool_once(
    cluster: Cluster, seat: Seat, demo: AgentProcess, runner: None, room: Room
) -> None:
    scene = await seat(demo.url)
    one = await room.desk(cluster[0].url, scene)
    two = await room.desk(cluster[1].url, scene, "op2")
    for number in range(10):
        seq = await one.ask(f"write {number} to notes/{number}.txt")
        await asyncio.gather(*(desk.event(e.ApprovalRequested, seq) for desk in (one, two)))
        answers = await asyncio.gather(
            one.decide("approve", seq), two.decide("approve", seq), return_exceptions=True
        )
        assert sorted(type(answer).__name__ for answer in answers) == ["CommandRefused", "int"]
        await one.event(e.RunFinished, seq)
    written = [{"path": f"notes/{number}.txt", "text": f"{number}\n"} for number in range(10)]
    assert demo.calls("write_file") == written
