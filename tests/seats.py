"""Fixtures of the tests of agents: sessions with an agent behind them, agents, runners, desks."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from collab import sealing
from collab.agents import capabilities
from collab.agents.agui import Address
from collab.agents.demo.seed import seed
from collab.models import Session as SessionRow
from tests import loops
from tests.agent_processes import AgentProcess, bad_agent, demo_agent
from tests.desk import Room, Runners
from tests.scene import Scene, make_scene

Seat = Callable[..., Awaitable[Scene]]


@pytest.fixture
def seat(database: None) -> Iterator[Seat]:
    """Put an agent behind a new session; when the test ends, no runner serves it any more."""
    made: list[Scene] = []

    def rows(url: str, headers: dict[str, str], says: dict[str, Any]) -> Scene:
        # All before the session is opened: from then on a runner may serve it.
        scene = make_scene(agent_url=url, headers_sealed=sealing.seal(headers), capabilities=says)
        SessionRow.objects.filter(id=scene.session).update(agent_id=scene.agent_id)
        return scene

    async def make(url: str, **headers: str) -> Scene:
        says = await capabilities.ask(Address(url, headers)) or {}
        made.append(await loops.apart(lambda: rows(url, headers, says)))
        return made[-1]

    yield make
    SessionRow.objects.filter(id__in=[scene.session for scene in made]).update(agent_id=None)


@pytest.fixture(scope="session")
def one_demo_agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AgentProcess]:
    with demo_agent(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture
def demo(one_demo_agent: AgentProcess) -> AgentProcess:
    """Give the demo agent with a fresh folder and an empty journal."""
    one_demo_agent.journal.unlink(missing_ok=True)
    for entry in one_demo_agent.folder.iterdir():
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    seed(one_demo_agent.folder)
    return one_demo_agent


@pytest.fixture(scope="session")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AgentProcess]:
    with bad_agent(tmp_path_factory.mktemp("bad")) as running:
        yield running


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with AsyncExitStack() as stack:
        yield Room(stack)


@pytest.fixture
def runners(tmp_path: Path) -> Iterator[Runners]:
    """Start runners of this test's own."""
    mine = Runners(tmp_path / "runner.log")
    yield mine
    mine.stop()
