"""The fold: small, robust, and the same from a snapshot as from the beginning."""

from __future__ import annotations

import msgspec
import pytest

from collab.core import commands as c
from collab.core import events as e
from collab.core import state as fold
from collab.core.events import Event
from collab.core.state import State
from tests.play import (
    AGENT,
    ASKED,
    OPERATOR,
    RUN,
    START_TIME,
    Play,
    delta,
    dispatched_session,
    message,
    opened,
    running_session,
    uid,
    unsure_session,
)


def applied(state: State, body: e.Body) -> State:
    return fold.apply(state, Event(state.seq + 1, body.type, START_TIME, body))


def streaming_session() -> Play:
    play = running_session()
    play.do(AGENT, c.OutputStream(1, RUN, (*opened(), delta("I will "))))
    play.do(AGENT, c.OutputStream(1, RUN, (delta("look"),)))
    return play


def test_state_is_at_the_place_of_its_last_event() -> None:
    play = running_session()
    assert [state.seq for state in play.states] == list(range(1, len(play.events) + 1))


@pytest.mark.parametrize(
    "make", [running_session, streaming_session, dispatched_session, unsure_session]
)
def test_a_state_is_read_back_as_it_was_kept(make: type[Play]) -> None:
    for state in make().states:
        assert fold.decode(fold.encode(state)) == state


def test_a_snapshot_and_what_follows_equal_the_whole_at_every_cut() -> None:
    play = unsure_session()
    for cut in range(len(play.events)):
        state = fold.decode(fold.encode(play.states[cut]))
        for event in play.events[cut + 1 :]:
            state = fold.apply(state, event)
        assert state == play.state


def test_bytes_that_are_no_state_raise_one_kind_of_error() -> None:
    with pytest.raises(msgspec.DecodeError):
        fold.decode(b"\xc1")


def test_folding_changes_no_older_state() -> None:
    play = Play()
    kept: list[bytes] = []
    for event in unsure_session().events:
        play.take(event)
        kept.append(fold.encode(play.state))
    assert [fold.encode(state) for state in play.states] == kept


def test_who_joins_in_the_middle_of_a_sentence_has_the_text_so_far() -> None:
    run = fold.decode(fold.encode(streaming_session().state)).run
    assert run is not None
    assert run.items["m1"].text == "I will look"
    assert run.items["m1"].start == opened()[0]


def test_a_finished_message_leaves_nothing_behind_in_the_state() -> None:
    play = streaming_session()
    play.do(AGENT, c.OutputEmit(1, RUN, message("I will look")))
    assert play.state.run is not None
    assert play.state.run.items == {}


def test_deltas_matter_from_the_start_of_the_oldest_open_message() -> None:
    play = running_session()
    assert fold.passing_from(play.state) == play.state.seq + 1
    play.do(AGENT, c.OutputStream(1, RUN, opened("a")))
    begun = play.state.seq
    play.do(AGENT, c.OutputStream(1, RUN, (*opened("b"), delta("x", "a"))))
    assert fold.passing_from(play.state) == begun
    play.do(AGENT, c.OutputEmit(1, RUN, message("x", "a")))
    assert fold.passing_from(play.state) == begun + 1
    play.do(AGENT, c.OutputEmit(1, RUN, message("", "b")))
    assert fold.passing_from(play.state) == play.state.seq + 1


def test_without_a_run_no_delta_matters() -> None:
    play = streaming_session()
    play.do(OPERATOR, c.RunCancel(RUN))
    assert fold.passing_from(play.state) == play.state.seq + 1


STRAY: list[e.Body] = [
    e.ParticipantLeft(uid(0xFF)),
    e.GrantGiven(uid(0xFF), "owner"),
    e.GrantTaken(uid(0xFF), "owner"),
    e.PromptRecalled(uid(0xFF)),
    e.OutputStreamed(RUN, opened()),
    e.OutputEmitted(RUN, message("x")),
    e.ApprovalDecided(ASKED, "approve", "0" * 64, 1),
    e.ApprovalDispatched((ASKED,), "runner-1", 1),
    e.ApprovalSettled(ASKED, "executed"),
]


@pytest.mark.parametrize("body", STRAY, ids=lambda body: body.type)
def test_an_event_about_what_is_not_there_moves_only_the_place(body: e.Body) -> None:
    assert applied(State(), body) == State(seq=1)


def test_the_order_of_participants_and_requests_is_that_of_the_log() -> None:
    state = running_session().state
    assert list(fold.decode(fold.encode(state)).participants) == list(state.participants)


def test_a_participant_who_comes_again_starts_without_roles() -> None:
    state = applied(State(), e.ParticipantJoined(uid(1), "Olga"))
    state = applied(state, e.GrantGiven(uid(1), "owner"))
    state = applied(state, e.ParticipantLeft(uid(1)))
    state = applied(state, e.ParticipantJoined(uid(1), "Olga"))
    assert state.participants[uid(1)].grants == ()
