"""What an agent makes: kept as it came, refused where it could not be folded."""

from __future__ import annotations

from typing import Any

import pytest

from collab.core import commands as c
from collab.core import events as e
from collab.core import streams
from collab.core.codes import Refusal
from tests.play import (
    AGENT,
    OPERATOR,
    RUN,
    delta,
    opened,
    running_session,
)

# output


def test_output_is_kept_as_it_came_and_belongs_to_its_run() -> None:
    play = running_session()
    odd = {"type": "SOMETHING_NEW", "value": [1, {"a": None}], "timestamp": 1.5}
    (event,) = play.do(AGENT, c.OutputEmit(1, RUN, (odd,)))
    assert event.run == RUN
    assert event.body == e.OutputEmitted(RUN, (odd,))


@pytest.mark.parametrize("kind", ["TEXT_MESSAGE_END", "TOOL_CALL_RESULT", "RUN_FINISHED", "X"])
def test_only_deltas_are_streamed(kind: str) -> None:
    event = {"type": kind, "messageId": "m1"}
    assert running_session().why(AGENT, c.OutputStream(1, RUN, (event,))) is Refusal.INVALID


ODD: list[tuple[str, tuple[e.AgUi, ...]]] = [
    ("an event without a type", ({},)),
    ("a type that is no text", ({"type": ["TEXT_MESSAGE_START"]},)),
    ("a type that is nothing", ({"type": None},)),
    ("a start without an id", ({"type": "TEXT_MESSAGE_START"},)),
    ("a start with an id that is no text", ({"type": "TEXT_MESSAGE_START", "messageId": 1},)),
    ("a start with an empty id", ({"type": "TEXT_MESSAGE_START", "messageId": ""},)),
    ("a delta that was never started", (delta("x"),)),
    ("a delta without a text", (*opened(), {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m1"})),
    ("a delta that is no text", (*opened(), {**delta("x"), "delta": 5})),
    (
        "a delta for something of another kind",
        (*opened("x"), {"type": "TOOL_CALL_ARGS", "toolCallId": "x", "delta": "{}"}),
    ),
]


@pytest.mark.parametrize("kind", [c.OutputStream, c.OutputEmit])
@pytest.mark.parametrize(("what", "output"), ODD, ids=[what for what, _ in ODD])
def test_output_that_could_not_be_folded_is_refused_and_the_run_goes_on(
    what: str, output: tuple[e.AgUi, ...], kind: Any
) -> None:
    play = running_session()
    assert play.why(AGENT, kind(1, RUN, output)) is Refusal.INVALID
    play.do(AGENT, c.RunFinish(1, RUN))


def test_an_end_without_a_start_is_kept_as_it_came() -> None:
    end = {"type": "TEXT_MESSAGE_END", "messageId": "m1"}
    play = running_session()
    play.do(AGENT, c.OutputEmit(1, RUN, (end,)))
    assert play.last(e.OutputEmitted).events == (end,)


def test_a_message_that_could_never_be_sent_whole_is_too_large() -> None:
    play = running_session()
    play.do(AGENT, c.OutputStream(1, RUN, opened()))
    piece = "x" * (streams.TEXT_LIMIT // 4)
    for _ in range(4):
        play.do(AGENT, c.OutputStream(1, RUN, (delta(piece),)))
    assert play.why(AGENT, c.OutputStream(1, RUN, (delta("!"),))) is Refusal.TOO_LARGE
    play.do(AGENT, c.RunFail(1, RUN, "too_much"))


def test_only_so_many_messages_are_open_at_once() -> None:
    play = running_session()
    begun = [opened(f"m{number}")[0] for number in range(streams.OPEN_LIMIT)]
    play.do(AGENT, c.OutputStream(1, RUN, tuple(begun)))
    assert play.why(AGENT, c.OutputStream(1, RUN, opened("more"))) is Refusal.TOO_LARGE
    play.do(OPERATOR, c.RunCancel(RUN))
    assert play.state.run is None


def test_several_messages_stream_side_by_side() -> None:
    play = running_session()
    play.do(AGENT, c.OutputStream(1, RUN, (*opened("a"), *opened("b"), delta("1", "a"))))
    play.do(AGENT, c.OutputStream(1, RUN, (delta("2", "b"), delta("3", "a"))))
    assert play.state.run is not None
    texts = {key: item.text for key, item in play.state.run.items.items()}
    assert texts == {"a": "13", "b": "2"}


def test_a_run_left_by_an_older_version_with_an_item_that_has_no_id_can_still_be_ended() -> None:
    play = running_session()
    nameless = e.OutputStreamed(RUN, ({"type": "TEXT_MESSAGE_START"}, {"type": "TOOL_CALL_ARGS"}))
    play.take(e.Event(play.state.seq + 1, nameless.type, play.now, nameless, AGENT.user, RUN))
    play.do(OPERATOR, c.RunCancel(RUN))
    assert play.state.run is None
