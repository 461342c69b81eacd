"""An agent that misbehaves is named for what it does, and nothing hangs."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from collab.agents import agui
from collab.agents.agui import Address, Limits
from collab.agents.failures import AgentFailure
from tests.agent_processes import AgentProcess, bad_agent

LIMITS = Limits(total_bytes=8_000_000, silence=0.5, total=20.0)


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AgentProcess]:
    with bad_agent(tmp_path_factory.mktemp("bad")) as running:
        yield running


async def said(url: str, record: Path | None = None) -> list[dict[str, Any]]:
    body = agui.run_input("t", "r", [])
    async with agui.client(LIMITS, record) as http:
        return [event async for event in agui.answer(http, Address(url), body, LIMITS)]


@pytest.mark.parametrize(
    ("way", "reason", "acted"),
    [
        ("refuse", "refused", False),
        ("elsewhere", "refused", False),
        ("limit", "rate_limited", False),
        ("fail", "agent_error", True),
        ("page", "nonsense", True),
        ("nonsense", "nonsense", True),
        ("order", "nonsense", True),
        ("line", "too_much", True),
        ("event", "too_much", True),
        ("message", "too_much", True),
        ("hang", "timed_out", True),
        ("silent", "timed_out", True),
        ("drop", "dropped", True),
    ],
)
async def test_each_misbehaviour_has_its_name(
    bad: AgentProcess, way: str, reason: str, acted: bool
) -> None:
    with pytest.raises(AgentFailure) as failed:
        await said(bad.url + way)
    assert (failed.value.reason, failed.value.acted) == (reason, acted)
    assert failed.value.sentence.startswith("The ")


async def test_who_asks_too_often_is_told_when_to_ask_again(bad: AgentProcess) -> None:
    with pytest.raises(AgentFailure) as failed:
        await said(bad.url + "limit")
    assert failed.value.sentence.endswith("It may be asked again in 20 seconds.")


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("7", 7, 7),
        ("9" * 400, agui.DAY, agui.DAY),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0),
    ],
)
def test_a_time_to_wait_is_a_number_or_a_date(header: str, least: float, most: float) -> None:
    found = agui.retry_after(header)
    assert found is not None
    assert least <= found <= most


def test_a_time_to_wait_ends_at_its_date() -> None:
    header = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    found = agui.retry_after(header)
    assert found is not None
    assert 3500 <= found <= 3600


@pytest.mark.parametrize("header", ["", "soon", "-5", "1e3", "Wed, 99 Oct"])
def test_a_time_to_wait_that_is_none_is_left_out(header: str) -> None:
    assert agui.retry_after(header) is None


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "2 seconds"), (90, "90 seconds"), (121, "3 minutes")]
)
def test_a_time_to_wait_is_never_said_too_short(seconds: float, words: str) -> None:
    assert agui.counted(seconds) == words


async def test_an_agent_that_is_not_there_did_nothing() -> None:
    with pytest.raises(AgentFailure) as failed:
        await said("http://127.0.0.1:9/")
    assert (failed.value.reason, failed.value.acted) == ("unreachable", False)


@pytest.mark.parametrize("url", ["not an address", "ftp://x/", "http://", "http://[::1"])
async def test_an_address_that_is_none_is_unreachable(url: str) -> None:
    with pytest.raises(AgentFailure) as failed:
        await said(url)
    assert failed.value.reason == "unreachable"


async def test_unknown_events_and_chunks_come_through(bad: AgentProcess) -> None:
    assert {"type": "WEATHER_CHANGED", "to": {"sun": [1, 2.5, None]}} in await said(
        f"{bad.url}unknown"
    )
    kinds = [event["type"] for event in await said(f"{bad.url}chunks")]
    assert kinds.count("TEXT_MESSAGE_CONTENT") == 2


@pytest.mark.parametrize("way", ["refuse", "nonsense", "error", "drop", "page"])
async def test_a_probe_of_a_bad_agent_says_why(bad: AgentProcess, way: str) -> None:
    found = await agui.probe(agui.Address(bad.url + way))
    assert not found.ok
    assert found.sentence.endswith(".") or "holiday" in found.sentence


async def test_what_goes_to_and_fro_is_kept_byte_for_byte(
    bad: AgentProcess, tmp_path: Path
) -> None:
    with pytest.raises(AgentFailure):
        await said(f"{bad.url}nonsense", tmp_path / "record")
    answer, sent = sorted((tmp_path / "record" / "t").iterdir(), key=lambda file: file.suffix)[::-1]
    assert answer.read_bytes() == b"data: {not json\n\n"
    assert sent.read_bytes() == agui.run_input("t", "r", [])


async def test_a_record_that_cannot_be_kept_stops_nothing(bad: AgentProcess) -> None:
    assert len(await said(f"{bad.url}chunks", Path("/proc/nothing"))) == 6
