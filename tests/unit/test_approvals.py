"""A request is asked as it can be answered; one decision each, for what was shown."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest

from collab.core import approvals
from collab.core import commands as c
from collab.core import events as e
from collab.core.chain import args_digest
from collab.core.codes import Refusal
from permissions.roles import Permission
from tests.play import (
    AGENT,
    ARGS,
    ASKED,
    OBSERVER,
    OPERATOR,
    OWNER,
    RUN,
    SECOND,
    SYSTEM,
    answer,
    asking_session,
    asks,
    dispatched_session,
    running_session,
    uid,
)

# asking


def test_the_digest_is_of_the_exact_arguments_and_made_here() -> None:
    play = asking_session()
    asked = play.last(e.ApprovalRequested)
    assert asked.args_digest == args_digest(ARGS)
    assert play.state.approvals[ASKED].args_digest == args_digest(ARGS)


def test_a_group_is_asked_together() -> None:
    play = asking_session(asks(0xE1), asks(0xE2))
    assert list(play.state.approvals) == [uid(0xE1), uid(0xE2)]
    assert play.kinds()[-2:] == ["approval.requested", "approval.requested"]


def test_asking_needs_a_run() -> None:
    play = running_session()
    play.do(AGENT, c.RunFinish(1, RUN))
    assert play.why(AGENT, c.ApprovalAsk(1, RUN, (asks(),))) is Refusal.RUN_OVER


@pytest.mark.parametrize(
    "requests",
    [
        (asks(0xE1), asks(0xE1)),
        (asks(0xE1), asks(0xE2, group=0xEF)),
    ],
    ids=["one id twice", "two groups"],
)
def test_a_group_that_does_not_hang_together_is_refused(
    requests: tuple[e.ApprovalRequest, ...],
) -> None:
    assert running_session().why(AGENT, c.ApprovalAsk(1, RUN, requests)) is Refusal.INVALID


def test_what_is_asked_already_is_not_asked_again() -> None:
    assert asking_session().why(AGENT, c.ApprovalAsk(1, RUN, (asks(),))) is Refusal.INVALID


def test_what_is_settled_is_not_asked_again() -> None:
    play = dispatched_session()
    play.do(AGENT, c.ApprovalReport(1, ASKED, "executed"))
    again = c.ApprovalAsk(1, RUN, (asks(group=0xEF),))
    assert play.why(AGENT, again) is Refusal.INVALID


def test_nothing_joins_a_group_that_people_were_shown_already() -> None:
    more = c.ApprovalAsk(1, RUN, (asks(0xE2, group=0xE0),))
    assert asking_session().why(AGENT, more) is Refusal.INVALID


def test_a_request_that_allows_no_answer_is_refused() -> None:
    mute = c.ApprovalAsk(1, RUN, (asks(allowed_decisions=()),))
    assert running_session().why(AGENT, mute) is Refusal.INVALID


@pytest.mark.parametrize(
    "policy",
    [
        e.ApprovalPolicy(quorum=2),
        e.ApprovalPolicy(quorum=0),
        e.ApprovalPolicy(forbid_driver=True),
        e.ApprovalPolicy(permission="king"),
    ],
)
def test_a_policy_that_would_not_be_held_is_refused_and_not_ignored(
    policy: e.ApprovalPolicy,
) -> None:
    asked = c.ApprovalAsk(1, RUN, (asks(policy=policy),))
    assert running_session().why(AGENT, asked) is Refusal.INVALID


def test_only_so_many_requests_are_open() -> None:
    play = running_session()
    for group in range(approvals.OPEN_LIMIT // 50):
        asked = tuple(asks(0x1000 + group * 50 + n, group) for n in range(50))
        play.do(AGENT, c.ApprovalAsk(1, RUN, asked))
    one_more = c.ApprovalAsk(1, RUN, (asks(0x9999, 0x9998),))
    assert play.why(AGENT, one_more) is Refusal.TOO_LARGE


# deciding


@pytest.mark.parametrize(
    ("decision", "more"),
    [
        ("approve", {}),
        ("approve_edited", {"args": {"paths": ["a.log"]}}),
        ("reject", {"reason": "Keep b.log."}),
        ("respond", {"content": {"answer": 42}}),
        ("cancel", {}),
    ],
)
def test_every_decision_that_is_offered_can_be_taken(
    decision: e.Decision, more: dict[str, Any]
) -> None:
    play = asking_session(asks(allowed_decisions=get_args(e.Decision)))
    play.do(OPERATOR, answer(play, decision, **more))
    decided = play.last(e.ApprovalDecided)
    assert decided.decision == decision
    for name, value in more.items():
        assert getattr(decided, name) == value
    kept = play.state.approvals[ASKED]
    assert kept.stage == "decided"
    assert kept.answer is not None
    assert (kept.answer.by, kept.answer.seq) == (OPERATOR.user, play.state.seq)


def test_a_decision_says_what_it_answers() -> None:
    play = asking_session()
    request_seq = play.state.seq
    (event,) = play.do(OPERATOR, answer(play))
    assert (event.cause, event.run) == (request_seq, RUN)


def test_an_approval_is_bound_to_the_digest_that_was_shown() -> None:
    play = asking_session()
    play.do(OPERATOR, answer(play))
    assert play.last(e.ApprovalDecided).args_digest == args_digest(ARGS)


def test_edited_arguments_are_bound_by_their_own_digest() -> None:
    play = asking_session()
    edited = {"paths": ["a.log"]}
    play.do(OPERATOR, answer(play, "approve_edited", args=edited))
    decided = play.last(e.ApprovalDecided)
    assert (decided.args, decided.args_digest) == (edited, args_digest(edited))


def test_arguments_may_be_edited_to_nothing() -> None:
    play = asking_session()
    play.do(OPERATOR, answer(play, "approve_edited", args={}))
    assert play.last(e.ApprovalDecided).args_digest == args_digest({})


def test_a_decision_for_other_arguments_than_the_ones_asked_is_refused() -> None:
    play = asking_session()
    assert play.why(OPERATOR, answer(play, args_digest="0" * 64)) is Refusal.CHANGED


def test_a_decision_taken_before_the_request_could_be_seen_is_refused() -> None:
    play = asking_session()
    unseen = answer(play, shown_seq=play.state.approvals[ASKED].seq - 1)
    assert play.why(OPERATOR, unseen) is Refusal.CHANGED


def test_a_place_that_the_log_has_not_reached_was_not_shown_to_anybody() -> None:
    play = asking_session()
    forged = answer(play, shown_seq=play.state.seq + 1)
    assert play.why(OPERATOR, forged) is Refusal.INVALID


def test_a_second_decision_is_told_who_won() -> None:
    play = asking_session()
    play.do(OPERATOR, answer(play))
    won_at = play.state.seq
    refused = play.refused(SECOND, answer(play, "reject"))
    assert refused.refusal is Refusal.ALREADY_DECIDED
    assert refused.details == {
        "by": str(OPERATOR.user),
        "name": "Omar",
        "decision": "approve",
        "seq": won_at,
    }


def test_who_decided_is_not_asked_twice_either() -> None:
    play = asking_session()
    play.do(OPERATOR, answer(play))
    assert play.why(OPERATOR, answer(play)) is Refusal.ALREADY_DECIDED


@pytest.mark.parametrize("outcome", ["executed", "failed", "unknown"])
def test_a_decision_after_the_outcome_is_told_who_won_too(outcome: Any) -> None:
    play = dispatched_session()
    play.do(AGENT, c.ApprovalReport(1, ASKED, outcome))
    refused = play.refused(SECOND, answer(play, "reject"))
    assert refused.refusal is Refusal.ALREADY_DECIDED
    assert refused.details["name"] == "Omar"


def test_the_winner_is_named_even_after_leaving() -> None:
    play = asking_session()
    play.do(OPERATOR, answer(play))
    play.do(OPERATOR, c.ParticipantLeave())
    refused = play.refused(SECOND, answer(play))
    assert refused.details["by"] == str(OPERATOR.user)


def test_who_comes_after_the_system_is_told_that_it_is_decided() -> None:
    play = asking_session()
    play.do(SYSTEM, answer(play, "reject"))
    refused = play.refused(SECOND, answer(play))
    assert (refused.refusal, refused.details) == (Refusal.ALREADY_DECIDED, {})


def test_what_lapsed_is_not_said_to_have_been_decided() -> None:
    play = asking_session()
    play.do(AGENT, c.ApprovalReport(1, ASKED, "expired"))
    assert play.why(OPERATOR, answer(play)) is Refusal.EXPIRED


def test_what_ended_with_its_run_has_no_winner() -> None:
    play = asking_session()
    play.do(OPERATOR, c.RunCancel(RUN))
    refused = play.refused(SECOND, answer(play))
    assert refused.refusal is Refusal.NO_APPROVAL
    assert refused.details["outcome"] == "cancelled"
    assert refused.words != Refusal.NO_APPROVAL.sentence


def test_a_request_that_was_never_made_is_not_decided() -> None:
    play = asking_session()
    assert play.why(OPERATOR, answer(play, key=uid(0xE9))) is Refusal.NO_APPROVAL


@pytest.mark.parametrize(("late_by", "why"), [(0, Refusal.EXPIRED), (5_000, Refusal.EXPIRED)])
def test_after_its_time_a_request_is_not_decided(late_by: int, why: Refusal) -> None:
    play = running_session()
    play.do(AGENT, c.ApprovalAsk(1, RUN, (asks(expires_at=play.now + 1_000_000),)))
    play.now = play.state.approvals[ASKED].request.expires_at or 0
    play.now += late_by - 1_000
    assert play.why(OPERATOR, answer(play)) is why


def test_just_before_its_time_a_request_is_decided() -> None:
    play = running_session()
    play.do(AGENT, c.ApprovalAsk(1, RUN, (asks(expires_at=play.now + 3_000),)))
    play.do(OPERATOR, answer(play))
    assert play.state.approvals[ASKED].stage == "decided"


@pytest.mark.parametrize("decision", ["approve_edited", "respond", "cancel"])
def test_only_what_the_agents_side_can_take_is_accepted(decision: e.Decision) -> None:
    play = asking_session(asks(allowed_decisions=("approve", "reject")))
    args: dict[str, Any] = {"args": {}} if decision == "approve_edited" else {}
    refused = play.refused(OPERATOR, answer(play, decision, **args))
    assert refused.refusal is Refusal.NOT_OFFERED
    assert refused.details == {"offered": ["approve", "reject"]}


@pytest.mark.parametrize(
    ("decision", "more"),
    [("approve", {"args": {}}), ("reject", {"args": {}}), ("approve_edited", {})],
)
def test_arguments_belong_to_an_edited_approval_and_only_there(
    decision: e.Decision, more: dict[str, Any]
) -> None:
    play = asking_session()
    assert play.why(OPERATOR, answer(play, decision, **more)) is Refusal.INVALID


def test_an_option_has_to_be_one_of_those_offered() -> None:
    play = asking_session(asks(options=(e.Option("once", "Once"), e.Option("never", "Never"))))
    refused = play.refused(OPERATOR, answer(play, option_id="always"))
    assert refused.details == {"offered": ["once", "never"]}
    play.do(OPERATOR, answer(play, option_id="once"))
    assert play.last(e.ApprovalDecided).option_id == "once"


def test_a_request_can_ask_for_more_than_the_right_to_approve() -> None:
    play = asking_session(asks(policy=e.ApprovalPolicy(permission="moderate")))
    refused = play.refused(OPERATOR, answer(play))
    assert (refused.refusal, refused.details) == (Refusal.FORBIDDEN, {"needs": "moderate"})
    play.do(OWNER, answer(play))


def test_who_only_watches_decides_nothing() -> None:
    play = asking_session()
    assert play.why(OBSERVER, answer(play)) is Refusal.FORBIDDEN


def test_an_agent_never_approves_whatever_its_grants() -> None:
    play = asking_session()
    mighty = msgspec.structs.replace(AGENT, permissions=Permission(sum(Permission)))
    assert play.why(mighty, answer(play)) is Refusal.WRONG_KIND
    assert play.why(mighty, c.ApprovalSettle(ASKED, "executed")) is Refusal.WRONG_KIND


def test_a_person_never_reports_for_the_agent() -> None:
    play = dispatched_session()
    assert play.why(OWNER, c.ApprovalReport(1, ASKED, "executed")) is Refusal.WRONG_KIND
