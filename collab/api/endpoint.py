"""One address of the API: which method leads where, who asks, what was sent and is answered."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Any, TypeVar
from uuid import UUID

import django.db
import msgspec
import psycopg
import psycopg_pool
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from msgspec import Meta

from collab import doorkeeper
from collab.api.refusals import NotFollowed, Wrong
from collab.core.codes import Close, Refusal
from collab.log import pool
from permissions.credentials import Identity

logger = logging.getLogger(__name__)

LARGEST_BODY = 65_536

Handler = Callable[..., Awaitable[Any]]
Name = Annotated[str, Meta(min_length=1, max_length=100)]
Form = TypeVar("Form", bound="Sent")


class Sent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The form of what a request may send."""


class Created(msgspec.Struct, frozen=True):
    """An answer that something was made."""

    id: UUID


_AWAY = (psycopg.OperationalError, psycopg_pool.PoolTimeout, django.db.OperationalError, OSError)


def endpoint(**handlers: Handler) -> Callable[..., Coroutine[Any, Any, HttpResponse]]:
    """Make the view of one address from a handler for each method (`get=..., post=...`)."""

    async def view(request: HttpRequest, **parts: Any) -> HttpResponse:
        method = "get" if request.method == "HEAD" else str(request.method).lower()
        try:
            if method not in handlers:
                raise NotFollowed(Wrong.WRONG_METHOD)
            return _answer(await handlers[method](request, **parts))
        except NotFollowed as refusal:
            return refusal.response()
        except _AWAY as error:
            logger.warning("a request could not be answered: %s", error)
            return NotFollowed(Refusal.UNAVAILABLE).response()
        except Exception:
            logger.exception("a request failed")
            return NotFollowed(Refusal.FAULT).response()

    return view


def _answer(said: Any) -> HttpResponse:
    if isinstance(said, HttpResponse):
        return said
    status = 201 if isinstance(said, Created) else 200
    headers = {"Cache-Control": "no-store"}
    return JsonResponse(msgspec.to_builtins(said), status=status, headers=headers)


async def identified(request: HttpRequest) -> Identity:
    """Give who asks, by the login's cookie or a bearer token; raises NotFollowed."""
    found = await doorkeeper.identify(request.scope)  # type: ignore[attr-defined]
    if found is Close.UNAVAILABLE:
        raise NotFollowed(Refusal.UNAVAILABLE)
    if isinstance(found, Close):
        raise NotFollowed(Wrong.NOT_LOGGED_IN)
    return found


async def database() -> AbstractAsyncContextManager[psycopg.AsyncConnection[Any]]:
    """Lend a connection for reading."""
    return (await pool.shared()).connection()


def sent(request: HttpRequest, form: type[Form]) -> Form:
    """Read the request's JSON in the form that is expected; raises NotFollowed."""
    try:
        body = request.body
    except RequestDataTooBig:
        raise NotFollowed(Refusal.TOO_LARGE) from None
    if len(body) > LARGEST_BODY:
        raise NotFollowed(Refusal.TOO_LARGE)
    try:
        read = msgspec.json.decode(body, type=form)
    except msgspec.ValidationError as problem:
        raise NotFollowed(Refusal.INVALID, problem=str(problem)) from None
    except RecursionError:
        raise NotFollowed(Refusal.TOO_DEEP) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise NotFollowed(Refusal.MALFORMED, "This is not JSON that can be read.") from None
    if _holds_nul(msgspec.to_builtins(read)):
        raise NotFollowed(Refusal.INVALID_TEXT)
    return read


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_holds_nul(part) for part in (*value, *value.values()))
    return isinstance(value, list) and any(_holds_nul(part) for part in value)


def asked_id(request: HttpRequest, name: str) -> UUID:
    """Read an id from the query; raises NotFollowed."""
    try:
        return UUID(request.GET.get(name, ""))
    except ValueError:
        raise NotFollowed(Refusal.INVALID, problem=f"{name} must be an id") from None


async def unknown_address(request: HttpRequest) -> HttpResponse:
    """Answer for an address that the API does not have."""
    return NotFollowed(Wrong.NO_ADDRESS).response()
