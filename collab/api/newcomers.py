"""Whoever comes for the first time: their account, and their first login."""

from __future__ import annotations

from typing import Annotated

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest
from pydantic import StringConstraints

from collab.api.forms import Name, Sent
from collab.api.login import Me, identified_now, me_of
from collab.api.refusals import NotFollowed, Why, Wrong
from collab.core.codes import Refusal
from permissions import accounts
from permissions.models import User


class NewPerson(Sent):
    """The form of a new account."""

    username: Annotated[str, StringConstraints(min_length=1, max_length=150)]
    name: Name
    password: Annotated[str, StringConstraints(min_length=1, max_length=200)]


_PROBLEMS: dict[type[accounts.CannotSignUp], Why] = {
    accounts.WrongUsername: Refusal.INVALID,
    accounts.WeakPassword: Wrong.WEAK_PASSWORD,
    accounts.UsernameTaken: Wrong.USERNAME_TAKEN,
}


def account(wish: NewPerson, *, administers: bool = False) -> User:
    """Make somebody's account; raises NotFollowed."""
    if not settings.PASSWORDS:
        raise NotFollowed(Wrong.PASSWORDS_OFF)
    try:
        return accounts.sign_up(wish.username, wish.name, wish.password, administers=administers)
    except accounts.CannotSignUp as problem:
        raise NotFollowed(_PROBLEMS[type(problem)], str(problem)) from None


async def welcome(request: HttpRequest, user: User) -> Me:
    """Sign a new person in and say what they find."""
    await sync_to_async(_sign_in)(request, user)
    return await me_of(await identified_now(request))


def _sign_in(request: HttpRequest, user: User) -> None:
    # Whatever this browser held before ends here: a login never lives on under another's key.
    request.session.flush()
    auth.login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session.save()
