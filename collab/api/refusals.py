"""What HTTP refuses besides what a socket does, and how any refusal is said as JSON."""

from __future__ import annotations

from enum import Enum
from typing import Any

from django.http import HttpRequest, JsonResponse

from collab.core.codes import Refusal


class Wrong(Enum):
    """The named reasons that only HTTP has: status, code, sentence, try again."""

    NOT_LOGGED_IN = 401, "not_logged_in", "Sign in first.", False
    WRONG_LOGIN = 401, "wrong_login", "The username or the password is not right.", False
    TOO_MANY_TRIES = (
        429,
        "too_many_tries",
        "Too many tries. Wait five minutes, then try again.",
        True,
    )
    WRONG_PAGE = 403, "wrong_page", "This page is out of date. Reload it, then try again.", True
    NO_ADDRESS = 404, "no_address", "There is nothing at this address.", False
    WRONG_METHOD = 405, "wrong_method", "This address is not used in this way.", False
    NO_WORKSPACE = 404, "no_workspace", "There is no such workspace, or it is not yours.", False
    NO_SUCH_AGENT = 404, "no_such_agent", "There is no such agent in this workspace.", False
    NAME_TAKEN = 409, "name_taken", "That name is taken. Choose another.", False
    WRONG_URL = 400, "wrong_url", "The address must begin with http:// or https://.", False
    WRONG_HEADER = 400, "wrong_header", "A header's name or value has characters it may not.", False
    WRONG_LINK = 404, "wrong_link", "This link does not work any more. Ask for a new one.", False
    WEAK_PASSWORD = 400, "weak_password", "This password is too easy to guess.", False

    @property
    def status(self) -> int:
        """Give the HTTP status."""
        return self.value[0]


_STATUS = {
    Refusal.FORBIDDEN: 403,
    Refusal.NOT_FOUND: 404,
    Refusal.NO_PERSON: 404,
    Refusal.TOO_LARGE: 413,
    Refusal.SLOW_DOWN: 429,
    Refusal.FAULT: 500,
    Refusal.BUSY: 503,
    Refusal.UNAVAILABLE: 503,
}


class NotFollowed(Exception):
    """Stop handling a request, with the reason that is answered."""

    def __init__(self, why: Wrong | Refusal, sentence: str | None = None, **details: Any) -> None:
        super().__init__(why)
        self.why, self.sentence, self.details = why, sentence, details

    def response(self) -> JsonResponse:
        """Say it as JSON."""
        if isinstance(self.why, Wrong):
            status, code, sentence, retry = self.why.value
        else:
            status = _STATUS.get(self.why, 400)
            code, sentence, retry = self.why.code, self.why.sentence, self.why.retry
        said = {"code": code, "sentence": self.sentence or sentence, "retry": retry}
        if self.details:
            said["details"] = self.details
        return JsonResponse(said, status=status)


def csrf_failed(request: HttpRequest, reason: str = "") -> JsonResponse:
    """Answer a request whose page did not come from here (Django's CSRF_FAILURE_VIEW)."""
    return NotFollowed(Wrong.WRONG_PAGE).response()
