"""Every command: who may send it, where, and in what form."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, get_args
from uuid import UUID

import msgspec
import pytest

from collab.core import commands as c
from collab.core.chain import args_digest
from collab.core.codes import Refusal, Refused
from collab.core.decide import decide
from collab.core.drafts import Facts, Who
from collab.core.events import Kind
from collab.core.state import State
from permissions.roles import Permission
from tests.play import (
    ARGS,
    ASKED,
    CHANGE,
    GROUP,
    OPERATOR,
    PEOPLE,
    PROMPT,
    RUN,
    SEAT,
    START_TIME,
    asks,
    message,
    opened,
    opening,
    running_session,
    served_session,
    uid,
)

ALL = Permission(sum(Permission))

# name -> an example, the permission it names, who sends it
EXAMPLES: dict[str, tuple[c.Command, Permission, Kind]] = {
    "session.open": (opening(), Permission.DRIVE, "person"),
    "session.rename": (c.SessionRename("Other"), Permission.DRIVE, "person"),
    "session.close": (c.SessionClose("done"), Permission.MANAGE, "person"),
    "participant.leave": (c.ParticipantLeave(), Permission.VIEW, "person"),
    "grant.give": (c.GrantGive(uid(0xA4), "operator"), Permission.MODERATE, "person"),
    "grant.take": (c.GrantTake(uid(0xA4), "observer"), Permission.MODERATE, "person"),
    "invitation.make": (
        c.InvitationMake(uid(0xF1), "operator", START_TIME, "Nia"),
        Permission.MODERATE,
        "person",
    ),
    "invitation.take": (c.InvitationTake(uid(0xF1), uid(0xA9)), Permission.MODERATE, "person"),
    "invitation.withdraw": (c.InvitationWithdraw(uid(0xF1)), Permission.MODERATE, "person"),
    "prompt.queue": (c.PromptQueue("go"), Permission.DRIVE, "person"),
    "prompt.recall": (c.PromptRecall(PROMPT), Permission.DRIVE, "person"),
    "prompt.move": (c.PromptMove(PROMPT), Permission.DRIVE, "person"),
    "run.cancel": (c.RunCancel(RUN), Permission.STOP, "person"),
    "approval.decide": (
        c.ApprovalDecide(ASKED, "approve", args_digest(ARGS), 1),
        Permission.APPROVE,
        "person",
    ),
    "approval.settle": (c.ApprovalSettle(ASKED, "executed"), Permission.APPROVE, "person"),
    "note.write": (c.NoteWrite("hello"), Permission.COMMENT, "person"),
    "connection.close": (c.ConnectionClose(uid(0xA4), away=True), Permission.MODERATE, "person"),
    "workspace.open": (c.WorkspaceOpen("Team"), Permission.MANAGE, "person"),
    "agent.add": (c.AgentAdd(SEAT, "http://agent"), Permission.MANAGE, "person"),
    "access.record": (c.AccessRecord(CHANGE), Permission.MANAGE, "person"),
    "agent.change": (c.AgentChange(SEAT, "http://new"), Permission.MANAGE, "person"),
    "agent.remove": (c.AgentRemove(SEAT), Permission.MANAGE, "person"),
    "agent.attach": (c.AgentAttach("runner-1"), Permission.ACT, "agent"),
    "run.start": (c.RunStart(1, RUN, (PROMPT,)), Permission.ACT, "agent"),
    "run.finish": (c.RunFinish(1, RUN), Permission.ACT, "agent"),
    "run.fail": (c.RunFail(1, RUN, "unreachable", "It is away."), Permission.ACT, "agent"),
    "output.stream": (c.OutputStream(1, RUN, opened()), Permission.ACT, "agent"),
    "output.emit": (c.OutputEmit(1, RUN, message("hi")), Permission.ACT, "agent"),
    "approval.request": (c.ApprovalAsk(1, RUN, (asks(),)), Permission.ACT, "agent"),
    "approval.dispatch": (c.ApprovalDispatch(1, RUN, GROUP), Permission.ACT, "agent"),
    "approval.report": (c.ApprovalReport(1, ASKED, "executed"), Permission.ACT, "agent"),
}
OF_AGENTS = {"agent.add", "agent.change", "agent.remove"}
SERVER_ONLY = {
    "session.open",
    "workspace.open",
    *OF_AGENTS,
    "access.record",
    "invitation.make",
    "invitation.take",
}
OF_THE_WORKSPACE = {"workspace.open", "access.record", *OF_AGENTS}
INVITING = {"invitation.make", "invitation.take", "invitation.withdraw"}
WORKSPACE = OF_THE_WORKSPACE | {"grant.give", "grant.take", "participant.leave"} | INVITING
SESSION = set(EXAMPLES) - OF_THE_WORKSPACE

every_command = pytest.mark.parametrize("name", c.COMMANDS)


def place_of(name: str) -> c.Place:
    return "session" if name in SESSION else "workspace"


def decided(name: str, who: Who, place: c.Place | None = None) -> Any:
    facts = Facts(place or place_of(name), PEOPLE)
    state = State() if name.endswith(".open") else running_session().state
    return decide(state, EXAMPLES[name][0], who, uid(1), 0, facts)


def example(name: str, **changes: Any) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.msgpack.decode(c.encode(EXAMPLES[name][0]))
    return plain | changes


def test_there_is_an_example_of_every_command() -> None:
    assert set(EXAMPLES) == set(c.COMMANDS)
    assert len(c.COMMANDS) == len(get_args(c.Command))


@every_command
def test_a_command_names_the_permission_that_it_needs(name: str) -> None:
    _, permission, kind = EXAMPLES[name]
    everything_else = Who(uid(7), "Nia", kind, ALL & ~permission)
    refused = decided(name, everything_else)
    assert refused.refusal is Refusal.FORBIDDEN
    assert refused.details == {"needs": str(permission.name).lower()}


@every_command
def test_that_permission_alone_is_enough_to_be_heard(name: str) -> None:
    _, permission, kind = EXAMPLES[name]
    outcome = decided(name, Who(uid(7), "Nia", kind, permission))
    assert not isinstance(outcome, Refused) or outcome.refusal not in {
        Refusal.FORBIDDEN,
        Refusal.WRONG_KIND,
        Refusal.WRONG_PLACE,
    }


@every_command
def test_a_command_of_the_other_kind_of_participant_is_refused(name: str) -> None:
    other: Kind = "agent" if EXAMPLES[name][2] == "person" else "person"
    assert decided(name, Who(uid(7), "Nia", other, ALL)).refusal is Refusal.WRONG_KIND


@every_command
def test_a_command_belongs_to_a_session_a_workspace_or_both(name: str) -> None:
    who = Who(uid(7), "Nia", EXAMPLES[name][2], ALL)
    places: dict[c.Place, set[str]] = {"session": SESSION, "workspace": WORKSPACE}
    for place, names in places.items():
        outcome = decided(name, who, place)
        elsewhere = isinstance(outcome, Refused) and outcome.refusal is Refusal.WRONG_PLACE
        assert elsewhere == (name not in names)


@every_command
def test_what_is_parsed_is_what_was_encoded(name: str) -> None:
    if name in SERVER_ONLY:
        return
    assert c.parse(example(name)) == EXAMPLES[name][0]


@pytest.mark.parametrize("name", sorted(SERVER_ONLY))
def test_what_only_the_server_may_make_is_unknown_to_a_client(name: str) -> None:
    assert c.parse(example(name)) == Refused(Refusal.UNKNOWN_COMMAND)


@pytest.mark.parametrize("name", ["", "prompt", "prompt.eat", None, 3, [], {}, ["prompt.queue"]])
def test_an_unknown_command_is_named_so(name: Any) -> None:
    assert c.parse({"type": name}) == Refused(Refusal.UNKNOWN_COMMAND)


def test_a_command_without_a_type_is_unknown() -> None:
    assert c.parse({"text": "go"}) == Refused(Refusal.UNKNOWN_COMMAND)


@pytest.mark.parametrize(
    "field", ["actor", "seq", "time", "session", "is_staff", "digest", "permission", "sender"]
)
@every_command
def test_what_only_the_server_sets_cannot_be_forged(name: str, field: str) -> None:
    if name in SERVER_ONLY:
        return
    refused = c.parse(example(name, **{field: str(uid(7))}))
    assert isinstance(refused, Refused)
    assert refused.refusal is Refusal.UNKNOWN_FIELD
    assert field in refused.words + refused.details["problem"]


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("prompt.queue", {"text": ""}),
        ("prompt.queue", {"text": "x" * 32_001}),
        ("prompt.queue", {"text": 5}),
        ("prompt.queue", {"text": None}),
        ("session.rename", {"title": ""}),
        ("session.rename", {"title": "x" * 201}),
        ("session.close", {"reason": "x" * 2_001}),
        ("run.cancel", {"run_id": "not-a-uuid"}),
        ("run.cancel", {"run_id": 1}),
        ("grant.give", {"until": -1}),
        ("grant.give", {"until": 1.5}),
        ("grant.give", {"role": "x" * 101}),
        ("approval.decide", {"decision": "maybe"}),
        ("approval.decide", {"args_digest": "0" * 63}),
        ("approval.decide", {"args_digest": "G" * 64}),
        ("approval.decide", {"shown_seq": -1}),
        ("approval.decide", {"args": ["a"]}),
        ("approval.settle", {"outcome": "unknown"}),
        ("note.write", {"visibility": "auditors"}),
        ("run.start", {"prompts": []}),
        ("run.start", {"prompts": [str(PROMPT)] * 101}),
        ("run.start", {"claim": "1"}),
        ("run.start", {"agent": {"version": 2}}),
        ("output.emit", {"events": []}),
        ("output.emit", {"events": ["text"]}),
        ("output.stream", {"events": [{"type": "X"}] * 1_001}),
        ("approval.request", {"requests": []}),
        ("approval.request", {"requests": [{}]}),
        ("approval.report", {"outcome": "perhaps"}),
    ],
)
def test_a_field_of_the_wrong_form_is_named(name: str, changes: dict[str, Any]) -> None:
    refused = c.parse(example(name, **changes))
    assert isinstance(refused, Refused)
    assert refused.refusal is Refusal.INVALID
    assert refused.details["problem"]


@pytest.mark.parametrize(
    "place", ["", "agent_ref", "action", "options[0]", "options[1]", "policy"], ids=str
)
def test_a_part_of_a_request_takes_no_field_that_is_not_known(place: str) -> None:
    options = [{"id": "a", "label": "A"}, {"id": "b", "label": "B"}]
    ref, action = {"protocol": "ag-ui"}, {"name": "rm", "args": {"any": {"thing": 1}}}
    asked: dict[str, Any] = {
        **{"approval_id": str(uid(1)), "group_id": str(uid(2)), "agent_ref": ref},
        **{"title": "t", "action": action, "options": options, "policy": {"quorum": 1}},
    }
    fields = example("approval.request", requests=[deepcopy(asked), asked])
    assert not isinstance(c.parse(fields), Refused)
    parts = {"": asked, "options[0]": options[0], "options[1]": options[1]} | asked
    parts[place]["actor"] = "me"
    refused = c.parse(fields)
    assert isinstance(refused, Refused)
    assert refused.refusal is Refusal.UNKNOWN_FIELD
    where = f"$.requests[1]{place and '.'}{place}"
    assert refused.details == {"problem": f"Object contains unknown field `actor` - at `{where}`"}


def test_a_missing_field_is_invalid() -> None:
    refused = c.parse({"type": "prompt.queue"})
    assert isinstance(refused, Refused)
    assert refused.refusal is Refusal.INVALID


def test_canonical_bytes_do_not_depend_on_the_order_of_arguments() -> None:
    one = c.ApprovalDecide(ASKED, "approve_edited", "0" * 64, 1, args={"a": 1, "b": 2})
    two = c.ApprovalDecide(ASKED, "approve_edited", "0" * 64, 1, args={"b": 2, "a": 1})
    assert c.encode(one) == c.encode(two)
    assert c.encode(one) != c.encode(msgspec.structs.replace(one, args={"a": 1, "b": 3}))


def test_every_claimed_command_is_an_agents_and_carries_its_claim() -> None:
    claimed = set(get_args(c.ClaimedCommand))
    agents = {wish for wish in c.COMMANDS.values() if wish.sender == "agent"}
    assert agents - claimed == {c.AgentAttach}
    assert all("claim" in wish.__struct_fields__ for wish in claimed)


def test_nothing_comes_before_the_session_is_open() -> None:
    fresh, facts = State(), Facts("session", PEOPLE)
    for name in SESSION - {"session.open"}:
        command, _, kind = EXAMPLES[name]
        outcome = decide(fresh, command, Who(uid(7), "Nia", kind, ALL), uid(1), 0, facts)
        assert isinstance(outcome, Refused), name
        assert outcome.refusal is Refusal.NOT_OPEN


def test_an_operators_own_id_is_the_actor_whatever_is_sent() -> None:
    play = served_session()
    (event,) = play.do(OPERATOR, c.PromptQueue("go"))
    assert event.actor == OPERATOR.user
    assert isinstance(event.actor, UUID)
