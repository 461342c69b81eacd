"""The agents of one's workspaces: which there are, adding one, and trying its address."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from msgspec import Meta

from collab import adding
from collab.agents import agui
from collab.api import shelf
from collab.api.endpoint import Created, Name, Sent, database, identified, sent
from collab.api.refusals import NotFollowed
from collab.core.codes import Refusal, Refused
from permissions import held
from permissions.credentials import Identity
from permissions.roles import Permission

EVENTS_SHOWN = 20

Url = Annotated[str, Meta(min_length=1, max_length=2_000)]
Headers = Annotated[dict[Name, Annotated[str, Meta(max_length=4_000)]], Meta(max_length=20)]


class Address(Sent, frozen=True):
    """Where an agent answers, and the secret headers that it demands."""

    url: Url
    headers: Headers = {}


class NewAgent(Address, frozen=True, kw_only=True):
    """The form of a new agent."""

    workspace_id: UUID
    name: Name


async def listed(request: HttpRequest) -> Any:
    """Give the agents of the asker's workspaces; addresses only to those who manage them."""
    identity = await identified(request)
    async with await database() as conn:
        permitted = await _permitted(conn, identity)
        rows = await shelf.agents(conn, permitted)
    return {"agents": [_card(row, permitted[row.workspace.id]) for row in rows]}


def _card(row: shelf.AgentRow, permissions: Permission) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "url": row.url if Permission.MANAGE in permissions else "",
        "workspace": row.workspace._asdict(),
        "owner": {"name": row.owner} if row.owner else None,
        "has_headers": row.has_headers,
    }


async def _permitted(conn: shelf.Connection, identity: Identity) -> dict[UUID, Permission]:
    places = await shelf.workspaces(conn, await held.roots_of(conn, identity.user))
    return await shelf.permitted(conn, identity, [place.id for place in places])


async def create(request: HttpRequest) -> Any:
    """Add an agent to a workspace."""
    identity = await identified(request)
    wish = sent(request, NewAgent)
    async with await database() as conn:
        await shelf.require(conn, identity, wish.workspace_id, Permission.MANAGE)
    wanted = adding.Wanted(wish.workspace_id, wish.name, wish.url, wish.headers)
    try:
        added = await adding.add(wanted, identity)
    except adding.CannotAdd as problem:
        raise NotFollowed(problem.why) from None
    if isinstance(added, Refused):
        raise NotFollowed(added.refusal, added.words)
    return Created(added)


async def test(request: HttpRequest) -> Any:
    """Try an agent's address: really POST to it, wait five seconds at most."""
    identity = await identified(request)
    wish = sent(request, Address)
    # Only those who could add the agent: this makes the server call any address.
    async with await database() as conn:
        permitted = await _permitted(conn, identity)
    if not any(Permission.MANAGE in held for held in permitted.values()):
        raise NotFollowed(Refusal.FORBIDDEN, "Only an owner of a workspace may try agents.")
    try:
        adding.check(wish.url, wish.headers)
    except adding.CannotAdd as problem:
        raise NotFollowed(problem.why) from None
    tried = await agui.probe(wish.url, wish.headers)
    return {"ok": tried.ok, "sentence": tried.sentence, "events": tried.events[:EVENTS_SHOWN]}
