"""The first owner signs up, by a link that works until somebody did."""

from __future__ import annotations

import secrets
from uuid import NAMESPACE_URL, UUID, uuid5

from asgiref.sync import sync_to_async
from django.core import signing
from django.http import HttpRequest
from ninja import Router

from collab import opening
from collab.api import newcomers
from collab.api.asking import by_login, from_our_page
from collab.api.document import PUBLIC
from collab.api.forms import Nothing, Sent, Title
from collab.api.login import Me, me_of
from collab.api.newcomers import NewPerson
from collab.api.refusals import NotFollowed, Wrong
from collab.core.codes import Refusal, Refused
from collab.core.commands import FirstGrant
from collab.models import Workspace
from permissions.models import RoleGrant, User

GOOD_FOR_SECONDS = 7 * 24 * 3600
_SIGNER = signing.TimestampSigner(salt="cohelm.signup")

router = Router(tags=["who is signed in"])


class FirstWorkspace(Sent):
    """The form of a first owner who has signed in already, through the provider."""

    workspace: Title


class FirstOwner(NewPerson):
    """The form of the first owner and their workspace."""

    workspace: Title


def make_token() -> str | None:
    """Make what the link carries; None once somebody owns a workspace and can invite others."""
    return None if _somebody_owns() else _SIGNER.sign(secrets.token_urlsafe(16))


@router.get("signup/{token}", auth=None, response=Nothing, openapi_extra=PUBLIC)
async def look(request: HttpRequest, token: str) -> Nothing:
    """Say whether a link still works, before somebody fills in its form."""
    await sync_to_async(_place)(token)
    return Nothing()


@router.post("signup/{token}", auth=from_our_page, response=Me, openapi_extra=PUBLIC)
async def sign_up(request: HttpRequest, token: str, wish: FirstOwner) -> Me:
    """Make the first owner with their workspace, and sign them in."""
    place = await sync_to_async(_place)(token)
    user = await sync_to_async(newcomers.account)(wish, administers=True)
    try:
        await _begin(place, wish.workspace, user.id, user.get_full_name())
    except NotFollowed:
        await sync_to_async(user.delete)()
        raise
    return await newcomers.welcome(request, user)


@router.post("signup/{token}/workspace", response=Me)
async def own(request: HttpRequest, token: str, wish: FirstWorkspace) -> Me:
    """Make whoever is signed in, through the provider, the first owner."""
    who = by_login(request)
    place = await sync_to_async(_place)(token)
    await _begin(place, wish.workspace, who.user, who.name)
    await User.objects.filter(id=who.user).aupdate(is_staff=True, is_superuser=True)
    return await me_of(who)


def _place(token: str) -> UUID:
    """Give the id of the one workspace of this link: whose log begins first is its owner."""
    try:
        nonce = _SIGNER.unsign(token, max_age=GOOD_FOR_SECONDS)
    except signing.BadSignature:
        raise NotFollowed(Wrong.WRONG_LINK) from None
    if _somebody_owns():
        raise NotFollowed(Wrong.WRONG_LINK)
    return uuid5(NAMESPACE_URL, f"cohelm:signup:{nonce}")


async def _begin(place: UUID, name: str, user: UUID, their_name: str) -> None:
    """Make the workspace, owned by the first one to come; raises NotFollowed for the others."""
    workspace, _ = await Workspace.objects.aget_or_create(id=place, defaults={"name": name})
    owner = FirstGrant(user, their_name, "person", "owner")
    outcome = await opening.open_workspace(workspace.id, workspace.name, (owner,))
    if isinstance(outcome, Refused):
        won = outcome.refusal is Refusal.ALREADY_OPEN
        raise NotFollowed(Wrong.WRONG_LINK if won else outcome.refusal)


def _somebody_owns() -> bool:
    return RoleGrant.objects.filter(role="owner", workspace__isnull=False).exists()
