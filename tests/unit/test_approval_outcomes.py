"""A decided group is dispatched once and settled once; what is unknown is a person's."""

from __future__ import annotations

from typing import Any

import pytest

from collab.core import commands as c
from collab.core import events as e
from collab.core.codes import Refusal
from collab.core.state import CLOSED_KEPT, Settled
from permissions.roles import Permission
from tests.play import (
    AGENT,
    ASKED,
    GROUP,
    OPERATOR,
    RUN,
    SECOND,
    Play,
    answer,
    asking_session,
    asks,
    dispatched_session,
    running_session,
    uid,
    unsure_session,
    without,
)

# dispatching


def test_the_claim_to_execute_names_the_runner_and_its_group() -> None:
    play = dispatched_session()
    assert play.last(e.ApprovalDispatched) == e.ApprovalDispatched((ASKED,), "runner-1", 1)
    assert play.state.approvals[ASKED].stage == "dispatched"


def test_a_group_is_dispatched_only_when_all_of_it_is_decided() -> None:
    play = asking_session(asks(0xE1), asks(0xE2))
    play.do(OPERATOR, answer(play, key=uid(0xE1)))
    assert play.why(AGENT, c.ApprovalDispatch(1, RUN, GROUP)) is Refusal.NOT_DECIDED
    play.do(SECOND, answer(play, "reject", key=uid(0xE2)))
    (event,) = play.do(AGENT, c.ApprovalDispatch(1, RUN, GROUP))
    assert play.last(e.ApprovalDispatched).approval_ids == (uid(0xE1), uid(0xE2))
    assert event.cause == play.state.approvals[uid(0xE2)].seq


def test_a_group_is_dispatched_once() -> None:
    play = dispatched_session()
    assert play.why(AGENT, c.ApprovalDispatch(1, RUN, GROUP)) is Refusal.ALREADY_DECIDED


def test_a_group_of_which_one_is_settled_is_not_dispatched_again() -> None:
    play = asking_session(asks(0xE1), asks(0xE2))
    for key in (uid(0xE1), uid(0xE2)):
        play.do(OPERATOR, answer(play, key=key))
    play.do(AGENT, c.ApprovalDispatch(1, RUN, GROUP))
    play.do(AGENT, c.ApprovalReport(1, uid(0xE1), "executed"))
    assert play.why(AGENT, c.ApprovalDispatch(1, RUN, GROUP)) is Refusal.ALREADY_DECIDED


def test_one_group_is_dispatched_while_another_waits() -> None:
    play = asking_session()
    play.do(AGENT, c.ApprovalAsk(1, RUN, (asks(0xE2, group=0xEF),)))
    play.do(OPERATOR, answer(play))
    play.do(AGENT, c.ApprovalDispatch(1, RUN, GROUP))
    assert play.state.approvals[uid(0xE2)].stage == "requested"


def test_a_group_that_was_never_asked_is_not_dispatched() -> None:
    assert asking_session().why(AGENT, c.ApprovalDispatch(1, RUN, uid(1))) is Refusal.NO_APPROVAL


# settling


@pytest.mark.parametrize("outcome", ["executed", "failed", "cancelled", "expired"])
def test_the_runner_says_what_became_of_a_dispatched_call(outcome: Any) -> None:
    play = dispatched_session()
    answered = play.state.approvals[ASKED].answer
    play.do(AGENT, c.ApprovalReport(1, ASKED, outcome, "as it went"))
    assert play.state.approvals == {}
    assert play.state.settled[ASKED] == Settled(outcome, play.state.seq, answered)
    assert play.last(e.ApprovalSettled).by_person is False


@pytest.mark.parametrize("outcome", ["executed", "failed", "unknown"])
def test_what_was_not_dispatched_has_no_result(outcome: Any) -> None:
    play = asking_session()
    report = c.ApprovalReport(1, ASKED, outcome)
    assert play.why(AGENT, report) is Refusal.NOT_DECIDED
    play.do(OPERATOR, answer(play))
    assert play.why(AGENT, report) is Refusal.NOT_DECIDED


@pytest.mark.parametrize("outcome", ["expired", "cancelled"])
def test_a_request_lapses_only_while_nobody_has_answered(outcome: Any) -> None:
    play = asking_session()
    play.do(OPERATOR, answer(play))
    assert play.why(AGENT, c.ApprovalReport(1, ASKED, outcome)) is Refusal.NOT_DECIDED


@pytest.mark.parametrize("outcome", ["executed", "failed"])
def test_an_outcome_is_reported_once(outcome: Any) -> None:
    play = dispatched_session()
    play.do(AGENT, c.ApprovalReport(1, ASKED, outcome))
    assert play.why(AGENT, c.ApprovalReport(1, ASKED, "executed")) is Refusal.NO_APPROVAL


def test_what_is_unknown_stays_open_and_is_not_the_runners_any_more() -> None:
    play = unsure_session()
    assert play.state.approvals[ASKED].stage == "unknown"
    assert play.why(AGENT, c.ApprovalReport(1, ASKED, "executed")) is Refusal.NOT_DECIDED
    assert play.why(AGENT, c.ApprovalDispatch(1, RUN, GROUP)) is Refusal.ALREADY_DECIDED


@pytest.mark.parametrize("outcome", ["executed", "failed"])
def test_a_person_who_looked_settles_what_is_unknown(outcome: Any) -> None:
    play = unsure_session()
    play.do(SECOND, c.ApprovalSettle(ASKED, outcome, "The files are gone."))
    settled = play.last(e.ApprovalSettled)
    assert (settled.outcome, settled.by_person) == (outcome, True)
    assert play.state.approvals == {}


@pytest.mark.parametrize(
    "make", [asking_session, dispatched_session], ids=["requested", "dispatched"]
)
def test_a_person_settles_nothing_that_is_not_in_question(make: Any) -> None:
    assert make().why(SECOND, c.ApprovalSettle(ASKED, "executed")) is Refusal.NOT_UNKNOWN


def test_the_second_person_who_settles_is_told_that_it_is_done() -> None:
    play = unsure_session()
    play.do(SECOND, c.ApprovalSettle(ASKED, "executed"))
    assert play.why(OPERATOR, c.ApprovalSettle(ASKED, "failed")) is Refusal.NOT_UNKNOWN


def test_nobody_settles_what_was_never_asked() -> None:
    play = asking_session()
    assert play.why(OPERATOR, c.ApprovalSettle(uid(1), "failed")) is Refusal.NO_APPROVAL


def test_settling_needs_the_right_to_approve() -> None:
    play = unsure_session()
    nosy = without(OPERATOR, Permission.APPROVE)
    assert play.why(nosy, c.ApprovalSettle(ASKED, "executed")) is Refusal.FORBIDDEN


def test_only_so_many_settled_approvals_are_remembered_the_newest() -> None:
    play = running_session()
    for number in range(CLOSED_KEPT + 5):
        play.do(AGENT, c.ApprovalAsk(1, RUN, (asks(0x5000 + number, 0x9000 + number),)))
        play.do(AGENT, c.ApprovalReport(1, uid(0x5000 + number), "expired"))
    assert len(play.state.settled) == CLOSED_KEPT
    assert uid(0x5000 + CLOSED_KEPT + 4) in play.state.settled
    assert uid(0x5000) not in play.state.settled


def test_a_whole_approval_is_one_line_of_events() -> None:
    play: Play = dispatched_session()
    play.do(AGENT, c.ApprovalReport(1, ASKED, "executed"))
    play.do(AGENT, c.RunFinish(1, RUN))
    assert play.kinds()[-6:] == [
        "run.started",
        "approval.requested",
        "approval.decided",
        "approval.dispatched",
        "approval.settled",
        "run.finished",
    ]


def test_what_was_turned_down_is_never_told_as_executed() -> None:
    play = asking_session()
    play.do(OPERATOR, answer(play, "reject"))
    play.do(AGENT, c.ApprovalDispatch(1, RUN, GROUP))
    assert play.why(AGENT, c.ApprovalReport(1, ASKED, "executed")) is Refusal.INVALID
    play.do(AGENT, c.ApprovalReport(1, ASKED, "cancelled"))
