"""Who was given which role on a session or workspace; giving and taking are commands."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from collab.api import shelf
from collab.api.asking import asker
from collab.api.forms import Answer, Id, Name, Sent
from collab.api.wishes import Followed, Key, follow
from collab.core.commands import GrantGive, GrantTake, Place
from permissions import given
from permissions.roles import Permission

router = Router(tags=["grants"])

Time = Annotated[int, Field(ge=0, le=2**53 - 1)]
"""Microseconds since 1970, as in the log."""


class NewGrant(Sent):
    """A role for somebody, for ever or until a time."""

    user: Id
    role: Name
    until: Time | None = None


class Holder(Answer):
    """A user who holds a role: a person or an agent."""

    id: UUID
    name: str
    kind: str


class Team(Answer):
    """A group whose members hold a role."""

    id: int
    name: str


class Grant(Answer):
    """A role that was given here, to a user or to a group; `by`: who gave it, if it is known."""

    role: str
    until: int | None
    user: Holder | None
    group: Team | None
    by: str | None


class Grants(Answer):
    """The roles that were given on a session or workspace itself."""

    grants: list[Grant]


def micros(time: datetime | None) -> int | None:
    """Say a time as the log does."""
    return round(time.timestamp() * 1e6) if time else None


async def _listed(request: HttpRequest, place: Place, log: UUID) -> Grants:
    async with await shelf.database() as conn:
        await shelf.require_at(conn, asker(request), place, log, Permission.MODERATE)
        found = await given.given_on(conn, log)
    return Grants(grants=[_grant(row) for row in found])


def _grant(row: given.Given) -> Grant:
    user = Holder(id=row.user, name=row.name or "", kind=row.kind or "") if row.user else None
    group = Team(id=row.group, name=row.group_name or "") if row.group is not None else None
    return Grant(role=row.role, until=micros(row.until), user=user, group=group, by=row.by)


@router.get("sessions/{uuid:session}/grants", response=Grants)
async def of_session(request: HttpRequest, session: UUID) -> Grants:
    """Give the roles that were given on a session; its workspace's come besides."""
    return await _listed(request, "session", session)


@router.get("workspaces/{uuid:workspace}/grants", response=Grants)
async def of_workspace(request: HttpRequest, workspace: UUID) -> Grants:
    """Give the roles that were given on a workspace, which hold in all its sessions."""
    return await _listed(request, "workspace", workspace)


@router.post("sessions/{uuid:session}/grants", response=Followed)
async def give_in_session(
    request: HttpRequest, session: UUID, wish: NewGrant, key: Key = None
) -> Followed:
    """Give a role in a session; given again, only its end changes."""
    command = GrantGive(wish.user, wish.role, wish.until)
    return await follow(request, "session", session, command, key)


@router.post("workspaces/{uuid:workspace}/grants", response=Followed)
async def give_in_workspace(
    request: HttpRequest, workspace: UUID, wish: NewGrant, key: Key = None
) -> Followed:
    """Give a role in a workspace, and so in all its sessions."""
    command = GrantGive(wish.user, wish.role, wish.until)
    return await follow(request, "workspace", workspace, command, key)


@router.delete("sessions/{uuid:session}/grants/{uuid:user}/{role}", response=Followed)
async def take_in_session(
    request: HttpRequest, session: UUID, user: UUID, role: Name, key: Key = None
) -> Followed:
    """Take a role in a session away; it counts from the next message on."""
    return await follow(request, "session", session, GrantTake(user, role), key)


@router.delete("workspaces/{uuid:workspace}/grants/{uuid:user}/{role}", response=Followed)
async def take_in_workspace(
    request: HttpRequest, workspace: UUID, user: UUID, role: Name, key: Key = None
) -> Followed:
    """Take a role in a workspace away; it counts from the next message on."""
    return await follow(request, "workspace", workspace, GrantTake(user, role), key)
