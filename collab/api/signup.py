"""The first owner signs up, by a link that works until somebody did."""

from __future__ import annotations

from typing import Annotated, Any

from asgiref.sync import sync_to_async
from django.contrib import auth
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.http import HttpRequest
from msgspec import Meta

from collab.api.endpoint import Name, Sent, sent
from collab.api.login import identified_now, me_of
from collab.api.refusals import NotFollowed, Wrong
from collab.core.codes import Refusal
from collab.models import Workspace
from permissions import grants
from permissions.models import PERSON, User

GOOD_FOR_SECONDS = 7 * 24 * 3600
_SIGNER = signing.TimestampSigner(salt="cohelm.signup")
# Two people who use the link at the same moment meet on this lock (an arbitrary number).
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(4127004)"


class FirstOwner(Sent, frozen=True):
    """The form of the first owner and their workspace."""

    username: Annotated[str, Meta(min_length=1, max_length=150)]
    name: Name
    password: Annotated[str, Meta(min_length=1, max_length=200)]
    workspace: Annotated[str, Meta(min_length=1, max_length=200)]


def make_token() -> str | None:
    """Make what the link carries; None once somebody is there to invite others."""
    return _SIGNER.sign("first-owner") if _nobody_is_here() else None


async def sign_up(request: HttpRequest, token: str) -> Any:
    """Make the first owner with their workspace, and sign them in."""
    wish = sent(request, FirstOwner)
    await sync_to_async(_sign_up)(request, token, wish)
    return await me_of(await identified_now(request))


def _sign_up(request: HttpRequest, token: str, wish: FirstOwner) -> None:
    try:
        _SIGNER.unsign(token, max_age=GOOD_FOR_SECONDS)
    except signing.BadSignature:
        raise NotFollowed(Wrong.WRONG_LINK) from None
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_ONE_AT_A_TIME)
        if not _nobody_is_here():
            raise NotFollowed(Wrong.WRONG_LINK)
        user = _owner(wish)
        workspace = Workspace.objects.create(name=wish.workspace)
        grants.give(user, workspace, "owner", by=user)
    auth.login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session.save()


def _nobody_is_here() -> bool:
    return not User.objects.filter(kind=PERSON).exists()


def _owner(wish: FirstOwner) -> User:
    user = User(username=wish.username, name=wish.name, is_staff=True, is_superuser=True)
    try:
        UnicodeUsernameValidator()(wish.username)
    except ValidationError as problem:
        raise NotFollowed(Refusal.INVALID, " ".join(problem.messages)) from None
    try:
        validate_password(wish.password, user)
    except ValidationError as problem:
        raise NotFollowed(Wrong.WEAK_PASSWORD, " ".join(problem.messages)) from None
    user.set_password(wish.password)
    user.save()
    return user
