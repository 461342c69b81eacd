"""The people of a workspace."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Router

from collab.api import shelf
from collab.api.asking import asker
from collab.api.forms import Answer, Nothing, Sent
from collab.api.refusals import NotFollowed, Why, Wrong
from collab.core.codes import Refusal
from permissions import held
from permissions import people as looked_after
from permissions.roles import Permission

router = Router(tags=["people"])


class PersonRow(Answer):
    """Somebody who holds a role in a workspace."""

    id: UUID
    name: str
    username: str


class People(Answer):
    """The people of a workspace, by name."""

    people: list[PersonRow]


class HeldRole(Answer):
    """A role on a workspace; one that comes with a group is not taken from one person."""

    role: str
    until: datetime | None
    by_group: bool


class Member(Answer):
    """Somebody of a workspace, as those see them who look after its people."""

    id: UUID
    name: str
    username: str
    active: bool
    last_login: datetime | None
    roles: list[HeldRole]


class GuestRole(Answer):
    """A role in one session."""

    id: UUID
    title: str
    role: str
    until: datetime | None


class Guest(Answer):
    """Somebody who holds roles in single sessions only."""

    id: UUID
    name: str
    username: str
    active: bool
    last_login: datetime | None
    sessions: list[GuestRole]


class Members(Answer):
    """The people of a workspace with their roles, and guests of its sessions, by name."""

    people: list[Member]
    guests: list[Guest]


class Switched(Sent):
    """Whether somebody can sign in."""

    active: bool


@router.get("workspaces/{uuid:workspace}/people", response=Members)
async def members(request: HttpRequest, workspace: UUID) -> Members:
    """Give the people of a workspace, also those whose accounts are switched off, and those who
    were let into single sessions only."""
    async with await shelf.database() as conn:
        await shelf.require(conn, asker(request), workspace, Permission.MODERATE)
        found = await looked_after.members(conn, workspace)
        guests = await looked_after.guests(conn, workspace)
    return Members(
        people=[_member(person) for person in found], guests=[_guest(guest) for guest in guests]
    )


def _member(person: looked_after.Member) -> Member:
    roles = [HeldRole(**role._asdict()) for role in person.roles]
    return Member(**person._asdict() | {"roles": roles})


def _guest(guest: looked_after.Guest) -> Guest:
    sessions = [GuestRole(**role._asdict()) for role in guest.sessions]
    return Guest(**guest._asdict() | {"sessions": sessions})


@router.post("workspaces/{uuid:workspace}/people/{uuid:user}", response=Nothing)
async def switch(request: HttpRequest, workspace: UUID, user: UUID, wish: Switched) -> Nothing:
    """Switch somebody's account off, which ends all they have open, or on again."""
    identity = asker(request)
    if user == identity.user:
        raise NotFollowed(Wrong.YOURSELF)
    async with await shelf.database() as conn:
        await shelf.require(conn, identity, workspace, Permission.MANAGE)
        kept = await looked_after.switch(
            conn, workspace, user, identity.principal, active=wish.active
        )
    if kept is not None:
        raise NotFollowed(_KEPT[kept])
    return Nothing()


_KEPT: dict[looked_after.Kept, Why] = {
    looked_after.Kept.FORBIDDEN: Refusal.FORBIDDEN,
    looked_after.Kept.NOBODY: Refusal.NO_PERSON,
    looked_after.Kept.ELSEWHERE: Wrong.ELSEWHERE,
    looked_after.Kept.ADMINISTERS: Wrong.ADMINISTERS,
    looked_after.Kept.LAST_OWNER: Refusal.LAST_OWNER,
}


@router.get("people", response=People)
async def people(request: HttpRequest, workspace: UUID) -> People:
    """Give the people of a workspace, to choose from when a session is shared."""
    async with await shelf.database() as conn:
        await shelf.require(conn, asker(request), workspace, Permission.DRIVE)
        found = await held.people_of(conn, workspace)
    return People(people=[PersonRow(**person._asdict()) for person in found])
