"""Facts: every event that a session's log can hold, and its bytes on the wire and in the table."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, get_args
from uuid import UUID

import msgspec

Visibility = Literal["everyone", "operators", "auditors"]
Kind = Literal["person", "agent"]
AgUi = dict[str, Any]
"""One AG-UI event, unchanged."""

Decision = Literal["approve", "approve_edited", "reject", "respond", "cancel"]
Outcome = Literal["executed", "failed", "unknown", "expired", "cancelled"]


class Fact(msgspec.Struct, frozen=True, omit_defaults=True):
    """A body: what happened, without place, time or person."""

    type: ClassVar[str]


class AgentSeat(msgspec.Struct, frozen=True):
    """The agent behind a session."""

    user: UUID
    agent_id: UUID
    name: str


class SessionOpened(Fact, frozen=True):
    """The session begins."""

    type: ClassVar[str] = "session.opened"
    title: str
    agent: AgentSeat | None = None


class SessionRenamed(Fact, frozen=True):
    """The session has another title."""

    type: ClassVar[str] = "session.renamed"
    title: str


class SessionClosed(Fact, frozen=True):
    """The session can be read but not driven any more."""

    type: ClassVar[str] = "session.closed"
    reason: str = ""


class ParticipantJoined(Fact, frozen=True):
    """Someone became a participant."""

    type: ClassVar[str] = "participant.joined"
    user: UUID
    name: str
    kind: Kind = "person"


class ParticipantLeft(Fact, frozen=True):
    """Someone is a participant no more."""

    type: ClassVar[str] = "participant.left"
    user: UUID
    reason: str = ""


class GrantGiven(Fact, frozen=True):
    """`until`: microseconds since 1970, or None for ever."""

    type: ClassVar[str] = "grant.given"
    user: UUID
    role: str
    until: int | None = None


class GrantTaken(Fact, frozen=True):
    """A role was taken away."""

    type: ClassVar[str] = "grant.taken"
    user: UUID
    role: str
    reason: str = ""


class InvitationMade(Fact, frozen=True):
    """Whoever has the link gets the role, once, before `until` (microseconds since 1970)."""

    type: ClassVar[str] = "invitation.made"
    invitation_id: UUID
    role: str
    until: int
    name: str = ""


class InvitationTaken(Fact, frozen=True):
    """Somebody used the link; the grant of its role follows."""

    type: ClassVar[str] = "invitation.taken"
    invitation_id: UUID
    user: UUID


class InvitationWithdrawn(Fact, frozen=True):
    """The link works no more."""

    type: ClassVar[str] = "invitation.withdrawn"
    invitation_id: UUID
    reason: str = ""


class PromptQueued(Fact, frozen=True):
    """A prompt waits for the agent."""

    type: ClassVar[str] = "prompt.queued"
    prompt_id: UUID
    text: str


class PromptRecalled(Fact, frozen=True):
    """A prompt was taken back before the agent got it."""

    type: ClassVar[str] = "prompt.recalled"
    prompt_id: UUID


class PromptMoved(Fact, frozen=True):
    """A waiting prompt got another place; `before`: the prompt it now precedes, None is the end."""

    type: ClassVar[str] = "prompt.moved"
    prompt_id: UUID
    before: UUID | None = None


class AgentAttached(Fact, frozen=True):
    """A runner took the session; `claim` fences every older runner out."""

    type: ClassVar[str] = "agent.attached"
    runner: str
    claim: int


class RunAgent(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an agent said of itself when it was last asked. Nobody has checked it."""

    name: str = ""
    type: str = ""
    version: str = ""
    tools: tuple[str, ...] = ()


class RunStarted(Fact, frozen=True):
    """The agent begins to work on prompts; `agent`: which one, as far as it says."""

    type: ClassVar[str] = "run.started"
    run_id: UUID
    prompts: tuple[UUID, ...] = ()
    agent: RunAgent | None = None


class RunFinished(Fact, frozen=True):
    """The run came to its end."""

    type: ClassVar[str] = "run.finished"
    run_id: UUID


class RunFailed(Fact, frozen=True):
    """The run ended for a named reason; `sentence` is for people."""

    type: ClassVar[str] = "run.failed"
    run_id: UUID
    reason: str
    sentence: str = ""


class RunCancelled(Fact, frozen=True):
    """A person ended the run."""

    type: ClassVar[str] = "run.cancelled"
    run_id: UUID
    reason: str = ""


class OutputStreamed(Fact, frozen=True):
    """Gathered deltas; passing: the finished message replaces them in every compact read."""

    type: ClassVar[str] = "output.streamed"
    run_id: UUID
    events: tuple[AgUi, ...]


class OutputEmitted(Fact, frozen=True):
    """What the agent made; `cut` where a run ended in the middle of it, by whoever is the actor."""

    type: ClassVar[str] = "output.emitted"
    run_id: UUID
    events: tuple[AgUi, ...]
    cut: bool = False


class AgentRef(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the request came from, in the agent's own protocol."""

    protocol: str
    run_id: str = ""
    interrupt_id: str = ""
    tool_call_id: str = ""


class Action(msgspec.Struct, frozen=True, omit_defaults=True):
    """What would be done: the tool and its exact arguments."""

    name: str
    args: dict[str, Any] = {}
    args_schema: dict[str, Any] | None = None
    kind: Literal["read", "edit", "delete", "move", "search", "execute", "fetch", "other"] = "other"
    locations: tuple[str, ...] = ()


class Option(msgspec.Struct, frozen=True, omit_defaults=True):
    """A named answer that the agent's side offers."""

    id: str
    label: str
    effect: str = ""
    scope: str = ""


class ApprovalPolicy(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who must answer, and how many."""

    quorum: int = 1
    permission: str = "approve"
    forbid_driver: bool = False


class ApprovalRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    """One gate on one action, the same for every kind of agent; times in microseconds."""

    approval_id: UUID
    group_id: UUID
    agent_ref: AgentRef
    title: str
    action: Action
    kind: Literal["tool_call", "question", "form", "auth", "plan"] = "tool_call"
    message: str = ""
    response_schema: dict[str, Any] | None = None
    options: tuple[Option, ...] = ()
    allowed_decisions: tuple[Decision, ...] = ("approve", "approve_edited", "reject")
    risk: Literal["low", "medium", "high"] = "medium"
    policy: ApprovalPolicy = ApprovalPolicy()
    expires_at: int | None = None
    on_expiry: Literal["cancel", "reject"] = "cancel"


class ApprovalRequested(Fact, frozen=True):
    """`args_digest`: SHA-256 (hex) of the canonical arguments, made by the server."""

    type: ClassVar[str] = "approval.requested"
    run_id: UUID
    request: ApprovalRequest
    args_digest: str


class ApprovalDecided(Fact, frozen=True):
    """`args_digest` is that of the arguments to run with: the edited ones, if they were edited."""

    type: ClassVar[str] = "approval.decided"
    approval_id: UUID
    decision: Decision
    args_digest: str
    shown_seq: int
    args: dict[str, Any] | None = None
    content: Any = None
    option_id: str | None = None
    reason: str = ""


class ApprovalDispatched(Fact, frozen=True):
    """The claim to execute: in the log before the agent is called."""

    type: ClassVar[str] = "approval.dispatched"
    approval_ids: tuple[UUID, ...]
    runner: str
    claim: int


class ApprovalSettled(Fact, frozen=True):
    """What became of an approved call, or of a request that lapsed."""

    type: ClassVar[str] = "approval.settled"
    approval_id: UUID
    outcome: Outcome
    reason: str = ""
    by_person: bool = False


class NoteWritten(Fact, frozen=True):
    """A note among people; the agent never gets it."""

    type: ClassVar[str] = "note.written"
    text: str


class ConnectionClosed(Fact, frozen=True):
    """Somebody's open connections were closed; `away`: a client does not come back by itself."""

    type: ClassVar[str] = "connection.closed"
    user: UUID
    away: bool = False
    reason: str = ""


class WorkspaceOpened(Fact, frozen=True):
    """A workspace's own log begins."""

    type: ClassVar[str] = "workspace.opened"
    name: str


class AgentAdded(Fact, frozen=True):
    """An agent can be put behind sessions of this workspace; its secrets are not in the log."""

    type: ClassVar[str] = "agent.added"
    agent: AgentSeat
    url: str


class AccessChanged(Fact, frozen=True):
    """Who may do what was changed, in any way: rows of a table before and after (`changed_at` in
    microseconds since 1970). `person` where one was signed in; `log` where a command made the
    change, which is told in that session's own log as well."""

    type: ClassVar[str] = "access.changed"
    source: str
    changed_at: int
    db_role: str
    old: tuple[dict[str, Any], ...] = ()
    new: tuple[dict[str, Any], ...] = ()
    person: UUID | None = None
    log: UUID | None = None


class AgentChanged(Fact, frozen=True):
    """An agent has another name, address or secret headers; the headers are not in the log."""

    type: ClassVar[str] = "agent.changed"
    agent: AgentSeat
    url: str
    headers_changed: bool = False


class AgentRemoved(Fact, frozen=True):
    """An agent cannot be put behind sessions any more."""

    type: ClassVar[str] = "agent.removed"
    agent: AgentSeat


Body = (
    SessionOpened
    | SessionRenamed
    | SessionClosed
    | ParticipantJoined
    | ParticipantLeft
    | GrantGiven
    | GrantTaken
    | InvitationMade
    | InvitationTaken
    | InvitationWithdrawn
    | PromptQueued
    | PromptRecalled
    | PromptMoved
    | AgentAttached
    | RunStarted
    | RunFinished
    | RunFailed
    | RunCancelled
    | OutputStreamed
    | OutputEmitted
    | ApprovalRequested
    | ApprovalDecided
    | ApprovalDispatched
    | ApprovalSettled
    | NoteWritten
    | ConnectionClosed
    | WorkspaceOpened
    | AgentAdded
    | AccessChanged
    | AgentChanged
    | AgentRemoved
)

BODIES: dict[str, type[Fact]] = {body.type: body for body in get_args(Body)}
"""Every event type by its name."""


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """A fact in its place. `time`: microseconds since 1970, UTC; `actor` None is the system."""

    seq: int
    type: str
    time: int
    body: Body
    actor: UUID | None = None
    run: UUID | None = None
    cause: int | None = None
    visibility: Visibility = "everyone"


class _Envelope(msgspec.Struct, frozen=True):
    seq: int
    type: str
    time: int
    body: msgspec.Raw
    actor: UUID | None = None
    run: UUID | None = None
    cause: int | None = None
    visibility: Visibility = "everyone"


class UnknownType(ValueError):
    """An event type that this version does not know."""


_encoder = msgspec.msgpack.Encoder()
_envelopes = msgspec.msgpack.Decoder(_Envelope)
_bodies = {name: msgspec.msgpack.Decoder(body) for name, body in BODIES.items()}


def encode(event: Event) -> bytes:
    """Give the bytes that are stored and sent."""
    return _encoder.encode(event)


def decode(data: bytes) -> Event:
    """Read stored bytes; raise UnknownType or msgspec.DecodeError."""
    outer = _envelopes.decode(data)
    decoder = _bodies.get(outer.type)
    if decoder is None:
        raise UnknownType(outer.type)
    return Event(
        seq=outer.seq,
        type=outer.type,
        time=outer.time,
        body=decoder.decode(outer.body),  # type: ignore[arg-type]  # BODIES is the union's own list
        actor=outer.actor,
        run=outer.run,
        cause=outer.cause,
        visibility=outer.visibility,
    )


def passing(body: Body) -> bool:
    """Say whether compact reads leave this out because a later event holds all of it."""
    return isinstance(body, OutputStreamed)
