"""The rules of approvals: one decision each, for what was seen, executed at most once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from collab.core import commands as c
from collab.core import events as e
from collab.core import runs
from collab.core.chain import args_digest
from collab.core.codes import Refusal, Refused
from collab.core.drafts import Draft, Who
from collab.core.state import Answer, Approval, Settled, State
from permissions.roles import BITS

OPEN_LIMIT = 100
"""Requests of one session that may be open; the state holds each whole."""

Drafts = list[Draft] | Refused


def request(state: State, command: c.ApprovalAsk) -> Drafts:
    """Ask people; the digests are ours, whatever the agent says."""
    run = runs.current(state, command.run_id)
    if isinstance(run, Refused):
        return run
    ids = [asked.approval_id for asked in command.requests]
    groups = {asked.group_id for asked in command.requests}
    new = not any(_taken(state, key) for key in ids) and groups.isdisjoint(_groups(state))
    if len(set(ids)) < len(ids) or len(groups) > 1 or not new:
        return Refused(Refusal.INVALID, {"problem": "ids must be new, and the group one"})
    if len(state.approvals) + len(ids) > OPEN_LIMIT:
        return Refused(Refusal.TOO_LARGE, {"limit": OPEN_LIMIT})
    problem = next((p for p in map(_unanswerable, command.requests) if p), None)
    if problem is not None:
        return Refused(Refusal.INVALID, {"problem": problem})
    return [
        Draft(
            e.ApprovalRequested(run.run_id, asked, args_digest(asked.action.args)),
            run.run_id,
            run.seq,
        )
        for asked in command.requests
    ]


def _groups(state: State) -> set[UUID]:
    return {approval.request.group_id for approval in state.approvals.values()}


def _unanswerable(asked: e.ApprovalRequest) -> str | None:
    """Say what nobody could answer, or only under a rule that is not held here yet."""
    policy = asked.policy
    if not asked.allowed_decisions:
        return "a request must allow a decision"
    if policy.permission not in BITS:
        return f"no such permission: {policy.permission}"
    if policy.quorum != 1 or policy.forbid_driver:
        return "quorum and forbid_driver are not known here"
    return None


def _taken(state: State, key: UUID) -> bool:
    return key in state.approvals or key in state.settled


def decide(state: State, command: c.ApprovalDecide, who: Who, now: int) -> Drafts:
    """Take the first decision on a request, bound to the arguments that were shown."""
    approval = _undecided(state, command.approval_id)
    if isinstance(approval, Refused):
        return approval
    asked = approval.request
    if asked.expires_at is not None and now >= asked.expires_at:
        return Refused(Refusal.EXPIRED)
    needs = BITS[asked.policy.permission]
    if needs not in who.permissions:
        return Refused(Refusal.FORBIDDEN, {"needs": asked.policy.permission})
    if command.args_digest != approval.args_digest or command.shown_seq < approval.seq:
        return Refused(Refusal.CHANGED)
    if command.shown_seq > state.seq:
        return Refused(Refusal.INVALID, {"problem": "shown_seq is not in the log yet"})
    problem = _form(approval, command)
    if problem is not None:
        return problem
    return [Draft(_answer(approval, command), approval.run_id, approval.seq)]


def _undecided(state: State, key: UUID) -> Approval | Refused:
    approval = state.approvals.get(key)
    if approval is not None and approval.stage == "requested":
        return approval
    settled = state.settled.get(key)
    if approval is None and settled is None:
        return Refused(Refusal.NO_APPROVAL)
    answer = approval.answer if approval else settled.answer if settled else None
    if settled is not None and answer is None:
        return _lapsed(settled)
    return Refused(Refusal.ALREADY_DECIDED, _who_won(state, answer))


def _lapsed(settled: Settled) -> Refused:
    """Tell whoever comes late that nobody won: the request ended without an answer."""
    if settled.outcome == "expired":
        return Refused(Refusal.EXPIRED)
    details = {"outcome": settled.outcome, "seq": settled.seq}
    return Refused(Refusal.NO_APPROVAL, details, "This request ended before anybody answered it.")


def _who_won(state: State, answer: Answer | None) -> dict[str, Any]:
    if answer is None or answer.by is None:
        return {}
    person = state.participants.get(answer.by)
    return {
        "by": str(answer.by),
        "name": person.name if person else "",
        "decision": answer.decision,
        "seq": answer.seq,
    }


def _form(approval: Approval, command: c.ApprovalDecide) -> Refused | None:
    asked = approval.request
    if command.decision not in asked.allowed_decisions:
        return Refused(Refusal.NOT_OFFERED, {"offered": list(asked.allowed_decisions)})
    if (command.decision == "approve_edited") != (command.args is not None):
        return Refused(
            Refusal.INVALID, {"problem": "args belong to approve_edited, and only there"}
        )
    if command.option_id is not None and command.option_id not in {o.id for o in asked.options}:
        return Refused(Refusal.NOT_OFFERED, {"offered": [o.id for o in asked.options]})
    return None


def _answer(approval: Approval, command: c.ApprovalDecide) -> e.ApprovalDecided:
    edited = command.args is not None
    return e.ApprovalDecided(
        command.approval_id,
        command.decision,
        args_digest(command.args) if edited else approval.args_digest,
        command.shown_seq,
        args=command.args,
        content=command.content,
        option_id=command.option_id,
        reason=command.reason,
    )


def dispatch(state: State, command: c.ApprovalDispatch) -> Drafts:
    """Claim the execution of a group: only when all of it is decided, and only once."""
    run = runs.current(state, command.run_id)
    if isinstance(run, Refused):
        return run
    group = {
        key: approval
        for key, approval in state.approvals.items()
        if approval.request.group_id == command.group_id
    }
    if not group:
        return Refused(Refusal.NO_APPROVAL)
    if any(approval.stage == "requested" for approval in group.values()):
        return Refused(Refusal.NOT_DECIDED)
    if any(approval.stage != "decided" for approval in group.values()):
        return Refused(Refusal.ALREADY_DECIDED, {"stage": "dispatched"})
    runner = state.claim.runner if state.claim else ""
    body = e.ApprovalDispatched(tuple(group), runner, command.claim)
    return [Draft(body, run.run_id, max(approval.seq for approval in group.values()))]


def report(state: State, command: c.ApprovalReport) -> Drafts:
    """Settle as the runner says: a dispatched call's result, or a request that nobody answered."""
    approval = state.approvals.get(command.approval_id)
    if approval is None:
        return Refused(Refusal.NO_APPROVAL)
    undecided = command.outcome in ("expired", "cancelled")
    if approval.stage != "dispatched" and not (undecided and approval.stage == "requested"):
        return Refused(Refusal.NOT_DECIDED, {"stage": approval.stage})
    if command.outcome == "executed" and approval.answer and approval.answer.decision in _NO:
        return Refused(Refusal.INVALID, {"problem": "what was turned down was not executed"})
    return _settle(approval, command.outcome, command.reason, by_person=False)


_NO = ("reject", "cancel")


def settle(state: State, command: c.ApprovalSettle) -> Drafts:
    """Settle as a person found it, where the outcome was not known."""
    approval = state.approvals.get(command.approval_id)
    if approval is None:
        missing = command.approval_id not in state.settled
        return Refused(Refusal.NO_APPROVAL if missing else Refusal.NOT_UNKNOWN)
    if approval.stage != "unknown":
        return Refused(Refusal.NOT_UNKNOWN, {"stage": approval.stage})
    return _settle(approval, command.outcome, command.reason, by_person=True)


def _settle(approval: Approval, outcome: e.Outcome, reason: str, *, by_person: bool) -> Drafts:
    key = approval.request.approval_id
    body = e.ApprovalSettled(key, outcome, reason, by_person)
    return [Draft(body, approval.run_id, approval.seq)]
