"""One run at a time, fenced by the claim, with one end reason; what was half said is kept."""

from __future__ import annotations

from typing import Any

import pytest

from collab.core import commands as c
from collab.core import events as e
from collab.core.codes import Refusal
from collab.core.state import Claim, Ended
from tests.play import (
    AGENT,
    ASKED,
    GROUP,
    OPERATOR,
    OTHER_AGENT,
    OWNER,
    PROMPT,
    RUN,
    SECOND,
    Play,
    answer,
    asking_session,
    asks,
    delta,
    dispatched_session,
    message,
    open_session,
    opened,
    running_session,
    served_session,
    uid,
    unsure_session,
)

# the claim


def test_a_runner_takes_the_session_with_the_first_claim() -> None:
    play = open_session()
    play.do(AGENT, c.AgentAttach("runner-1"))
    assert play.state.claim == Claim("runner-1", 1)


def test_a_newer_runner_fences_the_older_one_out() -> None:
    play = running_session()
    play.do(OPERATOR, c.RunCancel(RUN))
    play.do(AGENT, c.AgentAttach("runner-2"))
    assert play.state.claim == Claim("runner-2", 2)
    refused = play.refused(AGENT, c.RunStart(1, uid(1), (PROMPT,)))
    assert (refused.refusal, refused.details) == (Refusal.STALE_CLAIM, {"claim": 2})


def test_a_runner_that_is_alive_is_not_pushed_aside() -> None:
    play = served_session()
    play.claim_alive = True
    refused = play.refused(AGENT, c.AgentAttach("runner-2"))
    assert (refused.refusal, refused.details) == (Refusal.CLAIMED, {"runner": "runner-1"})


def test_the_same_runner_may_come_back_while_its_claim_lives() -> None:
    play = served_session()
    play.claim_alive = True
    play.do(AGENT, c.AgentAttach("runner-1"))
    assert play.state.claim == Claim("runner-1", 2)


def test_nobody_sits_down_where_there_is_no_seat() -> None:
    play = Play()
    play.do(OWNER, c.SessionOpen("Alone"))
    assert play.why(AGENT, c.AgentAttach("runner-1")) is Refusal.NO_AGENT


CLAIMED: list[Any] = [
    lambda claim: c.RunStart(claim, uid(1), (PROMPT,)),
    lambda claim: c.RunFinish(claim, RUN),
    lambda claim: c.RunFail(claim, RUN, "broken"),
    lambda claim: c.OutputStream(claim, RUN, opened()),
    lambda claim: c.OutputEmit(claim, RUN, message("hi")),
    lambda claim: c.ApprovalAsk(claim, RUN, (asks(),)),
    lambda claim: c.ApprovalDispatch(claim, RUN, GROUP),
    lambda claim: c.ApprovalReport(claim, ASKED, "executed"),
]


@pytest.mark.parametrize("claim", [-1, 0, 2, 2**53 - 1])
@pytest.mark.parametrize("make", CLAIMED)
def test_nothing_is_followed_under_another_claim(make: Any, claim: int) -> None:
    assert running_session().why(AGENT, make(claim)) is Refusal.STALE_CLAIM


@pytest.mark.parametrize("make", CLAIMED)
def test_nothing_is_followed_before_a_runner_attached(make: Any) -> None:
    assert open_session().why(AGENT, make(0)) is Refusal.STALE_CLAIM


@pytest.mark.parametrize("make", CLAIMED)
def test_another_agent_that_read_the_claims_number_is_not_followed(make: Any) -> None:
    assert running_session().why(OTHER_AGENT, make(1)) is Refusal.STALE_CLAIM


# beginnings


def test_a_run_takes_its_prompts_out_of_the_queue() -> None:
    play = served_session()
    (queued,) = play.do(OPERATOR, c.PromptQueue("one"), PROMPT)
    play.do(SECOND, c.PromptQueue("two"), uid(0xD2))
    (event,) = play.do(AGENT, c.RunStart(1, RUN, (PROMPT,)))
    assert (event.run, event.cause) == (RUN, queued.seq)
    assert play.state.run is not None
    assert (play.state.run.run_id, play.state.run.prompts) == (RUN, (PROMPT,))
    assert [prompt.text for prompt in play.state.queue] == ["two"]


def test_there_is_never_a_second_run_beside_the_first() -> None:
    play = running_session()
    play.do(OPERATOR, c.PromptQueue("more"), uid(0xD2))
    refused = play.refused(AGENT, c.RunStart(1, uid(0xC2), (uid(0xD2),)))
    assert (refused.refusal, refused.details) == (Refusal.RUN_BUSY, {"run_id": str(RUN)})


def test_a_run_needs_prompts_that_wait() -> None:
    play = served_session()
    assert play.why(AGENT, c.RunStart(1, RUN, (PROMPT,))) is Refusal.NO_PROMPT


def test_a_recalled_prompt_is_not_run() -> None:
    play = served_session()
    play.do(OPERATOR, c.PromptQueue("oops"), PROMPT)
    play.do(OPERATOR, c.PromptRecall(PROMPT))
    assert play.why(AGENT, c.RunStart(1, RUN, (PROMPT,))) is Refusal.NO_PROMPT


def test_a_prompt_is_not_run_twice_at_once() -> None:
    play = served_session()
    play.do(OPERATOR, c.PromptQueue("one"), PROMPT)
    assert play.why(AGENT, c.RunStart(1, RUN, (PROMPT, PROMPT))) is Refusal.INVALID


def test_a_run_that_is_over_does_not_begin_again() -> None:
    play = running_session()
    play.do(AGENT, c.RunFinish(1, RUN))
    play.do(OPERATOR, c.PromptQueue("more"), uid(0xD2))
    assert play.why(AGENT, c.RunStart(1, RUN, (uid(0xD2),))) is Refusal.RUN_OVER


# ends


def test_a_run_finishes() -> None:
    play = running_session()
    play.do(AGENT, c.RunFinish(1, RUN))
    assert (play.state.run, play.state.ended) == (None, Ended(RUN, "finished"))


def test_a_run_fails_for_a_reason_that_people_can_read() -> None:
    play = running_session()
    play.do(AGENT, c.RunFail(1, RUN, "unreachable", "The agent does not answer."))
    ended = Ended(RUN, "failed", "unreachable", "The agent does not answer.")
    assert (play.state.run, play.state.ended) == (None, ended)


def test_a_person_cancels_a_run() -> None:
    play = running_session()
    play.do(OPERATOR, c.RunCancel(RUN, "wrong folder"))
    assert (play.state.run, play.state.ended) == (None, Ended(RUN, "cancelled", "wrong folder"))


ENDS: list[tuple[str, Any]] = [
    ("finished", lambda play: play.do(AGENT, c.RunFinish(1, RUN))),
    ("failed", lambda play: play.do(AGENT, c.RunFail(1, RUN, "broken"))),
    ("cancelled", lambda play: play.do(OPERATOR, c.RunCancel(RUN))),
]
every_end = pytest.mark.parametrize(("outcome", "end"), ENDS)

LATE: list[c.Command] = [
    c.OutputStream(1, RUN, opened()),
    c.OutputEmit(1, RUN, message("late")),
    c.RunFinish(1, RUN),
    c.RunFail(1, RUN, "late"),
    c.ApprovalAsk(1, RUN, (asks(),)),
    c.ApprovalDispatch(1, RUN, GROUP),
]


@every_end
@pytest.mark.parametrize("late", LATE)
def test_an_end_is_final_and_what_comes_later_is_told_so(
    outcome: str, end: Any, late: c.Command
) -> None:
    play = running_session()
    end(play)
    assert play.why(AGENT, late) is Refusal.RUN_OVER


@every_end
def test_a_run_that_is_over_cannot_be_cancelled(outcome: str, end: Any) -> None:
    play = running_session()
    end(play)
    assert play.why(OPERATOR, c.RunCancel(RUN)) is Refusal.RUN_OVER


def test_without_a_run_there_is_nothing_to_cancel() -> None:
    assert served_session().why(OPERATOR, c.RunCancel(RUN)) is Refusal.NO_RUN


def test_output_for_another_run_than_the_one_under_way_is_refused() -> None:
    play = running_session()
    late = c.OutputEmit(1, uid(0xC9), message("late"))
    assert play.why(AGENT, late) is Refusal.RUN_OVER


@every_end
def test_what_was_half_said_is_kept_as_cut(outcome: str, end: Any) -> None:
    play = running_session()
    play.do(AGENT, c.OutputStream(1, RUN, (*opened(), delta("I will "))))
    play.do(AGENT, c.OutputStream(1, RUN, (delta("look"),)))
    made = end(play)
    kept = made[0].body
    assert kept == e.OutputEmitted(RUN, message("I will look"), cut=True)
    assert made[-1].type == f"run.{outcome}"


def test_a_call_that_was_begun_is_kept_with_what_is_known_of_its_arguments() -> None:
    play = running_session()
    start = {"type": "TOOL_CALL_START", "toolCallId": "t1", "toolCallName": "delete"}
    args = {"type": "TOOL_CALL_ARGS", "toolCallId": "t1", "delta": '{"pa'}
    play.do(AGENT, c.OutputStream(1, RUN, (start, args)))
    made = play.do(OPERATOR, c.RunCancel(RUN))
    end = {"type": "TOOL_CALL_END", "toolCallId": "t1"}
    assert made[0].body == e.OutputEmitted(RUN, (start, args, end), cut=True)


def test_a_message_that_only_began_is_kept_without_text() -> None:
    play = running_session()
    play.do(AGENT, c.OutputStream(1, RUN, opened()))
    kept = play.do(AGENT, c.RunFinish(1, RUN))[0].body
    assert isinstance(kept, e.OutputEmitted)
    assert [event["type"] for event in kept.events] == ["TEXT_MESSAGE_START", "TEXT_MESSAGE_END"]


def test_a_finished_message_is_not_kept_twice() -> None:
    play = running_session()
    play.do(AGENT, c.OutputStream(1, RUN, (*opened(), delta("hi"))))
    play.do(AGENT, c.OutputEmit(1, RUN, message("hi")))
    assert [event.type for event in play.do(AGENT, c.RunFinish(1, RUN))] == ["run.finished"]


@every_end
def test_open_requests_are_settled_as_cancelled(outcome: str, end: Any) -> None:
    play = asking_session()
    made = end(play)
    assert made[0].body == e.ApprovalSettled(ASKED, "cancelled", "The run ended.")
    assert play.state.approvals == {}


@every_end
def test_a_decided_request_that_was_not_dispatched_is_cancelled(outcome: str, end: Any) -> None:
    play = asking_session()
    play.do(OPERATOR, answer(play))
    end(play)
    assert play.last(e.ApprovalSettled).outcome == "cancelled"


@every_end
def test_a_dispatched_call_may_have_run_so_its_outcome_is_unknown(outcome: str, end: Any) -> None:
    play = dispatched_session()
    end(play)
    assert play.last(e.ApprovalSettled).outcome == "unknown"
    assert play.state.approvals[ASKED].stage == "unknown"


def test_what_is_unknown_already_is_not_settled_a_second_time_by_the_end() -> None:
    play = unsure_session()
    assert [event.type for event in play.do(AGENT, c.RunFinish(1, RUN))] == ["run.finished"]
    assert play.state.approvals[ASKED].stage == "unknown"


# a runner that went away


def test_a_run_in_the_middle_of_work_fails_when_another_runner_comes() -> None:
    play = running_session()
    play.do(AGENT, c.OutputStream(1, RUN, (*opened(), delta("half"))))
    made = play.do(AGENT, c.AgentAttach("runner-2"))
    assert [event.type for event in made] == ["agent.attached", "output.emitted", "run.failed"]
    assert play.last(e.RunFailed).reason == "runner_lost"


def test_a_run_that_waits_for_people_goes_on_under_the_next_runner() -> None:
    play = asking_session()
    made = play.do(AGENT, c.AgentAttach("runner-2"))
    assert [event.type for event in made] == ["agent.attached"]
    play.do(OPERATOR, answer(play))
    play.do(AGENT, c.ApprovalDispatch(2, RUN, GROUP))
    assert play.last(e.ApprovalDispatched) == e.ApprovalDispatched((ASKED,), "runner-2", 2)


def test_what_the_lost_runner_dispatched_is_unknown_and_not_run_again() -> None:
    play = dispatched_session()
    made = play.do(AGENT, c.AgentAttach("runner-2"))
    assert [event.type for event in made] == ["agent.attached", "approval.settled", "run.failed"]
    assert play.state.approvals[ASKED].stage == "unknown"
    assert play.why(AGENT, c.ApprovalDispatch(2, RUN, GROUP)) is Refusal.RUN_OVER


def test_attaching_to_an_idle_session_ends_nothing() -> None:
    play = running_session()
    play.do(AGENT, c.RunFinish(1, RUN))
    made = play.do(AGENT, c.AgentAttach("runner-2"))
    assert [event.type for event in made] == ["agent.attached"]
