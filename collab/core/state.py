"""The control state of a session: the fold of its log, small whatever the log's length."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar, assert_never
from uuid import UUID

import msgspec

from collab.core import events as e
from collab.core.events import AgentSeat, ApprovalRequest, Decision, Event, Kind, Outcome

CLOSED_KEPT = 200
"""How many settled approvals the state remembers, so that a late answer is told who won."""

K = TypeVar("K")
V = TypeVar("V")


class Grant(msgspec.Struct, frozen=True, omit_defaults=True):
    """A role held here; `until` in microseconds since 1970."""

    role: str
    until: int | None = None


class Participant(msgspec.Struct, frozen=True, omit_defaults=True):
    """Someone who became part of this session."""

    name: str
    kind: Kind
    grants: tuple[Grant, ...] = ()


class Invitation(msgspec.Struct, frozen=True, omit_defaults=True):
    """A link that nobody has used yet; `until` in microseconds since 1970."""

    role: str
    until: int
    name: str = ""


class Prompt(msgspec.Struct, frozen=True):
    """A prompt that waits."""

    prompt_id: UUID
    author: UUID | None
    text: str
    seq: int


class Claim(msgspec.Struct, frozen=True):
    """The runner that serves the session; a higher number fences a lower one out."""

    runner: str
    number: int


class Item(msgspec.Struct, frozen=True):
    """A message or tool call being streamed: its first event, its place, the text so far."""

    start: dict[str, Any]
    seq: int
    text: str = ""


class Run(msgspec.Struct, frozen=True):
    """The run under way; `time` in microseconds since 1970."""

    run_id: UUID
    prompts: tuple[UUID, ...]
    seq: int
    time: int
    items: dict[str, Item] = {}


class Ended(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the last run ended."""

    run_id: UUID
    outcome: Literal["finished", "failed", "cancelled"]
    reason: str = ""
    sentence: str = ""


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """A decision that was taken, by whom and where."""

    decision: Decision
    by: UUID | None
    seq: int
    args_digest: str = ""


class Approval(msgspec.Struct, frozen=True, omit_defaults=True):
    """An approval that still matters."""

    request: ApprovalRequest
    args_digest: str
    run_id: UUID
    seq: int
    stage: Literal["requested", "decided", "dispatched", "unknown"] = "requested"
    answer: Answer | None = None


class Settled(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is remembered of a settled approval."""

    outcome: Outcome
    seq: int
    answer: Answer | None = None


class State(msgspec.Struct, frozen=True):
    """Everything that decides what may happen next, at `seq`."""

    seq: int = 0
    status: Literal["new", "open", "closed"] = "new"
    title: str = ""
    agent: AgentSeat | None = None
    participants: dict[UUID, Participant] = {}
    queue: tuple[Prompt, ...] = ()
    claim: Claim | None = None
    run: Run | None = None
    ended: Ended | None = None
    approvals: dict[UUID, Approval] = {}
    settled: dict[UUID, Settled] = {}
    agents: dict[UUID, AgentSeat] = {}
    invitations: dict[UUID, Invitation] = {}


def replace(state: State, **changes: Any) -> State:
    """Give the state with some fields changed."""
    return msgspec.structs.replace(state, **changes)


def apply(state: State, event: Event) -> State:
    """Give the state after an event; the only way by which state changes."""
    return replace(_fold(state, event), seq=event.seq)


def _fold(state: State, event: Event) -> State:  # noqa: C901  # one line an event type
    match event.body:
        # The most frequent first: each case above costs every event below it.
        case e.OutputStreamed(events=output) | e.OutputEmitted(events=output):
            return _output(state, event.seq, output)
        case e.NoteWritten() | e.ConnectionClosed() | e.AccessChanged():
            return state
        case e.SessionOpened() as body:
            return replace(state, status="open", title=body.title, agent=body.agent)
        case e.SessionRenamed(title=title):
            return replace(state, title=title)
        case e.SessionClosed():
            return replace(state, status="closed", queue=())
        case e.ParticipantJoined() as body:
            person = Participant(body.name, body.kind)
            return replace(state, participants=put(state.participants, body.user, person))
        case e.ParticipantLeft(user=user):
            return replace(state, participants=drop(state.participants, user))
        case e.GrantGiven() as body:
            return _given(state, body)
        case e.GrantTaken() as body:
            return _taken(state, body)
        case e.InvitationMade() as body:
            return _invited(state, event.time, body)
        case e.InvitationTaken(invitation_id=key) | e.InvitationWithdrawn(invitation_id=key):
            return replace(state, invitations=drop(state.invitations, key))
        case e.PromptQueued() as body:
            prompt = Prompt(body.prompt_id, event.actor, body.text, event.seq)
            return replace(state, queue=(*state.queue, prompt))
        case e.PromptRecalled(prompt_id=prompt_id):
            return replace(state, queue=_without(state.queue, (prompt_id,)))
        case e.PromptMoved(prompt_id=prompt_id, before=before):
            return replace(state, queue=moved(state.queue, prompt_id, before))
        case e.AgentAttached() as body:
            return replace(state, claim=Claim(body.runner, body.claim))
        case e.RunStarted() as body:
            run = Run(body.run_id, body.prompts, event.seq, event.time)
            return replace(state, run=run, queue=_without(state.queue, body.prompts))
        case e.RunFinished(run_id=run_id):
            return replace(state, run=None, ended=Ended(run_id, "finished"))
        case e.RunFailed() as body:
            ended = Ended(body.run_id, "failed", body.reason, body.sentence)
            return replace(state, run=None, ended=ended)
        case e.RunCancelled() as body:
            return replace(state, run=None, ended=Ended(body.run_id, "cancelled", body.reason))
        case e.ApprovalRequested() as body:
            approval = Approval(body.request, body.args_digest, body.run_id, event.seq)
            key = body.request.approval_id
            return replace(state, approvals=put(state.approvals, key, approval))
        case e.ApprovalDecided() as body:
            return _decided(state, event, body)
        case e.ApprovalDispatched(approval_ids=ids):
            return replace(state, approvals=_staged(state.approvals, ids, "dispatched"))
        case e.ApprovalSettled() as body:
            return _settled(state, event.seq, body)
        case e.WorkspaceOpened(name=name):
            return replace(state, status="open", title=name)
        case e.AgentAdded(agent=agent) | e.AgentChanged(agent=agent):
            return replace(state, agents=put(state.agents, agent.agent_id, agent))
        case e.AgentRemoved(agent=agent):
            return replace(state, agents=drop(state.agents, agent.agent_id))
        case _ as never:
            assert_never(never)


def put(mapping: Mapping[K, V], key: K, value: V) -> dict[K, V]:
    """Give a copy with one entry set."""
    return {**mapping, key: value}


def drop(mapping: Mapping[K, V], key: K) -> dict[K, V]:
    """Give a copy without one entry."""
    return {k: v for k, v in mapping.items() if k != key}


def _without(queue: tuple[Prompt, ...], ids: tuple[UUID, ...]) -> tuple[Prompt, ...]:
    return tuple(prompt for prompt in queue if prompt.prompt_id not in ids)


def moved(queue: tuple[Prompt, ...], prompt_id: UUID, before: UUID | None) -> tuple[Prompt, ...]:
    """Give the queue with one prompt before another, or at its end where that one is not in it."""
    prompt = tuple(prompt for prompt in queue if prompt.prompt_id == prompt_id)
    rest = _without(queue, (prompt_id,))
    ids = [other.prompt_id for other in rest]
    place = ids.index(before) if before in ids else len(rest)
    return (*rest[:place], *prompt, *rest[place:])


def _given(state: State, body: e.GrantGiven) -> State:
    person = state.participants.get(body.user)
    if person is None:
        return state
    others = tuple(grant for grant in person.grants if grant.role != body.role)
    grants = (*others, Grant(body.role, body.until))
    changed = msgspec.structs.replace(person, grants=grants)
    return replace(state, participants=put(state.participants, body.user, changed))


def _taken(state: State, body: e.GrantTaken) -> State:
    person = state.participants.get(body.user)
    if person is None:
        return state
    grants = tuple(grant for grant in person.grants if grant.role != body.role)
    changed = msgspec.structs.replace(person, grants=grants)
    return replace(state, participants=put(state.participants, body.user, changed))


def _invited(state: State, now: int, body: e.InvitationMade) -> State:
    """Keep it, and forget those whose time has passed."""
    open_ones = {key: one for key, one in state.invitations.items() if one.until > now}
    invitation = Invitation(body.role, body.until, body.name)
    return replace(state, invitations=put(open_ones, body.invitation_id, invitation))


OPENS = {
    "TEXT_MESSAGE_START": "messageId",
    "TOOL_CALL_START": "toolCallId",
    "REASONING_MESSAGE_START": "messageId",
}
"""AG-UI events that begin a streamed item, and the field that names the item."""

GROWS = {
    "TEXT_MESSAGE_CONTENT": "messageId",
    "TOOL_CALL_ARGS": "toolCallId",
    "REASONING_MESSAGE_CONTENT": "messageId",
}
"""AG-UI events whose `delta` is added to an item's text."""

ENDS = {
    "TEXT_MESSAGE_END": "messageId",
    "TOOL_CALL_END": "toolCallId",
    "REASONING_MESSAGE_END": "messageId",
}
"""AG-UI events that end an item."""


def _output(state: State, seq: int, output: tuple[e.AgUi, ...]) -> State:
    if state.run is None:
        return state
    items = dict(state.run.items)
    for event in output:
        _stream(items, seq, event)
    return replace(state, run=msgspec.structs.replace(state.run, items=items))


def _stream(items: dict[str, Item], seq: int, event: e.AgUi) -> None:
    name = event.get("type")
    if name in OPENS:
        items[str(event.get(OPENS[name]))] = Item(event, seq)
    elif name in GROWS:
        key = str(event.get(GROWS[name]))
        item = items.get(key, Item({}, seq))
        items[key] = Item(item.start, item.seq, item.text + str(event.get("delta", "")))
    elif name in ENDS:
        items.pop(str(event.get(ENDS[name])), None)


def _decided(state: State, event: Event, body: e.ApprovalDecided) -> State:
    approval = state.approvals.get(body.approval_id)
    if approval is None:
        return state
    answer = Answer(body.decision, event.actor, event.seq, body.args_digest)
    changed = msgspec.structs.replace(approval, stage="decided", answer=answer)
    return replace(state, approvals=put(state.approvals, body.approval_id, changed))


def _staged(
    approvals: dict[UUID, Approval], ids: tuple[UUID, ...], stage: str
) -> dict[UUID, Approval]:
    return {
        key: msgspec.structs.replace(approval, stage=stage) if key in ids else approval
        for key, approval in approvals.items()
    }


def _settled(state: State, seq: int, body: e.ApprovalSettled) -> State:
    approval = state.approvals.get(body.approval_id)
    if approval is None:
        return state
    if body.outcome == "unknown":
        return replace(state, approvals=_staged(state.approvals, (body.approval_id,), "unknown"))
    entry = Settled(body.outcome, seq, approval.answer)
    kept = dict(list(state.settled.items())[-(CLOSED_KEPT - 1) :])
    return replace(
        state,
        approvals=drop(state.approvals, body.approval_id),
        settled=put(kept, body.approval_id, entry),
    )


def passing_from(state: State) -> int:
    """Give the first seq whose deltas still matter: all below it are held by finished messages."""
    items = state.run.items.values() if state.run else ()
    return min((item.seq for item in items), default=state.seq + 1)


VERSION = 2
"""Raised whenever the fold changes, so that older snapshots are left alone."""

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(State)


def encode(state: State) -> bytes:
    """Give the state's bytes, for snapshots and for those who join."""
    return _encoder.encode(state)


def decode(data: bytes) -> State:
    """Read a state's bytes; raise msgspec.DecodeError."""
    return _decoder.decode(data)
