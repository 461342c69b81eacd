"""Who takes part in a session, and what they may do there. Who is here now is a socket's matter."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from ninja import Router

from collab import replay
from collab.api import shelf
from collab.api.asking import asker
from collab.api.forms import Answer
from collab.api.grants import micros
from collab.api.refusals import NotFollowed
from collab.core.codes import Refusal
from permissions import given

router = Router(tags=["participants"])


class Role(Answer):
    """A role in force: `until` in microseconds, given on this session or on its workspace."""

    role: str
    until: int | None
    on: str


class Participant(Answer):
    """Somebody who takes part, with all roles in force, also those of groups."""

    id: UUID
    name: str
    kind: str
    roles: list[Role]


class Participants(Answer):
    """Who takes part, by name."""

    participants: list[Participant]


@router.get("sessions/{uuid:session}/participants", response=Participants)
async def participants(request: HttpRequest, session: UUID) -> Participants:
    """Give who takes part in a session, and in which roles."""
    state = await replay.state_at(session, asker(request).principal, None)
    async with await shelf.database() as conn:
        row = await shelf.session(conn, session)
        if state is None or row is None:
            raise NotFollowed(Refusal.NOT_FOUND)
        roles = await given.held_in(conn, session, row.workspace.id, state.participants)
    people = sorted(state.participants.items(), key=lambda entry: (entry[1].name, entry[0]))
    return Participants(
        participants=[
            Participant(
                id=user,
                name=person.name,
                kind=person.kind,
                roles=[_role(held) for held in roles if held.user == user],
            )
            for user, person in people
        ]
    )


def _role(held: given.Held) -> Role:
    on = "session" if held.here else "workspace"
    return Role(role=held.role, until=micros(held.until), on=on)
