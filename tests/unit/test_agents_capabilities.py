"""What an agent says of itself, in plain words."""

import json
from typing import Any

import pytest

from collab.agents.capabilities import Capabilities, beside, in_short, read, told
from collab.core.events import RunAgent
from tests.agents_saying import GOOD, HOSTILE


@pytest.mark.parametrize(
    ("url", "where"),
    [
        ("http://x", "http://x/capabilities"),
        ("http://x:9000/", "http://x:9000/capabilities"),
        ("https://x/run", "https://x/run/capabilities"),
        ("https://x/run/?key=1#top", "https://x/run/capabilities?key=1"),
    ],
)
def test_it_is_asked_below_the_agents_address(url: str, where: str) -> None:
    assert beside(url) == where


def test_what_is_said_is_told_in_words() -> None:
    assert told(GOOD) == Capabilities(
        name="Night shift",
        type="langgraph",
        version="2.1.0",
        description="Watches the logs.",
        tools=("read_log", "restart"),
        can=("ask for approval", "stream its answer"),
        cannot=("show its reasoning",),
    )


@pytest.mark.parametrize(
    "tree",
    [
        None,
        {},
        {"custom": {"a": 1}},
        {"identity": {"name": 7}, "tools": {"items": {"name": "a"}}},
        {"identity": {"name": " \u202e\u200b\n"}, "transport": {"streaming": "yes"}},
    ],
)
def test_what_has_no_word_here_is_as_if_nothing_were_said(tree: dict[str, Any] | None) -> None:
    assert told(tree) is None


def test_the_record_of_a_run_keeps_which_agent_it_was() -> None:
    kept = RunAgent("Night shift", "langgraph", "2.1.0", ("read_log", "restart"))
    assert in_short(GOOD) == kept
    assert in_short({}) is None


def test_hostile_text_is_short_and_shows_every_letter() -> None:
    kept = read(json.dumps(HOSTILE).encode())
    says = told(kept)
    assert says is not None
    assert says.name == "<script>alert(1)</script> gnp.exe"
    assert says.type == "[31mred"
    assert says.description.startswith("one two xxx") and says.description.endswith("x…")
    assert len(says.description) == 300
    assert (says.version, says.can, says.cannot) == ("", (), ())
    assert says.tools[:2] == ("tool 0", "tool 1")
    assert (len(says.tools), says.more_tools) == (50, 20)
    texts = (says.name, says.type, says.description, *says.tools)
    assert all(text.isprintable() for text in texts)


def test_what_echoes_the_request_keeps_none_of_our_headers() -> None:
    assert read(b'{"headers": {"X-Key": "hunter2"}, "identity": {}}') == {"identity": {}}
