"""An agent that is not ours: LangGraph behind its own adapter, served by the same runner.

At one address its model streams; at the other nothing is streamed, and all it says and does is in
the snapshots that its adapter sends.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ag_ui.core import RunAgentInput

from collab import trying
from collab.agents.agui import Address
from collab.core import commands as c
from collab.core import events as e
from tests.agent_processes import AgentProcess
from tests.cluster import Cluster
from tests.desk import Desk, Room, Runners
from tests.scene import Scene
from tests.screens import all_screens_agree
from tests.seats import Seat
from tests.strangers.langgraph_agent import langgraph_agent, validated

EXCHANGES = "*.json"
SECRET = "hunter2"


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AgentProcess]:
    with langgraph_agent(tmp_path_factory.mktemp("langgraph")) as running:
        yield running


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Name the folder in which the runner keeps what goes to and fro."""
    return tmp_path_factory.mktemp("record") / "kept"


@pytest.fixture(scope="module")
def runner(
    cluster: Cluster, record: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    runners = Runners(tmp_path_factory.mktemp("runner") / "runner.log")
    runners.start(cluster[1].url, COHELM_RECORD=str(record))
    yield
    runners.stop()


@pytest.fixture(params=["", "quiet"])
async def scene(
    request: pytest.FixtureRequest, seat: Seat, stranger: AgentProcess, runner: None
) -> Scene:
    for left in (stranger.journal, *stranger.folder.iterdir()):
        left.unlink(missing_ok=True)
    return await seat(stranger.url + request.param, **{"X-Key": SECRET})


@pytest.fixture
async def one(cluster: Cluster, scene: Scene, room: Room) -> Desk:
    return await room.desk(cluster[0].url, scene)


@pytest.fixture
async def two(cluster: Cluster, scene: Scene, room: Room) -> Desk:
    return await room.desk(cluster[1].url, scene, "op2")


async def test_what_a_second_operator_approves_is_done_once_and_what_is_rejected_is_not(
    cluster: Cluster, scene: Scene, stranger: AgentProcess, one: Desk, two: Desk
) -> None:
    file = stranger.folder / "a.txt"
    first = await one.ask("write hello to a.txt")
    requested = await two.body(e.ApprovalRequested)
    assert requested.request.action.name == "write_file"
    assert requested.request.action.args == {"text": "hello", "path": "a.txt"}
    assert requested.request.message == "May I use write_file on a.txt?"
    assert not file.exists()
    await two.decide("approve")
    finished = await one.event(e.RunFinished, first)
    assert file.read_text() == "hello"
    assert "a.txt is written." in one.said()

    await one.ask("delete a.txt")
    await two.decide("reject", finished.seq, reason="We need it.")
    finished = await one.event(e.RunFinished, finished.seq)
    assert file.exists()
    assert "a.txt is left alone. We need it." in one.said()

    assert [settled.outcome for settled in one.all(e.ApprovalSettled)] == ["executed", "cancelled"]
    assert stranger.calls("write_file") == [{"text": "hello", "path": "a.txt"}]
    assert stranger.calls("delete_file") == []
    await all_screens_agree(cluster.workers, scene.session, scene["owner"].token)


async def test_calls_that_are_asked_about_one_after_the_other_are_each_decided(
    stranger: AgentProcess, one: Desk, two: Desk
) -> None:
    await one.ask("write one to b.txt and write two to c.txt")
    first = await two.event(e.ApprovalRequested)
    await two.decide("approve_edited", args={"text": "changed", "path": "b.txt"})
    await two.decide("reject", first.seq)
    await one.event(e.RunFinished)
    assert stranger.calls("write_file") == [{"text": "changed", "path": "b.txt"}]


async def test_a_question_of_a_cancelled_run_never_comes_back(one: Desk, two: Desk) -> None:
    await one.ask("delete precious.txt")
    requested = await two.event(e.ApprovalRequested)
    assert requested.run is not None
    reply = await one.session.submit(c.RunCancel(requested.run, "no"))
    await one.ask("are you there?")
    await one.event(e.RunFinished, reply.seq)
    assert len(one.all(e.ApprovalRequested)) == 1
    assert "I heard “are you there?”. That was request 2 of this conversation." in one.said()


async def test_the_agent_is_told_the_log_and_its_own_memory_agrees(
    scene: Scene, record: Path, one: Desk, two: Desk
) -> None:
    last = await one.ask("write hello to d.txt")
    await two.decide("approve")
    for text in ("hello", "hello again"):
        await one.event(e.RunFinished, last)
        last = await one.ask(text)
    await one.event(e.RunFinished, last)
    assert "That was request 3 of this conversation." in one.said()
    exchanges = sorted((record / str(scene.session)).glob(EXCHANGES))
    assert len(exchanges) == 4
    told = sent(exchanges[-1])
    kept = snapshots(exchanges[-1].with_suffix(".sse"))[-1]
    roles = " ".join(message["role"] for message in told)
    assert roles == "user assistant tool assistant user assistant user"
    assert kept[:-1] == told
    assert kept[-1]["role"] == "assistant"


def sent(exchange: Path) -> list[dict[str, Any]]:
    """Give the messages that were sent, as AG-UI's own types read them."""
    text = exchange.read_text()
    assert RunAgentInput.model_validate_json(text).thread_id == exchange.parent.name
    messages: list[dict[str, Any]] = json.loads(text)["messages"]
    return [plain(message) for message in messages]


def snapshots(stream: Path) -> list[list[dict[str, Any]]]:
    """Give the messages as the agent itself keeps them, each time that it said so."""
    lines = stream.read_text().splitlines()
    events = [json.loads(line.removeprefix("data: ")) for line in lines if line]
    return [
        [plain(message) for message in event["messages"]]
        for event in events
        if event["type"] == "MESSAGES_SNAPSHOT"
    ]


def plain(message: dict[str, Any]) -> dict[str, Any]:
    """Leave out what says nothing."""
    return {key: value for key, value in message.items() if value not in (None, "", [])}


async def test_what_the_runner_recorded_is_valid_ag_ui(
    scene: Scene, record: Path, one: Desk
) -> None:
    await one.ask("write hello to e.txt")
    await one.decide("approve")
    await one.event(e.RunFinished)
    streams = sorted((record / str(scene.session)).glob("*.sse"))
    assert len(streams) == 2
    for stream in streams:
        checked = validated(stream)
        assert checked.returncode == 0, checked.stdout + checked.stderr
        assert "0 errors, 0 warnings" in checked.stdout
        assert stream.stat().st_mode & 0o077 == 0
    kept = [file.read_text() for file in streams[0].parent.iterdir()]
    assert len(kept) == 4
    assert not any(SECRET in text for text in kept)


async def test_an_agent_that_does_not_say_what_it_can_do_is_told_so(
    stranger: AgentProcess, database: None
) -> None:
    address = Address(stranger.url, {"X-Key": SECRET})
    tried = await trying.try_address(address)
    assert (tried.probe.ok, tried.says) == (True, None)
