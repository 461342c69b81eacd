"""The agents of one's workspaces: which there are, adding one, and trying its address."""

from __future__ import annotations

import re
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from msgspec import Meta

from collab import sealing
from collab.api import probe, shelf
from collab.api.endpoint import Created, Name, Sent, database, identified, sent
from collab.api.refusals import NotFollowed, Wrong
from collab.core.codes import Refusal
from collab.models import Agent
from permissions import held
from permissions.credentials import Identity
from permissions.models import AGENT, User
from permissions.roles import Permission

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")

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
    _check(wish)
    async with await database() as conn:
        await shelf.require(conn, identity, wish.workspace_id, Permission.MANAGE)
    return Created(await sync_to_async(add)(wish, identity.user))


def add(wish: NewAgent, owner: UUID | None) -> UUID:
    """Make an agent and the user that it acts as; raises NotFollowed."""
    agent = Agent(
        workspace_id=wish.workspace_id,
        name=wish.name,
        url=wish.url,
        headers_sealed=sealing.seal(wish.headers),
        owner_id=owner,
    )
    try:
        with transaction.atomic():
            agent.user = User.objects.create_user(
                username=f"agent-{agent.id}", name=wish.name, kind=AGENT
            )
            agent.save()
    except IntegrityError:
        raise NotFollowed(Wrong.NAME_TAKEN) from None
    return agent.id


async def test(request: HttpRequest) -> Any:
    """Try an agent's address: really POST to it, wait five seconds at most."""
    identity = await identified(request)
    wish = sent(request, Address)
    _check(wish)
    # Only those who could add the agent: this makes the server call any address.
    async with await database() as conn:
        permitted = await _permitted(conn, identity)
    if not any(Permission.MANAGE in held for held in permitted.values()):
        raise NotFollowed(Refusal.FORBIDDEN, "Only an owner of a workspace may try agents.")
    return await probe.probe(wish.url, wish.headers)


def _check(wish: Address) -> None:
    try:
        parts = urlsplit(wish.url)
        there = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        there = False
    if not there or not wish.url.isprintable() or " " in wish.url:
        raise NotFollowed(Wrong.WRONG_URL)
    for name, value in wish.headers.items():
        if not _HEADER_NAME.fullmatch(name) or (value and not _HEADER_VALUE.fullmatch(value)):
            raise NotFollowed(Wrong.WRONG_HEADER)
