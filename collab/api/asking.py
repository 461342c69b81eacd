"""Who asks: each address of the API names one of these, and ninja calls it before all else."""

from __future__ import annotations

from django.http import HttpRequest
from django.middleware.csrf import get_token
from ninja.utils import check_csrf

from collab import doorkeeper
from collab.api.refusals import NotFollowed, Wrong
from collab.core.codes import Close, Refusal
from collab.limits import limits
from permissions.credentials import Identity
from permissions.masks import LOGIN

READING = ("GET", "HEAD", "OPTIONS")
"""What changes nothing, and is not counted."""


async def signed_in(request: HttpRequest) -> Identity:
    """Give who asks, by a login's cookie or a bearer token; raises NotFollowed.

    A cookie goes with every request of a browser, whoever had it sent: what changes something must
    show that it comes from a page of ours. A token is only sent by whoever knows it.
    """
    scope = request.scope  # type: ignore[attr-defined]
    shown = doorkeeper.shown(scope)
    if shown.both:
        raise NotFollowed(Wrong.TWO_CREDENTIALS)
    if shown.token is None:
        await from_our_page(request)
    found = await doorkeeper.identify(scope)
    if found is Close.UNAVAILABLE:
        raise NotFollowed(Refusal.UNAVAILABLE)
    if isinstance(found, Close):
        raise NotFollowed(Wrong.NOT_LOGGED_IN)
    if request.method not in READING and (hasty := limits().hasty(found)) is not None:
        raise NotFollowed.by(hasty)
    return found


async def greeted(request: HttpRequest) -> Identity:
    """Do as `signed_in`, and give a browser the cookie that tells its requests from forged ones."""
    get_token(request)
    return await signed_in(request)


async def from_our_page(request: HttpRequest) -> bool:
    """Refuse what another site's page sent; nobody needs to be signed in. Raises NotFollowed."""
    if check_csrf(request) is not None:
        raise NotFollowed(Wrong.WRONG_PAGE)
    return True


def by_login(request: HttpRequest) -> Identity:
    """Give who asks, where a token is not enough: it must not give its holder more than it has."""
    identity = asker(request)
    if identity.auth_kind != LOGIN:
        raise NotFollowed(Wrong.LOGIN_NEEDED)
    return identity


def asker(request: HttpRequest) -> Identity:
    """Give who was found to ask."""
    found: Identity = request.auth  # type: ignore[attr-defined]
    return found
