"""The people of a workspace."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from ninja import Router

from collab.api import shelf
from collab.api.asking import asker
from collab.api.forms import Answer
from permissions import held
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


@router.get("people", response=People)
async def people(request: HttpRequest, workspace: UUID) -> People:
    """Give the people of a workspace, to choose from when a session is shared."""
    async with await shelf.database() as conn:
        await shelf.require(conn, asker(request), workspace, Permission.DRIVE)
        found = await held.people_of(conn, workspace)
    return People(people=[PersonRow(**person._asdict()) for person in found])
