"""Interrupts become approval requests, decisions become answers, events tell outcomes."""

from typing import Any
from uuid import uuid4

import pytest

from collab.agents import approvals
from collab.agents.approvals import Call
from collab.agents.failures import AgentFailure
from collab.agents.outcomes import SILENT, Answered, Outcomes
from collab.core import events as e

GROUP = uuid4()
SCHEMA = {
    "type": "object",
    "properties": {
        "approved": {"type": "boolean"},
        "editedArgs": {"type": "object"},
        "reason": {"type": "string"},
    },
    "required": ["approved"],
}
INTERRUPT = {
    "id": "int-c",
    "reason": "tool_call",
    "message": "Approve?",
    "toolCallId": "c",
    "responseSchema": SCHEMA,
}
CALLS = {"c": Call("delete_files", '{"paths": ["logs/a.log", "logs/b.log"]}')}


def request(**changes: Any) -> e.ApprovalRequest:
    [made] = approvals.requests([INTERRUPT | changes], CALLS, "run-1", GROUP)
    return made


def test_a_gated_call_becomes_a_request_with_its_exact_arguments() -> None:
    made = request()
    assert made.action.name == "delete_files"
    assert made.action.args == {"paths": ["logs/a.log", "logs/b.log"]}
    assert made.action.kind == "delete"
    assert made.action.locations == ("logs/a.log", "logs/b.log")
    assert (made.kind, made.risk, made.group_id) == ("tool_call", "high", GROUP)
    assert made.allowed_decisions == ("approve", "approve_edited", "reject")
    assert made.agent_ref == e.AgentRef("ag-ui/1.0", "run-1", "int-c", "c")
    assert made.title == "The agent asks to delete files"


def test_editing_is_offered_only_where_the_agent_takes_it() -> None:
    schema = {"type": "object", "properties": {"approved": {"type": "boolean"}}}
    assert request(responseSchema=schema).allowed_decisions == ("approve", "reject")


@pytest.mark.parametrize(
    "changes",
    [
        {"toolCallId": None, "reason": "input"},
        {"responseSchema": {"type": "string"}},
        {"responseSchema": {"properties": {"approved": {"type": "string"}}}},
        {"responseSchema": None, "reason": "something else"},
    ],
)
def test_what_is_ambiguous_is_never_an_approval(changes: dict[str, Any]) -> None:
    assert request(**changes).allowed_decisions == ("respond", "cancel")


def test_a_question_without_a_message_shows_whatever_came_with_it() -> None:
    asked = {"message": None, "toolCallId": None, "responseSchema": None}
    assert request(**asked).message == ""
    shown = request(**asked, metadata={"raw": {"action": "sail", "to": "Köln"}}).message
    assert '"action": "sail"' in shown and "Köln" in shown
    assert len(request(**asked, metadata={"raw": "x" * 10_000}).message) == 4_000


def test_a_time_limit_is_read_and_what_is_no_time_is_none() -> None:
    assert request(expiresAt="2026-01-01T00:00:00Z").expires_at == 1_767_225_600_000_000
    assert request(expiresAt="soon").expires_at is None


@pytest.mark.parametrize(
    "interrupts",
    [[], "x", [7], [{"id": 7}], [INTERRUPT | {"toolCallId": "never made"}]],
)
def test_an_interrupt_that_makes_no_sense_is_named(interrupts: Any) -> None:
    with pytest.raises(AgentFailure) as failed:
        approvals.requests(interrupts, CALLS, "run-1", GROUP)
    assert failed.value.reason == "nonsense"


def test_arguments_that_are_no_object_are_named() -> None:
    with pytest.raises(AgentFailure):
        approvals.requests([INTERRUPT], {"c": Call("delete_files", "[1]")}, "run-1", GROUP)


def decided(decision: e.Decision, **more: Any) -> e.ApprovalDecided:
    return e.ApprovalDecided(request().approval_id, decision, "0" * 64, 1, **more)


@pytest.mark.parametrize(
    ("decision", "answer"),
    [
        (decided("approve"), {"status": "resolved", "payload": {"approved": True}}),
        (
            decided("approve_edited", args={"paths": []}),
            {"status": "resolved", "payload": {"approved": True, "editedArgs": {"paths": []}}},
        ),
        (
            decided("reject", reason="no"),
            {"status": "resolved", "payload": {"approved": False, "reason": "no"}},
        ),
        (decided("reject"), {"status": "resolved", "payload": {"approved": False}}),
        (decided("respond", content={"a": 1}), {"status": "resolved", "payload": {"a": 1}}),
        (decided("cancel"), {"status": "cancelled"}),
    ],
)
def test_a_decision_becomes_the_agents_answer(
    decision: e.ApprovalDecided, answer: dict[str, Any]
) -> None:
    assert approvals.resume(request(), decision) == {"interruptId": "int-c", **answer}


RESULT = {"type": "TOOL_CALL_RESULT", "messageId": "r", "toolCallId": "c", "content": "x"}
FAILED = {
    "type": "REASONING_ENCRYPTED_VALUE",
    "subtype": "message",
    "entityId": "r",
    "encryptedValue": '{"pydantic_ai": {"outcome": "failed"}}',
}
NEXT = {"type": "TEXT_MESSAGE_START", "messageId": "m"}


def outcomes(decision: e.Decision, *events: dict[str, Any]) -> list[tuple[str, str]]:
    following = Outcomes([Answered(request(), decided(decision))])
    settled = [entry for event in events for entry in following.take(event)]
    return [(entry.outcome, entry.reason) for entry in [*settled, *following.finished()]]


def test_a_result_settles_an_approved_call_as_executed() -> None:
    assert outcomes("approve", RESULT, NEXT) == [("executed", "")]


def test_a_result_marked_as_failed_settles_it_as_failed() -> None:
    assert outcomes("approve", RESULT, FAILED, NEXT) == [("failed", "")]


def test_no_result_is_unknown_and_never_guessed() -> None:
    assert outcomes("approve", NEXT) == [("unknown", SILENT)]


def test_a_rejected_call_is_settled_as_cancelled() -> None:
    assert outcomes("reject", RESULT, NEXT) == [("cancelled", "")]


def test_an_agent_that_was_not_reached_did_nothing() -> None:
    following = Outcomes([Answered(request(), decided("approve"))])
    [settled] = following.not_sent("It could not be reached.")
    assert (settled.outcome, settled.reason) == ("failed", "It could not be reached.")
