"""Signing in and out, and who is signed in."""

from __future__ import annotations

from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest
from django.middleware.csrf import get_token

from collab.api import shelf
from collab.api.endpoint import Name, Sent, database, identified, sent
from collab.api.refusals import NotFollowed, Wrong
from permissions import attempts, held
from permissions.credentials import Identity, by_login
from permissions.roles import codenames


class Wanted(Sent, frozen=True):
    """A username and a password."""

    username: Name
    password: Name


async def sign_in(request: HttpRequest) -> Any:
    """Sign somebody in, or say that username or password is not right: never which."""
    wanted = sent(request, Wanted)
    await sync_to_async(_sign_in)(request, wanted)
    return await me_of(await identified_now(request))


def _sign_in(request: HttpRequest, wanted: Wanted) -> None:
    address = request.META.get("REMOTE_ADDR") or ""
    if attempts.too_many(wanted.username, address):
        raise NotFollowed(Wrong.TOO_MANY_TRIES)
    user = auth.authenticate(request, username=wanted.username, password=wanted.password)
    if user is None:
        attempts.failed(wanted.username, address)
        raise NotFollowed(Wrong.WRONG_LOGIN)
    # Whatever this browser held before ends here: a login never lives on under another's key.
    request.session.flush()
    auth.login(request, user)
    request.session.save()


async def sign_out(request: HttpRequest) -> Any:
    """End the login; whoever is not signed in stays so."""
    await sync_to_async(auth.logout)(request)
    return {}


async def me(request: HttpRequest) -> Any:
    """Say who is signed in. The cookie against forged requests comes with every answer."""
    get_token(request)
    try:
        return await me_of(await identified(request))
    except NotFollowed as refusal:
        return refusal.response()


async def identified_now(request: HttpRequest) -> Identity:
    """Give who has just signed in, in this very request."""
    async with await database() as conn:
        found = await by_login(conn, request.session.session_key or "")
    if found is None:
        raise NotFollowed(Wrong.NOT_LOGGED_IN)
    return found


async def me_of(identity: Identity) -> dict[str, Any]:
    """Say who somebody is and what they may do in each workspace."""
    async with await database() as conn:
        roots = await held.roots_of(conn, identity.user)
        places = await shelf.workspaces(conn, roots)
        roles = await held.roles_of(conn, identity.user)
        permitted = await shelf.permitted(conn, identity, [place.id for place in places])
    return {
        "id": identity.user,
        "username": identity.username,
        "name": identity.name,
        "kind": identity.kind,
        "demo": settings.DEMO,
        "workspaces": [
            {
                "id": place.id,
                "name": place.name,
                "roles": roles.get(place.id, []),
                "permissions": codenames(permitted[place.id]),
            }
            for place in places
            if place.id in permitted
        ],
    }
