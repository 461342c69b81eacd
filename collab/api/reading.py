"""From a request's bytes to values: JSON that can be read in one way only, or a refusal."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja.parser import Parser

from collab.api.asking import asker
from collab.api.refusals import NotFollowed, Wrong
from collab.core.codes import Refusal, Refused
from collab.core.frames import LIMITS
from collab.core.untrusted import Limits, inspect, unpack

_NOT_JSON = "This is not a JSON object that can be read."


class StrictJson(Parser):
    """Reads a body for ninja."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Give the body's values; raises NotFollowed."""
        return read(request.body, LIMITS[getattr(asker(request), "kind", "person")])


def read(body: bytes, limits: Limits) -> dict[str, Any]:
    """Give the map that some JSON is; raises NotFollowed."""
    if len(body) > limits.size:
        raise NotFollowed(Refusal.TOO_LARGE)
    try:
        found = unpack(body.decode("utf-8"), limits)
    except UnicodeDecodeError:
        raise NotFollowed(Refusal.MALFORMED, _NOT_JSON) from None
    if isinstance(found, Refused):
        raise NotFollowed(found.refusal, _NOT_JSON if found.refusal is Refusal.MALFORMED else None)
    problem = inspect(found, limits, ())
    if problem is not None:
        raise NotFollowed(problem)
    return found


def check_content_type(request: HttpRequest) -> None:
    """Refuse what says that it is something else than JSON; raises NotFollowed."""
    if request.content_type not in ("", "application/json"):
        raise NotFollowed(Wrong.WRONG_TYPE)


def check_query(request: HttpRequest, known: frozenset[str]) -> None:
    """Refuse questions that are not known here, or asked twice; raises NotFollowed."""
    for name, values in request.GET.lists():
        if name not in known:
            raise NotFollowed(Refusal.UNKNOWN_FIELD, problem=f"unknown: {name[:100]}")
        if len(values) > 1:
            raise NotFollowed(Refusal.INVALID, problem=f"{name} comes twice")
        if "\0" in values[0]:
            raise NotFollowed(Refusal.INVALID_TEXT)
