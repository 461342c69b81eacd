"""Signing in through a provider: which ways there are, going there, and coming back."""

from __future__ import annotations

import hmac
import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from urllib.parse import urlencode

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base.constants import AuthError, AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe
from ninja import Router
from pydantic import StringConstraints
from requests import ConnectionError, HTTPError, RequestException, Timeout

from collab.api import oidc
from collab.api.asking import from_our_page
from collab.api.document import PUBLIC
from collab.api.forms import Answer, Refusal, Sent
from collab.api.id_tokens import NotBelieved
from collab.api.refusals import NotFollowed, Wrong
from permissions import arrivals
from permissions.provider import said

logger = logging.getLogger(__name__)

router = Router(tags=["who is signed in"])

OwnPath = Annotated[
    str, StringConstraints(pattern=r"^/([!-.0-\[\]-~][!-\[\]-~]*)?$", max_length=2_000)
]
"""A path of this site: whatever a browser would read as another one's is none."""

_SECONDS_TO_COME_BACK = 900
_LONGEST_REASON = 500
_NONSENSE = (OAuth2Error, RequestException, LookupError, TypeError, ValueError, AttributeError)
_NAMED = {
    wrong.code: wrong
    for wrong in (
        Wrong.NO_PROVIDER,
        Wrong.PROVIDER_AWAY,
        Wrong.PROVIDER_DISAGREES,
        Wrong.NOT_LET_IN,
        Wrong.SIGN_IN_OVER,
        Wrong.SIGN_IN_CANCELLED,
    )
}


class ProviderName(Answer):
    """The provider, by the name that people know it by."""

    name: str


class Ways(Answer):
    """How one may sign in here, and why it did not go well just now."""

    passwords: bool
    provider: ProviderName | None
    refusal: Refusal | None


class Going(Sent):
    """A wish to sign in through the provider: where to be afterwards, and whether as another."""

    next: OwnPath
    as_another: bool = False


class There(Answer):
    """The provider's address, to which the browser goes."""

    url: str


@router.get("login/ways", auth=None, response=Ways, openapi_extra=PUBLIC)
async def ways(request: HttpRequest, refused: str = "") -> Ways:
    """Say how one may sign in, and the sentence for a sign-in that was refused."""
    wrong = _NAMED.get(refused)
    return Ways(
        passwords=settings.PASSWORDS,
        provider=ProviderName(name=settings.PROVIDER.name) if settings.PROVIDER else None,
        refusal=wrong
        and Refusal(code=wrong.code, sentence=wrong.sentence, retry=wrong.retry, details=None),
    )


@router.post("login/provider", auth=from_our_page, response=There, openapi_extra=PUBLIC)
async def go_there(request: HttpRequest, wish: Going) -> There:
    """Begin to sign in through the provider. The browser comes back to another address of ours."""
    return There(url=await sync_to_async(_go)(request, wish))


def _go(request: HttpRequest, wish: Going) -> str:
    nonce = secrets.token_urlsafe(16)
    asked = {"nonce": nonce} | ({"prompt": "login"} if wish.as_another else {})
    if not request.session.get(auth.SESSION_KEY):
        request.session.set_expiry(_SECONDS_TO_COME_BACK)
    with _problems_named():
        answer = oidc.Provider(request).redirect(
            request, AuthProcess.LOGIN, next_url=wish.next, nonce=nonce, auth_params=asked
        )
    url: str = answer.url
    return url


@contextmanager
def _problems_named() -> Iterator[None]:
    try:
        yield
    except _NONSENSE as problem:
        raise NotFollowed(_why(problem)) from problem


@require_safe
def callback(request: HttpRequest) -> HttpResponse:
    """Take back somebody whom the provider has sent; whatever is wrong, they land on our page."""
    if settings.PROVIDER is None:
        return _to_login(Wrong.NO_PROVIDER)
    try:
        answer: HttpResponse = OAuth2CallbackView.adapter_view(oidc.Client(request))(request)
    except _NONSENSE as problem:
        answer = _to_login(_why(problem))
    answer.headers["Cache-Control"] = "no-store"
    return answer


class Hooks(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Where allauth hands over to us: somebody was identified, or something went wrong."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Sign them in ourselves; allauth's own way with its pages ends here."""
        raise ImmediateHttpResponse(_sign_in(request, sociallogin.claims, sociallogin.state))

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """Lead back to our page with the name of what is wrong."""
        state = (extra_context or {}).get("state")
        if state is None:
            wrong = Wrong.SIGN_IN_OVER
        elif exception is None and error == AuthError.CANCELLED:
            wrong = Wrong.SIGN_IN_CANCELLED
        else:
            wrong = _why(exception or request.GET.get("error"))
        raise ImmediateHttpResponse(_to_login(wrong, state))


def _sign_in(request: HttpRequest, claims: Any, state: dict[str, Any]) -> HttpResponse:
    if not hmac.compare_digest(str(claims.get("nonce")), state["nonce"]):
        raise NotBelieved("It was made for another sign-in.")
    provider = oidc.the_provider()
    # Whatever this browser held before ends here: a login never lives on under another's key.
    request.session.flush()
    user = arrivals.arrive(said(provider.issuer, claims, provider.rules), provider.rules)
    if user is None:
        return _to_login(Wrong.NOT_LET_IN, state)
    request.session.set_expiry(provider.hours * 3600)
    auth.login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    request.session.save()
    return HttpResponseRedirect(state["next"])


def _why(problem: object) -> Wrong:
    """Name what is wrong with the provider; the log has the rest, for whoever runs Cohelm."""
    # "token: x" is blotted out of logs, and what follows here is the provider's own reason.
    reason = str(problem).replace("token: ", "token gave ")[:_LONGEST_REASON]
    logger.warning("signing in through the provider failed: %s: %s", type(problem).__name__, reason)
    answer = problem.response if isinstance(problem, HTTPError) else None
    server_fault = answer is not None and answer.status_code >= 500
    if server_fault or isinstance(problem, ConnectionError | Timeout):
        return Wrong.PROVIDER_AWAY
    return Wrong.PROVIDER_DISAGREES


def _to_login(wrong: Wrong, state: dict[str, Any] | None = None) -> HttpResponse:
    questions = {"refused": wrong.code}
    if state and state.get("next", "/") != "/":
        questions["next"] = state["next"]
    return HttpResponseRedirect(f"/login?{urlencode(questions)}")
