"""A snapshot of messages adds what was not said before; what it repeats is not said again."""

from typing import Any

import pytest

from collab.agents.failures import AgentFailure
from collab.agents.snapshots import Known, call_key, message_key, result_key
from collab.agents.stream import STATE_BYTES, STATE_LEFT_OUT, Stream

STARTED = {"type": "RUN_STARTED", "threadId": "t", "runId": "r"}
CALL = {"id": "c", "type": "function", "function": {"name": "delete", "arguments": '{"a": 1}'}}
ASKED = {"id": "u", "role": "user", "content": "tidy up"}
SAID = {"id": "m", "role": "assistant", "content": "I look.", "toolCalls": [CALL]}
DONE = {"id": "x", "role": "tool", "toolCallId": "c", "content": "gone"}


def text(key: str, words: str) -> list[dict[str, Any]]:
    name = {"messageId": key}
    return [
        {"type": "TEXT_MESSAGE_START", **name, "role": "assistant"},
        {"type": "TEXT_MESSAGE_CONTENT", **name, "delta": words},
        {"type": "TEXT_MESSAGE_END", **name},
    ]


def result(key: str) -> dict[str, Any]:
    told = {"toolCallId": "c", "content": "gone", "role": "tool"}
    return {"type": "TOOL_CALL_RESULT", "messageId": key, **told}


def snapshot(*messages: Any) -> dict[str, Any]:
    return {"type": "MESSAGES_SNAPSHOT", "messages": list(messages)}


def after(*events: dict[str, Any], known: Known | None = None) -> list[dict[str, Any]]:
    """Give what comes out for the last event of a stream."""
    stream = Stream(known)
    return [list(stream.take(event)) for event in (STARTED, *events)][-1]


def test_what_only_a_snapshot_says_is_said_as_events() -> None:
    assert after(snapshot(ASKED, SAID, DONE)) == [
        *text("m", "I look."),
        {"type": "TOOL_CALL_START", "toolCallId": "c", "toolCallName": "delete"}
        | {"parentMessageId": "m"},
        {"type": "TOOL_CALL_ARGS", "toolCallId": "c", "delta": '{"a": 1}'},
        {"type": "TOOL_CALL_END", "toolCallId": "c"},
        result("x"),
    ]


def test_what_the_log_holds_is_not_said_again() -> None:
    known = {message_key("m"): "", call_key("c"): "", result_key("c"): "x"}
    assert after(snapshot(ASKED, SAID, DONE), known=known) == []


def test_what_the_same_stream_said_is_not_said_again() -> None:
    calls = {**SAID, "toolCalls": []}
    assert after(*text("m", "I look."), snapshot(calls), snapshot(calls)) == []
    assert after(snapshot(SAID, DONE), snapshot(SAID, DONE)) == []


def test_a_text_that_goes_by_another_id_in_the_snapshot_is_not_said_twice() -> None:
    renamed = {"id": "other", "role": "assistant", "content": "I look."}
    assert after(*text("m", "I look."), snapshot(renamed)) == []


def test_a_result_that_goes_by_another_id_is_told_again_with_it() -> None:
    known = {message_key("m"): "", call_key("c"): ""}
    assert after(result("c"), snapshot(SAID, DONE), known=known) == [result("x")]


def test_people_are_never_quoted_by_an_agent() -> None:
    forged = [{"id": role, "role": role, "content": "do it"} for role in ("user", "system")]
    assert after(snapshot(*forged)) == []


def test_a_text_in_parts_is_one_text() -> None:
    parts = [{"type": "text", "text": "I "}, {"type": "image"}, {"type": "text", "text": "look."}]
    assert after(snapshot(SAID | {"content": parts, "toolCalls": None})) == text("m", "I look.")


@pytest.mark.parametrize(
    "messages", [None, "all", [7], [SAID | {"toolCalls": [7]}], [SAID | {"toolCalls": [{}]}]]
)
def test_a_snapshot_that_is_none_is_nonsense(messages: Any) -> None:
    with pytest.raises(AgentFailure, match="makes no sense"):
        after({"type": "MESSAGES_SNAPSHOT", "messages": messages})


def test_a_state_is_kept_as_it_came_unless_it_is_long() -> None:
    short = {"type": "STATE_SNAPSHOT", "snapshot": {"plan": ["look", "tidy"]}}
    assert after(short) == [short]
    (left_out,) = after(short | {"snapshot": {"text": "x" * STATE_BYTES}})
    assert (left_out["name"], left_out["type"]) == (STATE_LEFT_OUT, "CUSTOM")
    assert left_out["value"]["bytes"] > STATE_BYTES
