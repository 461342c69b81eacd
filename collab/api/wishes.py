"""Commands over HTTP: the same write door and the same refusals as a socket's."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID, uuid4

from django.http import HttpRequest
from ninja import Header, Router

from collab.api import shelf
from collab.api.asking import asker
from collab.api.forms import Answer, Id, Sent
from collab.api.refusals import NotFollowed
from collab.api.shelf import UNKNOWN
from collab.core import commands
from collab.core.codes import Refusal, Refused
from collab.core.commands import Command, Place
from collab.submit import Outcome, sender_of, submit

router = Router(tags=["commands"])

Key = Annotated[UUID | None, Header(alias="Idempotency-Key")]
"""The sender's own id of what it asks for: the same again does nothing twice."""


class Wished(Sent):
    """A command, and the sender's own id for it; the forms of commands: schema.json."""

    command_id: Id
    command: dict[str, Any]


class Followed(Answer):
    """A command's place in the log: its events are those at `seq` - `events` + 1 to `seq`."""

    command_id: UUID
    seq: int
    events: int
    replayed: bool


@router.post("sessions/{uuid:session}/commands", response=Followed)
async def to_session(request: HttpRequest, session: UUID, wish: Wished) -> Followed:
    """Put a command to a session, as a socket's submit frame does."""
    return await sent(request, "session", session, wish)


@router.post("workspaces/{uuid:workspace}/commands", response=Followed)
async def to_workspace(request: HttpRequest, workspace: UUID, wish: Wished) -> Followed:
    """Put a command to a workspace."""
    return await sent(request, "workspace", workspace, wish)


async def sent(request: HttpRequest, place: Place, log: UUID, wish: Wished) -> Followed:
    """Read a command and put it to a log; raises NotFollowed."""
    command = commands.parse(wish.command)
    if isinstance(command, Refused):
        raise NotFollowed.by(command)
    return await follow(request, place, log, command, wish.command_id)


async def follow(
    request: HttpRequest, place: Place, log: UUID, command: Command, key: UUID | None
) -> Followed:
    """Put a command to a log in the asker's name; raises NotFollowed."""
    command_id = key or uuid4()
    async with await shelf.database() as conn:
        known = await shelf.is_place(conn, place, log)
    if not known:
        raise NotFollowed(UNKNOWN[place])
    outcome = await submit(log, sender_of(asker(request)), command_id, command)
    if isinstance(outcome, Refused) and outcome.refusal is Refusal.NOT_FOUND:
        raise NotFollowed(UNKNOWN[place])
    return followed(command_id, outcome)


def followed(command_id: UUID, outcome: Outcome) -> Followed:
    """Say what became of a command; raises NotFollowed."""
    if isinstance(outcome, Refused):
        raise NotFollowed.by(outcome)
    seq, events, replayed = outcome
    return Followed(command_id=command_id, seq=seq, events=events, replayed=replayed)
