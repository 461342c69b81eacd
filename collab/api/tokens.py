"""Tokens of people and of the agents they manage: made and shown once, listed, revoked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from asgiref.sync import sync_to_async
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router
from pydantic import Field

from collab.api import shelf
from collab.api.asking import by_login
from collab.api.forms import Answer, Created, Id, Name, Named, Nothing, Sent
from collab.api.refusals import NotFollowed, Wrong
from collab.core.codes import Refusal
from permissions import held, keyring, tokens
from permissions.credentials import Identity
from permissions.models import User
from permissions.roles import Permission

MOST_DAYS = 366

router = Router(tags=["tokens"])


class NewToken(Sent):
    """The form of a new token; without `days` it has no end."""

    name: Name
    scope: Literal["full", "read"] = "full"
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] | None = None
    agent_id: Id | None = None
    session_id: Id | None = None
    workspace_id: Id | None = None


class Made(Created):
    """A new token; its text is told this once."""

    token: str


class TokenCard(Answer):
    """A token that is in force; of its text, how it begins."""

    id: UUID
    name: str
    prefix: str
    scope: str
    created_at: datetime
    until: datetime | None
    last_used_at: datetime | None
    agent: Named | None
    session: Named | None
    workspace: Named | None


class Tokens(Answer):
    """Tokens, newest first."""

    tokens: list[TokenCard]


@router.get("tokens", response=Tokens)
async def listed(request: HttpRequest) -> Tokens:
    """Give the asker's tokens, and those of the agents they manage."""
    identity = by_login(request)
    async with await shelf.database() as conn:
        found = await keyring.listed(conn, identity.user, await _managed(conn, identity))
    return Tokens(tokens=[_card(key) for key in found])


@router.post("tokens", response={201: Made})
async def create(request: HttpRequest, wish: NewToken) -> Made:
    """Make a token. No token makes one: it would give its holder more than it has."""
    identity = by_login(request)
    if wish.session_id and wish.workspace_id:
        raise NotFollowed(Refusal.INVALID, problem="name a session or a workspace, not both")
    async with await shelf.database() as conn:
        holder = await _holder(conn, identity, wish.agent_id)
        if wish.session_id:
            await shelf.require_at(conn, identity, "session", wish.session_id, Permission.VIEW)
        if wish.workspace_id:
            await shelf.require(conn, identity, wish.workspace_id, Permission.VIEW)
    text = await sync_to_async(_make)(holder, wish)
    key = tokens.parse(text)
    assert key, "it was made a moment ago"
    return Made(id=key[0], token=text)


def _make(holder: UUID, wish: NewToken) -> str:
    return tokens.make(
        User.objects.get(id=holder),
        wish.name,
        "agent" if wish.agent_id else "personal",
        timezone.now() + timedelta(days=wish.days) if wish.days else None,
        scope=wish.scope,
        session=wish.session_id,
        workspace=wish.workspace_id,
    )


@router.delete("tokens/{uuid:key}", response=Nothing)
async def revoke(request: HttpRequest, key: UUID) -> Nothing:
    """Revoke a token; sockets that use it are told at once."""
    identity = by_login(request)
    async with await shelf.database() as conn:
        managed = await _managed(conn, identity)
        if not await keyring.revoke(conn, key, identity.user, managed):
            raise NotFollowed(Wrong.NO_SUCH_TOKEN)
    return Nothing()


async def _managed(conn: shelf.Connection, identity: Identity) -> list[UUID]:
    places = await shelf.workspaces(conn, await held.roots_of(conn, identity.user))
    permitted = await shelf.permitted(conn, identity, [place.id for place in places])
    return [place for place, may in permitted.items() if Permission.MANAGE in may]


async def _holder(conn: shelf.Connection, identity: Identity, agent: UUID | None) -> UUID:
    """Give whose token it will be: the asker's, or that of an agent they manage."""
    if agent is None:
        return identity.user
    for row in await shelf.agents(conn, await _managed(conn, identity)):
        if row.id == agent:
            return row.user
    raise NotFollowed(Wrong.NO_SUCH_AGENT)


def _card(key: keyring.Key) -> TokenCard:
    return TokenCard(
        id=key.id,
        name=key.name,
        prefix=key.prefix,
        scope=key.scope,
        created_at=key.created_at,
        until=key.until,
        last_used_at=key.last_used_at,
        agent=_named(key.agent),
        session=_named(key.session),
        workspace=_named(key.workspace),
    )


def _named(pair: tuple[UUID, str] | None) -> Named | None:
    return Named(id=pair[0], name=pair[1]) if pair else None
