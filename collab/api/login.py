"""Signing in and out, and who is signed in."""

from __future__ import annotations

from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest
from ninja import Router

from collab.api import shelf
from collab.api.asking import asker, from_our_page, greeted
from collab.api.document import PUBLIC
from collab.api.forms import Answer, Name, Nothing, Sent
from collab.api.refusals import NotFollowed, Wrong
from permissions import attempts, held
from permissions.credentials import Identity, by_login
from permissions.roles import codenames

router = Router(tags=["who is signed in"])


class Login(Sent):
    """A username and a password."""

    username: Name
    password: Name


class Place(Answer):
    """A workspace, and what one may do there."""

    id: UUID
    name: str
    roles: list[str]
    permissions: list[str]


class Me(Answer):
    """Who is signed in, and where they may do what."""

    id: UUID
    username: str
    name: str
    kind: str
    demo: bool
    workspaces: list[Place]


@router.post("login", auth=from_our_page, response=Me, openapi_extra=PUBLIC)
async def sign_in(request: HttpRequest, wish: Login) -> Me:
    """Sign somebody in, or say that username or password is not right: never which."""
    if not settings.PASSWORDS:
        raise NotFollowed(Wrong.PASSWORDS_OFF)
    await sync_to_async(_sign_in)(request, wish)
    return await me_of(await identified_now(request))


def _sign_in(request: HttpRequest, wish: Login) -> None:
    address = request.META.get("REMOTE_ADDR") or ""
    if attempts.too_many(wish.username, address):
        raise NotFollowed(Wrong.TOO_MANY_TRIES)
    user = auth.authenticate(request, username=wish.username, password=wish.password)
    if user is None:
        attempts.failed(wish.username, address)
        raise NotFollowed(Wrong.WRONG_LOGIN)
    # Whatever this browser held before ends here: a login never lives on under another's key.
    request.session.flush()
    auth.login(request, user)
    request.session.save()


@router.post("logout", auth=from_our_page, response=Nothing, openapi_extra=PUBLIC)
async def sign_out(request: HttpRequest) -> Nothing:
    """End the login; whoever is not signed in stays so."""
    await sync_to_async(auth.logout)(request)
    return Nothing()


@router.get("me", auth=greeted, response=Me)
async def me(request: HttpRequest) -> Me:
    """Say who is signed in. The cookie against forged requests comes with every answer."""
    return await me_of(asker(request))


async def identified_now(request: HttpRequest) -> Identity:
    """Give who has just signed in, in this very request."""
    async with await shelf.database() as conn:
        found = await by_login(conn, request.session.session_key or "")
    if found is None:
        raise NotFollowed(Wrong.NOT_LOGGED_IN)
    return found


async def me_of(identity: Identity) -> Me:
    """Say who somebody is and what they may do in each workspace."""
    async with await shelf.database() as conn:
        roots = await held.roots_of(conn, identity.user)
        places = await shelf.workspaces(conn, roots)
        roles = await held.roles_of(conn, identity.user)
        permitted = await shelf.permitted(conn, identity, [place.id for place in places])
    return Me(
        id=identity.user,
        username=identity.username,
        name=identity.name,
        kind=identity.kind,
        demo=settings.DEMO,
        workspaces=[
            Place(
                id=place.id,
                name=place.name,
                roles=roles.get(place.id, []),
                permissions=list(codenames(permitted[place.id])),
            )
            for place in places
            if place.id in permitted
        ],
    )
