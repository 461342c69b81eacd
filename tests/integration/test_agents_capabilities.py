"""What an agent says of itself is asked, read strictly, and never stands in the way."""

import time
from pathlib import Path

import pytest

from collab.agents import agui, capabilities
from collab.agents.agui import Address
from tests.agent_processes import AgentProcess, demo_agent
from tests.agents_saying import GOOD, WAYS
from tests.authority import Authority, tls_door

SAYING = {"good", "odd", "hostile", "nothing"}
SLOW = {"silent", "trickle"}


async def test_what_an_agent_says_is_kept_as_it_came(bad: AgentProcess) -> None:
    assert await capabilities.ask(Address(bad.url + "good")) == GOOD


async def test_only_what_ag_ui_names_is_kept(bad: AgentProcess) -> None:
    kept = await capabilities.ask(Address(bad.url + "odd"))
    assert kept == {name: part for name, part in GOOD.items() if name != "tools"}


@pytest.mark.parametrize("way", sorted(set(WAYS) - SAYING - SLOW))
async def test_an_answer_that_is_none_says_nothing(bad: AgentProcess, way: str) -> None:
    began = time.monotonic()
    assert await capabilities.ask(Address(bad.url + way)) is None
    assert time.monotonic() - began < agui.PROBE_SECONDS


@pytest.mark.parametrize("way", sorted(SLOW))
async def test_an_answer_that_takes_too_long_is_not_waited_for(
    bad: AgentProcess, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agui, "PROBE_SECONDS", 0.5)
    assert await capabilities.ask(Address(bad.url + way)) is None


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "http://ü\x00/"])
async def test_nobody_there_says_nothing(url: str) -> None:
    assert await capabilities.ask(Address(url)) is None


async def test_the_demo_agent_says_what_it_can_to_whoever_has_its_key(tmp_path: Path) -> None:
    with demo_agent(tmp_path, "--require-header", "X-Key: secret") as agent:
        assert await capabilities.ask(Address(agent.url)) is None
        tree = await capabilities.ask(Address(agent.url, {"X-Key": "secret"}))
    says = capabilities.told(tree)
    assert says is not None
    assert (says.name, says.type) == ("demo", "pydantic-ai")
    assert says.tools == (
        *("list_files", "read_file", "search_files"),
        *("write_file", "delete_files", "run_program"),
    )
    assert {"ask for approval", "take changed arguments", "stream its answer"} <= set(says.can)


async def test_only_the_agents_own_authority_is_trusted(bad: AgentProcess, tmp_path: Path) -> None:
    ours, another = Authority("ours"), Authority("another")
    port = int(bad.url.rstrip("/").rpartition(":")[2])
    async with tls_door(port, ours.server(tmp_path)) as https:
        assert await capabilities.ask(Address(f"{https}good", {}, ours.pem)) == GOOD
        assert await capabilities.ask(Address(f"{https}good", {}, another.pem)) is None
        assert await capabilities.ask(Address(f"{https}good")) is None
