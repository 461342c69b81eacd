"""The first version of the HTTP API: its routers, and one way to refuse for all of them."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import cache, wraps
from typing import Any

import django.db
import msgspec
import ninja.errors
import psycopg
import psycopg_pool
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import URLPattern, URLResolver
from ninja import NinjaAPI
from ninja.renderers import BaseRenderer

from collab.api import (
    agents,
    grants,
    invitations,
    login,
    participants,
    people,
    provider,
    records,
    sessions,
    signup,
    tokens,
    wishes,
)
from collab.api.asking import signed_in
from collab.api.document import completed
from collab.api.reading import StrictJson, check_content_type, check_query
from collab.api.refusals import NotFollowed, Wrong
from collab.core.codes import Refusal

logger = logging.getLogger(__name__)

Run = Callable[..., Awaitable[Any]]

_AWAY = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg_pool.PoolTimeout,
    django.db.OperationalError,
    django.db.InterfaceError,
    OSError,
)


class Json(BaseRenderer):
    """Writes answers: also ids, times, and JSON that is written already."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        """Give an answer's bytes."""
        return msgspec.json.encode(data)


class Api(NinjaAPI):
    """Be ninja, except that whatever goes wrong is said in our way."""

    def on_exception(self, request: HttpRequest, exc: Any) -> HttpResponse:
        """Answer with the refusal that a failure is."""
        return refusal_of(exc).response()

    def get_openapi_schema(self, **options: Any) -> Any:
        """Describe also what is the same at every address."""
        return completed(super().get_openapi_schema(**options))

    def _get_urls(self) -> list[URLResolver | URLPattern]:
        patterns = super()._get_urls()
        for pattern in patterns:
            pattern.callback = self._answered(pattern.callback)
        return patterns

    def _answered(self, view: Any) -> Run:
        """Wrap an address: what ninja itself would refuse, without a name, gets one here."""

        @wraps(view)
        async def answered(request: HttpRequest, **parts: Any) -> HttpResponse:
            if request.method == "HEAD":
                request.method = "GET"
            try:
                check_content_type(request)
                answer: HttpResponse = await view(request, **parts)
            except Exception as problem:
                answer = self.on_exception(request, problem)
            if isinstance(answer, HttpResponseNotAllowed):
                allowed = answer.headers["Allow"]
                answer = NotFollowed(Wrong.WRONG_METHOD).response()
                answer.headers["Allow"] = allowed
            answer.headers.setdefault("Cache-Control", "no-store")
            return answer

        return answered


def refusal_of(problem: Exception) -> NotFollowed:
    """Give the refusal that a failure is; what has no name here is our fault, and is logged."""
    match problem:
        case NotFollowed():
            return problem
        case ninja.errors.ValidationError():
            return _invalid(problem.errors[0])
        case ninja.errors.HttpError(__cause__=NotFollowed() as cause):
            return cause
        case Http404():
            return NotFollowed(Wrong.NO_ADDRESS)
        case RequestDataTooBig():
            return NotFollowed(Refusal.TOO_LARGE)
        case BadRequest() | SuspiciousOperation():
            return NotFollowed(Refusal.MALFORMED)
        case _ if isinstance(problem, _AWAY):
            logger.warning("a request could not be answered: %s", problem)
            return NotFollowed(Refusal.UNAVAILABLE)
        case _:
            logger.error("a request failed", exc_info=problem)
            return NotFollowed(Refusal.FAULT)


def _invalid(error: dict[str, Any]) -> NotFollowed:
    """Say what has the wrong form, and where: the first part of a place is only its source."""
    place = error["loc"][2 if error["loc"][0] == "body" else 1 :]
    where = ".".join(str(part)[:100] for part in place) or "all of it"
    unknown = error["type"] == "extra_forbidden"
    refusal = Refusal.UNKNOWN_FIELD if unknown else Refusal.INVALID
    return NotFollowed(refusal, problem=f"{where}: {error['msg']}")


def _known_questions(handler: Run) -> Run:
    """Let only those questions through that an operation names."""
    models = handler._ninja_operation.models  # type: ignore[attr-defined]
    known = frozenset(
        name
        for model in models
        if model.__ninja_param_source__ == "query"
        for name in model.__ninja_flatten_map__
    )

    @wraps(handler)
    async def asked(request: HttpRequest, **parts: Any) -> Any:
        check_query(request, known)
        return await handler(request, **parts)

    return asked


api = Api(
    title="Cohelm",
    version="1",
    description="Sessions that several operators share with one AI agent, over a log.",
    openapi_url=None,
    urls_namespace="api-v1",
    auth=signed_in,
    parser=StrictJson(),
    renderer=Json(),
)


@api.get("openapi.json", auth=None, include_in_schema=False)
async def openapi(request: HttpRequest) -> HttpResponse:
    """Give the document that describes this API."""
    return HttpResponse(document(), content_type=api.get_content_type())


@cache
def document() -> bytes:
    """Give the OpenAPI document."""
    return msgspec.json.encode(api.get_openapi_schema())


api.add_decorator(_known_questions)
for part in (
    login,
    provider,
    signup,
    sessions,
    participants,
    grants,
    invitations,
    tokens,
    wishes,
    records,
    people,
    agents,
):
    api.add_router("", part.router)
