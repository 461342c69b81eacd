"""What HTTP refuses besides what a socket does, and how any refusal is said as JSON."""

from __future__ import annotations

import math
from enum import Enum
from http import HTTPStatus
from typing import Any, Protocol

import msgspec
from django.http import HttpRequest, HttpResponse

from collab.adding import Problem
from collab.core.codes import Refusal, Refused
from permissions import backends


class Wrong(Enum):
    """The named reasons that only HTTP has: status, code, sentence, try again."""

    status: int
    code: str
    sentence: str
    retry: bool

    def __new__(cls, status: int, code: str, sentence: str, retry: bool) -> Wrong:
        member = object.__new__(cls)
        member._value_ = code
        member.status, member.code = status, code
        member.sentence, member.retry = sentence, retry
        return member

    TWO_CREDENTIALS = (
        400,
        "two_credentials",
        "Both a login's cookie and a bearer token came: send one of them.",
        False,
    )
    WRONG_TYPE = 415, "wrong_type", "Send JSON, as application/json.", False
    NOT_LOGGED_IN = 401, "not_logged_in", "Sign in first.", False
    WRONG_LOGIN = 401, "wrong_login", "The username or the password is not right.", False
    TOO_MANY_TRIES = (
        429,
        "too_many_tries",
        "Too many tries. Wait five minutes, then try again.",
        True,
    )
    LOGIN_NEEDED = 403, "login_needed", "Sign in with a browser: a token cannot do this.", False
    WRONG_PAGE = 403, "wrong_page", "This page is out of date. Reload it, then try again.", True
    PASSWORDS_OFF = 403, "passwords_off", backends.SENTENCE, False
    NO_PROVIDER = 404, "no_provider", "There is no provider here to sign in through.", False
    PROVIDER_AWAY = (
        503,
        "provider_away",
        "The provider does not answer. Try again in a moment.",
        True,
    )
    PROVIDER_DISAGREES = (
        502,
        "provider_disagrees",
        "The provider and Cohelm do not agree on how to sign you in. "
        "Tell whoever runs Cohelm: its log has the reason.",
        False,
    )
    NOT_LET_IN = (
        403,
        "not_let_in",
        "The provider knows you, and does not let you in here. Ask whoever manages its groups.",
        False,
    )
    SIGN_IN_OVER = (
        400,
        "sign_in_over",
        "This sign-in was begun elsewhere, took too long or was used before. Begin again.",
        True,
    )
    SIGN_IN_CANCELLED = (
        400,
        "sign_in_cancelled",
        "You did not finish signing in at the provider. Begin again.",
        True,
    )
    NO_ADDRESS = 404, "no_address", "There is nothing at this address.", False
    WRONG_METHOD = 405, "wrong_method", "This address is not used in this way.", False
    NO_WORKSPACE = 404, "no_workspace", "There is no such workspace, or it is not yours.", False
    NO_SUCH_AGENT = 404, "no_such_agent", "There is no such agent in this workspace.", False
    BEYOND = 404, "beyond", "The record does not reach that far.", False
    YOURSELF = 409, "yourself", "You cannot switch yourself off. Ask another owner.", False
    ELSEWHERE = (
        409,
        "elsewhere",
        "This person is in other workspaces too. Take their roles here instead.",
        False,
    )
    ADMINISTERS = (
        403,
        "administers",
        "This person administers the installation. That is changed in the admin.",
        False,
    )
    NO_SUCH_TOKEN = 404, "no_such_token", "There is no such token, or it is not yours.", False
    WRONG_LINK = 404, "wrong_link", "This link does not work any more. Ask for a new one.", False
    WEAK_PASSWORD = 400, "weak_password", "This password is too easy to guess.", False
    USERNAME_TAKEN = 409, "username_taken", "That username is taken. Choose another.", False


class Why(Protocol):
    """A named reason: one of ours, a refusal of a socket, or a problem of what was asked for."""

    code: str
    sentence: str
    retry: bool


_GROUPS: dict[int, tuple[Refusal | Problem, ...]] = {
    403: (Refusal.FORBIDDEN, Refusal.WRONG_KIND, Refusal.NOT_YOURS, Refusal.ABOVE_YOU),
    404: (
        Refusal.NOT_FOUND,
        Refusal.NO_PERSON,
        Refusal.NO_PROMPT,
        Refusal.NO_APPROVAL,
        Refusal.NO_GRANT,
        Refusal.NO_INVITATION,
    ),
    409: (
        Refusal.NOT_OPEN,
        Refusal.ALREADY_OPEN,
        Refusal.CLOSED,
        Refusal.NO_AGENT,
        Refusal.NO_RUN,
        Refusal.RUN_BUSY,
        Refusal.RUN_OVER,
        Refusal.QUEUE_FULL,
        Refusal.STALE_CLAIM,
        Refusal.CLAIMED,
        Refusal.ALREADY_DECIDED,
        Refusal.NOT_DECIDED,
        Refusal.NOT_UNKNOWN,
        Refusal.CHANGED,
        Refusal.EXPIRED,
        Refusal.ALREADY_GRANTED,
        Refusal.LAST_OWNER,
        Refusal.TOO_MANY_INVITATIONS,
        Refusal.NOTHING_TO_DO,
        Refusal.COMMAND_ID_TAKEN,
        Problem.NAME_TAKEN,
        Problem.IN_USE,
    ),
    413: (Refusal.TOO_LARGE,),
    429: (Refusal.SLOW_DOWN,),
    500: (Refusal.FAULT,),
    503: (Refusal.BUSY, Refusal.UNAVAILABLE),
}
_STATUS: dict[Any, int] = {why: status for status, group in _GROUPS.items() for why in group}
"""The status of a refusal that sockets have too; of any other it is 400."""


class NotFollowed(Exception):
    """Stop handling a request, with the reason that is answered."""

    def __init__(self, why: Why, sentence: str | None = None, **details: Any) -> None:
        super().__init__(why)
        self.why, self.sentence, self.details = why, sentence, details

    @classmethod
    def by(cls, refused: Refused) -> NotFollowed:
        """Say what the write door refused."""
        told = cls(refused.refusal, refused.words)
        told.details = refused.details
        return told

    def response(self) -> HttpResponse:
        """Say it as JSON."""
        why = self.why
        status = why.status if isinstance(why, Wrong) else _STATUS.get(why, 400)
        said = {"code": why.code, "sentence": self.sentence or why.sentence, "retry": why.retry}
        if self.details:
            said["details"] = self.details
        answer = HttpResponse(
            msgspec.json.encode(said), content_type="application/json", status=status
        )
        if status == HTTPStatus.UNAUTHORIZED:
            answer.headers["WWW-Authenticate"] = "Bearer"
        if "retry_ms" in self.details:
            answer.headers["Retry-After"] = str(math.ceil(self.details["retry_ms"] / 1_000))
        return answer


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a request whose page did not come from here (Django's CSRF_FAILURE_VIEW)."""
    return NotFollowed(Wrong.WRONG_PAGE).response()
