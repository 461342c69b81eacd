"""The sessions that somebody may see, and opening a new one through the write door."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from msgspec import Meta

from collab import opening
from collab.api import shelf
from collab.api.endpoint import Created, Name, Sent, asked_id, database, identified, sent
from collab.api.refusals import NotFollowed, Wrong
from collab.core.codes import Refusal, Refused
from collab.core.commands import FirstGrant, Title
from collab.core.events import AgentSeat
from permissions import held
from permissions.roles import ROLES, Permission, codenames


class Invited(Sent, frozen=True):
    """Somebody who gets a role in the new session."""

    user_id: UUID
    role: Name


class NewSession(Sent, frozen=True):
    """The form of a new session."""

    workspace_id: UUID
    title: Title
    agent_id: UUID | None = None
    people: Annotated[tuple[Invited, ...], Meta(max_length=100)] = ()


async def listed(request: HttpRequest) -> Any:
    """Give the sessions that the asker may see, newest first."""
    identity = await identified(request)
    async with await database() as conn:
        rows = await shelf.sessions(conn, await held.roots_of(conn, identity.user))
        roles = await held.roles_of(conn, identity.user)
        permitted = await shelf.permitted(conn, identity, [row.id for row in rows])
    return {
        "sessions": [
            _card(row, permitted[row.id], (roles.get(row.id, []), roles.get(row.workspace.id, [])))
            for row in rows
            if row.id in permitted
        ]
    }


def _card(
    row: shelf.SessionRow, permissions: Permission, roles: Iterable[list[str]]
) -> dict[str, Any]:
    return {
        "id": row.id,
        "title": row.title,
        "status": row.status,
        "created_at": row.created_at,
        "workspace": row.workspace._asdict(),
        "agent": row.agent._asdict() if row.agent else None,
        "permissions": codenames(permissions),
        "roles": sorted({role for some in roles for role in some}),
    }


async def create(request: HttpRequest) -> Any:
    """Open a session: its creator owns it, its agent may act in it, those invited have roles."""
    identity = await identified(request)
    wish = sent(request, NewSession)
    async with await database() as conn:
        await shelf.require(conn, identity, wish.workspace_id, Permission.DRIVE)
        seat = await _seat(conn, wish)
        invited = await _invited(conn, wish)
    new = opening.new(wish.workspace_id, wish.title, seat, invited)
    outcome = await opening.open_session(identity, new)
    if isinstance(outcome, Refused):
        raise NotFollowed(outcome.refusal, outcome.words)
    return Created(new.id)


async def _seat(conn: shelf.Connection, wish: NewSession) -> AgentSeat | None:
    if wish.agent_id is None:
        return None
    for agent in await shelf.agents(conn, [wish.workspace_id]):
        if agent.id == wish.agent_id:
            return AgentSeat(agent.user, agent.id, agent.name)
    raise NotFollowed(Wrong.NO_SUCH_AGENT)


async def _invited(conn: shelf.Connection, wish: NewSession) -> tuple[FirstGrant, ...]:
    if not wish.people:
        return ()
    people = {person.id: person for person in await held.people_of(conn, wish.workspace_id)}
    for guest in wish.people:
        if guest.user_id not in people:
            raise NotFollowed(Refusal.NO_PERSON)
        if guest.role not in ROLES or guest.role == "agent":
            raise NotFollowed(Refusal.INVALID, problem=f"no such role: {guest.role}")
    unique = dict.fromkeys((guest.user_id, guest.role) for guest in wish.people)
    return tuple(FirstGrant(user, people[user].name, "person", role) for user, role in unique)


async def people(request: HttpRequest) -> Any:
    """Give the people of a workspace, to choose from when a session is shared."""
    identity = await identified(request)
    workspace = asked_id(request, "workspace")
    async with await database() as conn:
        await shelf.require(conn, identity, workspace, Permission.DRIVE)
        found = await held.people_of(conn, workspace)
    return {"people": [person._asdict() for person in found]}
