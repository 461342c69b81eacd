"""From a request's bytes to values: JSON that can be read in one way only, or a refusal."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser

from collab.api.refusals import NotFollowed, Wrong
from collab.core.codes import Refusal
from collab.core.untrusted import Limits, inspect

LIMITS = Limits(size=65_536, depth=32, nodes=2_000)
_NOT_JSON = "This is not JSON that can be read."


class StrictJson(Parser):
    """Reads a body for ninja."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Give the body's values; raises NotFollowed."""
        return read(request.body)


def read(body: bytes) -> Any:
    """Give the values of some JSON; raises NotFollowed."""
    if len(body) > LIMITS.size:
        raise NotFollowed(Refusal.TOO_LARGE)
    try:
        values = json.loads(body.decode("utf-8"), object_pairs_hook=_map, parse_constant=_no_number)
    except RecursionError:
        raise NotFollowed(Refusal.TOO_DEEP) from None
    except ValueError:
        raise NotFollowed(Refusal.MALFORMED, _NOT_JSON) from None
    problem = inspect({"": values}, LIMITS, ())
    if problem is not None:
        raise NotFollowed(problem)
    if not _can_be_said(values):
        raise NotFollowed(Refusal.INVALID_TEXT)
    return values


def _map(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name comes twice")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _can_be_said(values: Any) -> bool:
    """Say whether all text is text: half a pair of surrogates is none."""
    try:
        json.dumps(values, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


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
