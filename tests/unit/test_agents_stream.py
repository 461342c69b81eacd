"""What an agent's stream may look like, and how it is gathered for the log."""

from typing import Any

import pytest

from collab.agents.failures import AgentFailure
from collab.agents.gather import Gatherer, Output
from collab.agents.stream import ITEM_BYTES, Stream

STARTED = {"type": "RUN_STARTED", "threadId": "t", "runId": "r"}
FINISHED = {"type": "RUN_FINISHED", "threadId": "t", "runId": "r"}


def text(kind: str, key: str = "m", **more: Any) -> dict[str, Any]:
    return {"type": f"TEXT_MESSAGE_{kind}", "messageId": key, **more}


def call(kind: str, key: str = "c", **more: Any) -> dict[str, Any]:
    return {"type": f"TOOL_CALL_{kind}", "toolCallId": key, **more}


def checked(*events: Any) -> list[dict[str, Any]]:
    stream = Stream()
    found = [plain for event in events for plain in stream.take(event)]
    stream.over()
    return found


def test_a_whole_run_passes_unchanged() -> None:
    events = [STARTED, text("START"), text("CONTENT", delta="hi"), text("END"), FINISHED]
    assert checked(*events) == events


def test_an_unknown_event_passes_as_it_came() -> None:
    strange = {"type": "WEATHER_CHANGED", "to": {"sun": [1, 2.5, None]}}
    assert checked(STARTED, strange, FINISHED) == [STARTED, strange, FINISHED]


@pytest.mark.parametrize(
    "events",
    [
        [42],
        [{"no": "type"}],
        [{"type": 7}],
        [text("START")],
        [STARTED, text("CONTENT", delta="hi")],
        [STARTED, text("END")],
        [STARTED, text("START"), text("START")],
        [STARTED, text("START"), text("CONTENT", delta=7)],
        [STARTED, text("START"), FINISHED],
        [STARTED, FINISHED, text("START")],
        [STARTED, {"type": "TEXT_MESSAGE_CHUNK", "delta": "whose?"}],
    ],
)
def test_what_breaks_the_rules_is_named_nonsense(events: list[Any]) -> None:
    with pytest.raises(AgentFailure) as failed:
        checked(*events)
    assert failed.value.reason == "nonsense"
    assert failed.value.sentence.startswith("The agent sent something that makes no sense: ")


def test_a_stream_that_just_ends_is_named_dropped() -> None:
    with pytest.raises(AgentFailure) as failed:
        checked(STARTED, text("START"))
    assert failed.value.reason == "dropped"


def test_a_message_that_grows_too_long_is_named_too_much() -> None:
    half = "x" * (ITEM_BYTES // 2)
    with pytest.raises(AgentFailure) as failed:
        checked(STARTED, text("START"), *[text("CONTENT", delta=half)] * 3)
    assert failed.value.reason == "too_much"


def test_an_error_may_come_before_anything_else() -> None:
    error = {"type": "RUN_ERROR", "message": "no"}
    assert checked(error) == [error]


def test_chunks_are_spelled_out() -> None:
    chunk = "TEXT_MESSAGE_CHUNK"
    events = checked(
        STARTED,
        {"type": chunk, "messageId": "m", "role": "assistant", "delta": "one "},
        {"type": chunk, "delta": "two"},
        {"type": chunk, "messageId": "n", "delta": "three"},
        {"type": "TOOL_CALL_CHUNK", "toolCallId": "c", "toolCallName": "look", "delta": "{}"},
        FINISHED,
    )
    assert events == [
        STARTED,
        text("START", role="assistant"),
        text("CONTENT", delta="one "),
        text("CONTENT", delta="two"),
        text("END"),
        text("START", "n"),
        text("CONTENT", "n", delta="three"),
        text("END", "n"),
        call("START", toolCallName="look"),
        call("ARGS", delta="{}"),
        call("END"),
        FINISHED,
    ]


def test_deltas_are_gathered_until_the_window_is_over() -> None:
    gatherer = Gatherer(window=0.04)
    gatherer.add(text("START"), now=1.0)
    gatherer.add(text("CONTENT", delta="a"), now=1.01)
    gatherer.add(text("CONTENT", delta="b"), now=1.02)
    assert gatherer.due(1.02) == pytest.approx(0.02)
    assert gatherer.due(1.05) == 0
    deltas = [text("START"), text("CONTENT", delta="ab")]
    assert gatherer.take() == [Output(deltas, passing=True)]
    assert gatherer.due(1.05) is None


def test_a_finished_message_is_one_event_with_all_of_it() -> None:
    gatherer = Gatherer()
    gatherer.add(text("START"), now=1.0)
    gatherer.add(text("CONTENT", delta="a", timestamp=5), now=1.0)
    gatherer.take()
    gatherer.add(text("CONTENT", delta="b"), now=1.1)
    gatherer.add(text("END"), now=1.1)
    whole = [text("START"), text("CONTENT", delta="ab", timestamp=5), text("END")]
    assert gatherer.take() == [Output(whole, passing=False)]


def test_what_stays_keeps_its_place_behind_the_deltas_before_it() -> None:
    gatherer = Gatherer()
    gatherer.add(text("START"), now=1.0)
    gatherer.add({"type": "CUSTOM"}, now=1.0)
    assert gatherer.take() == [
        Output([text("START")], passing=True),
        Output([{"type": "CUSTOM"}], passing=False),
    ]


def test_two_items_at_once_stay_apart() -> None:
    gatherer = Gatherer()
    for event in (
        call("START"),
        text("START"),
        call("ARGS", delta="{"),
        text("CONTENT", delta="x"),
    ):
        gatherer.add(event, now=1.0)
    gatherer.add(call("END"), now=1.0)
    assert gatherer.take() == [
        Output([text("START"), text("CONTENT", delta="x")], passing=True),
        Output([call("START"), call("ARGS", delta="{"), call("END")], passing=False),
    ]
