"""The first owner signs up, by a link that works until somebody did."""

from __future__ import annotations

import secrets
from uuid import NAMESPACE_URL, uuid5

from asgiref.sync import sync_to_async
from django.core import signing
from django.http import HttpRequest
from ninja import Router

from collab import opening
from collab.api import newcomers
from collab.api.asking import from_our_page
from collab.api.document import PUBLIC
from collab.api.forms import Title
from collab.api.login import Me
from collab.api.newcomers import NewPerson
from collab.api.refusals import NotFollowed, Wrong
from collab.core.codes import Refusal, Refused
from collab.core.commands import FirstGrant
from collab.models import Workspace
from permissions.models import RoleGrant, User

GOOD_FOR_SECONDS = 7 * 24 * 3600
_SIGNER = signing.TimestampSigner(salt="cohelm.signup")

router = Router(tags=["who is signed in"])


class FirstOwner(NewPerson):
    """The form of the first owner and their workspace."""

    workspace: Title


def make_token() -> str | None:
    """Make what the link carries; None once somebody owns a workspace and can invite others."""
    return None if _somebody_owns() else _SIGNER.sign(secrets.token_urlsafe(16))


@router.post("signup/{token}", auth=from_our_page, response=Me, openapi_extra=PUBLIC)
async def sign_up(request: HttpRequest, token: str, wish: FirstOwner) -> Me:
    """Make the first owner with their workspace, and sign them in."""
    user, workspace = await sync_to_async(_rows)(token, wish)
    owner = FirstGrant(user.id, user.get_full_name(), "person", "owner")
    outcome = await opening.open_workspace(workspace.id, workspace.name, (owner,))
    if isinstance(outcome, Refused):
        await sync_to_async(user.delete)()
        won = outcome.refusal is Refusal.ALREADY_OPEN
        raise NotFollowed(Wrong.WRONG_LINK if won else outcome.refusal)
    return await newcomers.welcome(request, user)


def _rows(token: str, wish: FirstOwner) -> tuple[User, Workspace]:
    """Make the user, and the one workspace of this link: whose log begins first is its owner."""
    try:
        nonce = _SIGNER.unsign(token, max_age=GOOD_FOR_SECONDS)
    except signing.BadSignature:
        raise NotFollowed(Wrong.WRONG_LINK) from None
    if _somebody_owns():
        raise NotFollowed(Wrong.WRONG_LINK)
    user = newcomers.account(wish, administers=True)
    workspace, _ = Workspace.objects.get_or_create(
        id=uuid5(NAMESPACE_URL, f"cohelm:signup:{nonce}"), defaults={"name": wish.workspace}
    )
    return user, workspace


def _somebody_owns() -> bool:
    return RoleGrant.objects.filter(role="owner", workspace__isnull=False).exists()
