"""The runner with a real agent: prompts in, decisions carried, and one reason for every end."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar

import pytest
from pytest_django.plugin import DjangoDbBlocker

from collab import sealing
from collab.agents.client import Beginning, Session, join, session_url
from collab.core import commands as c
from collab.core import events as e
from collab.core.state import State
from collab.models import Agent
from collab.models import Session as SessionRow
from tests import loops
from tests.agent_processes import AgentProcess, bad_agent, demo_agent
from tests.cluster import Cluster
from tests.scene import Scene, make_scene

PATIENCE = 40.0
T = TypeVar("T", bound=e.Fact)
PROPOSED = [
    "logs/gateway-debug.log",
    "logs/orders.log.3",
    "logs/orders.log.4",
    "logs/worker.log.2",
]


class Runners:
    """Starts runner processes and ends them with the test."""

    def __init__(self, log: Path) -> None:
        self.log, self.started = log, list[subprocess.Popen[bytes]]()

    def start(self, url: str, *flags: str, **environ: str) -> subprocess.Popen[bytes]:
        argv = [sys.executable, "manage.py", "runner", "--url", url, *flags]
        with self.log.open("ab") as log:
            process = subprocess.Popen(argv, env=os.environ | environ, stdout=log, stderr=log)
        self.started.append(process)
        return process

    def stop(self) -> None:
        for process in self.started:
            process.kill()
            process.wait()


@pytest.fixture
def runners(tmp_path: Path) -> Iterator[Runners]:
    mine = Runners(tmp_path / "runner.log")
    yield mine
    mine.stop()


Seat = Callable[..., Scene]


@pytest.fixture
def seat(database: None) -> Iterator[Seat]:
    """Put an agent behind a new session; when the test ends, no runner serves it any more."""
    made: list[Scene] = []

    def make(url: str, **headers: str) -> Scene:
        scene = make_scene(agent_url=url)
        made.append(scene)
        Agent.objects.filter(id=scene.agent_id).update(headers_sealed=sealing.seal(headers))
        SessionRow.objects.filter(id=scene.session).update(agent_id=scene.agent_id)
        return scene

    yield make
    SessionRow.objects.filter(id__in=[scene.session for scene in made]).update(agent_id=None)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[AgentProcess]:
    with demo_agent(tmp_path) as running:
        yield running


@pytest.fixture(scope="module")
def bad(
    tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Iterator[AgentProcess]:
    with bad_agent(tmp_path_factory.mktemp("bad")) as running:
        yield running


class Desk:
    """Someone at a session: all events so far, and waiting for the next."""

    def __init__(self, session: Session) -> None:
        self.session, self.events = session, list[e.Event]()
        self._moved = asyncio.Condition()
        self._reading = asyncio.ensure_future(self._read())

    @property
    def state(self) -> State:
        return self.session.state

    async def _read(self) -> None:
        async for event in self.session:
            self.events.append(event)
            async with self._moved:
                self._moved.notify_all()

    async def body(self, kind: type[T], after: int = 0) -> T:
        """Wait for the first body of a kind behind a place."""
        event = await self.event(kind, after)
        assert isinstance(event.body, kind)
        return event.body

    async def event(self, kind: type[e.Fact], after: int = 0) -> e.Event:
        def found() -> e.Event | None:
            matching = (x for x in self.events if isinstance(x.body, kind) and x.seq > after)
            return next(matching, None)

        async with asyncio.timeout(PATIENCE), self._moved:
            while (event := found()) is None:
                await self._moved.wait()
            return event

    def all(self, kind: type[T]) -> list[T]:
        return [event.body for event in self.events if isinstance(event.body, kind)]

    async def ask(self, text: str) -> int:
        return (await self.session.submit(c.PromptQueue(text))).seq

    async def decide(self, decision: e.Decision, after: int = 0, **more: Any) -> int:
        """Answer the next request."""
        event = await self.event(e.ApprovalRequested, after)
        assert isinstance(event.body, e.ApprovalRequested)
        command = c.ApprovalDecide(
            event.body.request.approval_id, decision, event.body.args_digest, event.seq, **more
        )
        return (await self.session.submit(command)).seq

    def said(self) -> str:
        """Give all finished text."""
        return "\n".join(
            event["delta"]
            for body in self.all(e.OutputEmitted)
            for event in body.events
            if event["type"] == "TEXT_MESSAGE_CONTENT"
        )


class Room:
    """Opens desks that close with the test."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack

    async def desk(self, url: str, scene: Scene, who: str = "op1") -> Desk:
        joining = join(
            session_url(url, scene.session), scene[who].token, begin=Beginning(from_start=True)
        )
        return Desk(await self._stack.enter_async_context(joining))


@pytest.fixture
async def room() -> Any:
    async with AsyncExitStack() as stack:
        yield Room(stack)


async def test_a_prompt_becomes_a_run_whose_deletion_a_second_person_approves(
    cluster: Cluster, seat: Seat, demo: AgentProcess, runners: Runners, room: Room
) -> None:
    scene = seat(demo.url)
    runners.start(cluster[0].url)
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
    cluster: Cluster, seat: Seat, demo: AgentProcess, runners: Runners, room: Room
) -> None:
    scene = seat(demo.url)
    runners.start(cluster[1].url)
    one = await room.desk(cluster[0].url, scene)
    await one.ask("tidy the logs folder")
    await one.decide("approve_edited", args={"paths": ["logs/worker.log.2"]})
    await one.event(e.RunFinished)
    assert demo.calls("delete_files") == [{"paths": ["logs/worker.log.2"]}]


async def test_a_rejection_reaches_the_agent_with_its_reason(
    cluster: Cluster, seat: Seat, demo: AgentProcess, runners: Runners, room: Room
) -> None:
    scene = seat(demo.url)
    runners.start(cluster[0].url)
    one = await room.desk(cluster[0].url, scene)
    await one.ask("delete logs/worker.log.2")
    await one.decide("reject", reason="We still need it.")
    await one.event(e.RunFinished)
    assert demo.calls("delete_files") == []
    assert "We still need it." in one.said()
    assert one.all(e.ApprovalSettled)[0].outcome == "cancelled"


async def test_a_group_waits_for_all_its_answers(
    cluster: Cluster, seat: Seat, demo: AgentProcess, runners: Runners, room: Room
) -> None:
    scene = seat(demo.url)
    runners.start(cluster[0].url)
    one = await room.desk(cluster[0].url, scene)
    await one.ask("write hi to a.txt and delete logs/worker.log.2")
    first = await one.event(e.ApprovalRequested)
    await one.decide("approve")
    assert not (demo.folder / "a.txt").exists()
    await one.decide("reject", after=first.seq)
    await one.event(e.RunFinished)
    assert (demo.folder / "a.txt").exists()
    assert [settled.outcome for settled in one.all(e.ApprovalSettled)] == ["executed", "cancelled"]


async def test_a_prompt_waits_while_the_agent_works(
    cluster: Cluster, seat: Seat, demo: AgentProcess, runners: Runners, room: Room
) -> None:
    scene = seat(demo.url)
    runners.start(cluster[0].url)
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
    cluster: Cluster, seat: Seat, runners: Runners, room: Room, tmp_path: Path
) -> None:
    with demo_agent(tmp_path, "--pace", "200") as slow:
        scene = seat(slow.url)
        runners.start(cluster[0].url)
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


async def test_a_secret_header_goes_with_each_call(
    cluster: Cluster, seat: Seat, runners: Runners, room: Room, tmp_path: Path
) -> None:
    with demo_agent(tmp_path, "--require-header", "X-Key: hunter2") as guarded:
        scene = seat(guarded.url, **{"X-Key": "hunter2"})
        runners.start(cluster[0].url)
        one = await room.desk(cluster[0].url, scene)
        await one.ask("hello")
        await one.event(e.RunFinished)
        record = b"".join(repr(event).encode() for event in one.events)
        assert b"hunter2" not in record


@pytest.mark.parametrize(
    ("way", "reason"),
    [
        ("refuse", "refused"),
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
    runners: Runners,
    room: Room,
    way: str,
    reason: str,
) -> None:
    scene = seat(bad.url + way)
    runners.start(cluster[0].url, "--silence", "1")
    one = await room.desk(cluster[0].url, scene)
    await one.ask("hello")
    failed = await one.body(e.RunFailed)
    assert failed.reason == reason
    assert failed.sentence.endswith(".") or "holiday" in failed.sentence
    reply = await one.session.submit(c.NoteWrite("the session lives"))
    assert reply.seq > 0


async def test_an_agent_that_is_away_is_named_and_its_prompts_go_on_later(
    cluster: Cluster, seat: Seat, runners: Runners, room: Room, demo: AgentProcess
) -> None:
    scene = seat("http://127.0.0.1:9/")
    runners.start(cluster[0].url)
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
    cluster: Cluster, seat: Seat, bad: AgentProcess, runners: Runners, room: Room
) -> None:
    scene = seat(f"{bad.url}unknown")
    runners.start(cluster[0].url)
    one = await room.desk(cluster[0].url, scene)
    await one.ask("hello")
    await one.event(e.RunFinished)
    events = [event for body in one.all(e.OutputEmitted) for event in body.events]
    assert {"type": "WEATHER_CHANGED", "to": {"sun": [1, 2.5, None]}} in events


async def test_the_one_character_that_no_log_holds_is_shown_as_such(
    cluster: Cluster, seat: Seat, bad: AgentProcess, runners: Runners, room: Room
) -> None:
    scene = seat(f"{bad.url}nul")
    runners.start(cluster[0].url)
    one = await room.desk(cluster[0].url, scene)
    await one.ask("hello")
    await one.event(e.RunFinished)
    assert "a\ufffdb" in one.said()


async def test_a_request_outlives_its_runner_and_is_answered_later(
    cluster: Cluster, seat: Seat, demo: AgentProcess, runners: Runners, room: Room
) -> None:
    scene = seat(demo.url)
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
    scene = seat(demo.url)
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


async def test_two_decisions_at_once_run_the_tool_once(
    cluster: Cluster, seat: Seat, demo: AgentProcess, runners: Runners, room: Room
) -> None:
    scene = seat(demo.url)
    runners.start(cluster[0].url)
    one = await room.desk(cluster[0].url, scene)
    two = await room.desk(cluster[1].url, scene, "op2")
    await one.ask("delete logs/worker.log.2")
    await one.event(e.ApprovalRequested)
    answers = await asyncio.gather(
        one.decide("approve"), two.decide("approve"), return_exceptions=True
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["CommandRefused", "int"]
    await one.event(e.RunFinished)
    assert len(demo.calls("delete_files")) == 1


async def test_a_runner_outlives_its_server(
    make_cluster: Callable[..., Cluster],
    seat: Seat,
    runners: Runners,
    room: Room,
    tmp_path: Path,
) -> None:
    cluster = make_cluster(1)
    with demo_agent(tmp_path, "--pace", "40") as demo:
        scene = seat(demo.url)
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
    scene = seat(demo.url)
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
