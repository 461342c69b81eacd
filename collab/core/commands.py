"""Wishes: every command, the permission it names, and the form it must have."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, get_args
from uuid import UUID

import msgspec
from msgspec import Meta

from collab.core import untrusted
from collab.core.codes import Refusal, Refused
from collab.core.events import (
    AccessChanged,
    AgentSeat,
    AgUi,
    ApprovalRequest,
    Decision,
    Kind,
    RunAgent,
)
from permissions.roles import Permission

Title = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(min_length=1, max_length=32_000)]
Reason = Annotated[str, Meta(max_length=2_000)]
Name = Annotated[str, Meta(min_length=1, max_length=100)]
Place = Literal["session", "workspace"]
"""Whose log a command is for."""

Time = Annotated[int, Meta(ge=0)]


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type"):
    """A command; the permission and the kind of sender belong to its class."""

    permission: ClassVar[Permission]
    sender: ClassVar[Kind] = "person"
    server_only: ClassVar[bool] = False
    places: ClassVar[tuple[Place, ...]] = ("session",)


class FirstGrant(msgspec.Struct, frozen=True):
    """A grant that a new session starts with."""

    user: UUID
    name: str
    kind: Kind
    role: str


class SessionOpen(Wish, frozen=True, tag="session.open"):
    """Made by the server only: the seat and the names are looked up, never sent by a client."""

    permission = Permission.DRIVE
    server_only = True
    title: Title
    agent: AgentSeat | None = None
    grants: tuple[FirstGrant, ...] = ()


class SessionRename(Wish, frozen=True, tag="session.rename"):
    """Give the session another title."""

    permission = Permission.DRIVE
    title: Title


class SessionClose(Wish, frozen=True, tag="session.close"):
    """End the session; it stays readable."""

    permission = Permission.MANAGE
    reason: Reason = ""


class ParticipantLeave(Wish, frozen=True, tag="participant.leave"):
    """Give up all roles held in this session."""

    permission = Permission.VIEW
    places = ("session", "workspace")
    reason: Reason = ""


class GrantGive(Wish, frozen=True, tag="grant.give"):
    """Give a role, possibly until a time (microseconds since 1970)."""

    permission = Permission.MODERATE
    places = ("session", "workspace")
    user: UUID
    role: Name
    until: Time | None = None


class GrantTake(Wish, frozen=True, tag="grant.take"):
    """Take a role away."""

    permission = Permission.MODERATE
    places = ("session", "workspace")
    user: UUID
    role: Name
    reason: Reason = ""


class InvitationMake(Wish, frozen=True, tag="invitation.make"):
    """Made by the server only: it keeps the hash of the link's secret, and the log never sees it.
    `name`: whom it is meant for; `until` in microseconds since 1970."""

    permission = Permission.MODERATE
    server_only = True
    places = ("session", "workspace")
    invitation_id: UUID
    role: Name
    until: Time
    name: Annotated[str, Meta(max_length=100)] = ""


class InvitationTake(Wish, frozen=True, tag="invitation.take"):
    """Made by the server only, for somebody who has shown the secret and sees no log yet."""

    permission = Permission.MODERATE
    server_only = True
    places = ("session", "workspace")
    invitation_id: UUID
    user: UUID


class InvitationWithdraw(Wish, frozen=True, tag="invitation.withdraw"):
    """Make a link useless that nobody has used yet."""

    permission = Permission.MODERATE
    places = ("session", "workspace")
    invitation_id: UUID
    reason: Reason = ""


class PromptQueue(Wish, frozen=True, tag="prompt.queue"):
    """The prompt's id is the command's."""

    permission = Permission.DRIVE
    text: Text


class PromptRecall(Wish, frozen=True, tag="prompt.recall"):
    """Take a waiting prompt back."""

    permission = Permission.DRIVE
    prompt_id: UUID


class PromptMove(Wish, frozen=True, tag="prompt.move"):
    """Put a waiting prompt before another one, or at the end of the queue."""

    permission = Permission.DRIVE
    prompt_id: UUID
    before: UUID | None = None


class RunCancel(Wish, frozen=True, tag="run.cancel"):
    """End the run at once."""

    permission = Permission.STOP
    run_id: UUID
    reason: Reason = ""


class ApprovalDecide(Wish, frozen=True, tag="approval.decide"):
    """`args_digest`: of the arguments that were shown; `shown_seq`: the head when they were."""

    permission = Permission.APPROVE
    approval_id: UUID
    decision: Decision
    args_digest: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    shown_seq: Time
    args: dict[str, Any] | None = None
    content: Any = None
    option_id: Name | None = None
    reason: Reason = ""


class ApprovalSettle(Wish, frozen=True, tag="approval.settle"):
    """A person looked and says what became of a call whose outcome was not known."""

    permission = Permission.APPROVE
    approval_id: UUID
    outcome: Literal["executed", "failed"]
    reason: Reason = ""


class NoteWrite(Wish, frozen=True, tag="note.write"):
    """Write to the other people."""

    permission = Permission.COMMENT
    text: Text
    visibility: Literal["everyone", "operators"] = "everyone"


class ConnectionClose(Wish, frozen=True, tag="connection.close"):
    """Close somebody's open connections; what they may do stays as it is."""

    permission = Permission.MODERATE
    user: UUID
    away: bool = False
    reason: Reason = ""


class WorkspaceOpen(Wish, frozen=True, tag="workspace.open"):
    """Made by the server only: begin a workspace's own log with those who hold it."""

    permission = Permission.MANAGE
    server_only = True
    places = ("workspace",)
    name: Title
    grants: tuple[FirstGrant, ...] = ()


class AgentAdd(Wish, frozen=True, tag="agent.add"):
    """Made by the server only: it keeps the agent's secrets, and the log never sees them."""

    permission = Permission.MANAGE
    server_only = True
    places = ("workspace",)
    agent: AgentSeat
    url: Annotated[str, Meta(min_length=1, max_length=2_000)]


class AccessRecord(Wish, frozen=True, tag="access.record"):
    """Made by the server only: tell of a change of grants that the database has kept."""

    permission = Permission.MANAGE
    server_only = True
    places = ("workspace",)
    change: AccessChanged


class AgentChange(Wish, frozen=True, tag="agent.change"):
    """Made by the server only: `agent` has the name that it is to have from now on."""

    permission = Permission.MANAGE
    server_only = True
    places = ("workspace",)
    agent: AgentSeat
    url: Annotated[str, Meta(min_length=1, max_length=2_000)]
    headers_changed: bool = False


class AgentRemove(Wish, frozen=True, tag="agent.remove"):
    """Made by the server only: it looks whether any session has the agent."""

    permission = Permission.MANAGE
    server_only = True
    places = ("workspace",)
    agent: AgentSeat


class AgentWish(Wish, frozen=True):
    """A command of an agent's runner; `claim` is checked against the session's."""

    permission = Permission.ACT
    sender = "agent"


class AgentAttach(AgentWish, frozen=True, tag="agent.attach"):
    """Take the session as its runner."""

    runner: Name


class RunStart(AgentWish, frozen=True, tag="run.start"):
    """Begin to work on waiting prompts; `agent`: what it says of itself."""

    claim: int
    run_id: UUID
    prompts: Annotated[tuple[UUID, ...], Meta(min_length=1, max_length=100)]
    agent: RunAgent | None = None


class RunFinish(AgentWish, frozen=True, tag="run.finish"):
    """End the run."""

    claim: int
    run_id: UUID


class RunFail(AgentWish, frozen=True, tag="run.fail"):
    """`reason`: one word of the runner's list; `sentence`: what people read."""

    claim: int
    run_id: UUID
    reason: Name
    sentence: Reason = ""


class OutputStream(AgentWish, frozen=True, tag="output.stream"):
    """Pass deltas on while they are made."""

    claim: int
    run_id: UUID
    events: Annotated[tuple[AgUi, ...], Meta(min_length=1, max_length=1_000)]


class OutputEmit(AgentWish, frozen=True, tag="output.emit"):
    """Keep what the agent made."""

    claim: int
    run_id: UUID
    events: Annotated[tuple[AgUi, ...], Meta(min_length=1, max_length=1_000)]


class ApprovalAsk(AgentWish, frozen=True, tag="approval.request"):
    """Ask for a group that one resume answers."""

    claim: int
    run_id: UUID
    requests: Annotated[tuple[ApprovalRequest, ...], Meta(min_length=1, max_length=50)]


class ApprovalDispatch(AgentWish, frozen=True, tag="approval.dispatch"):
    """Claim the execution of a whole decided group, before the agent is called."""

    claim: int
    run_id: UUID
    group_id: UUID


class ApprovalReport(AgentWish, frozen=True, tag="approval.report"):
    """Say what became of a dispatched call, or that a request was never answered in time."""

    claim: int
    approval_id: UUID
    outcome: Literal["executed", "failed", "cancelled", "expired", "unknown"]
    reason: Reason = ""


Command = (
    SessionOpen
    | SessionRename
    | SessionClose
    | ParticipantLeave
    | GrantGive
    | GrantTake
    | InvitationMake
    | InvitationTake
    | InvitationWithdraw
    | PromptQueue
    | PromptRecall
    | PromptMove
    | RunCancel
    | ApprovalDecide
    | ApprovalSettle
    | NoteWrite
    | ConnectionClose
    | WorkspaceOpen
    | AgentAdd
    | AccessRecord
    | AgentChange
    | AgentRemove
    | AgentAttach
    | RunStart
    | RunFinish
    | RunFail
    | OutputStream
    | OutputEmit
    | ApprovalAsk
    | ApprovalDispatch
    | ApprovalReport
)

ClaimedCommand = (
    RunStart
    | RunFinish
    | RunFail
    | OutputStream
    | OutputEmit
    | ApprovalAsk
    | ApprovalDispatch
    | ApprovalReport
)
"""Commands that carry a claim."""


def type_of(command: type[Wish] | Wish) -> str:
    """Give a command's name on the wire."""
    return str(command.__struct_config__.tag)


COMMANDS: dict[str, type[Wish]] = {type_of(command): command for command in get_args(Command)}
"""Every command by its name."""


def parse(fields: dict[str, Any]) -> Command | Refused:
    """Turn a decoded map into a command, or say what is wrong with it."""
    name = fields.get("type")
    wish = COMMANDS.get(name) if isinstance(name, str) else None
    if wish is None or wish.server_only:
        return Refused(Refusal.UNKNOWN_COMMAND)
    try:
        command = msgspec.convert(fields, wish)
    except msgspec.ValidationError as error:
        return _invalid(str(error))
    strange = untrusted.strange_field(fields, command)
    # COMMANDS holds only these.
    return _invalid(strange) if strange else command  # type: ignore[return-value]


def _invalid(words: str) -> Refused:
    refusal = Refusal.UNKNOWN_FIELD if "unknown field" in words else Refusal.INVALID
    return Refused(refusal, {"problem": words})


_encoder = msgspec.msgpack.Encoder(order="deterministic")


def encode(command: Command) -> bytes:
    """Give a command's canonical bytes, for its digest and for the wire."""
    return _encoder.encode(command)
