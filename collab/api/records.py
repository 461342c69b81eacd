"""The record over HTTP: pages of events and the state at a place, through the read door."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from collab import replay
from collab.api import shelf
from collab.api.asking import asker
from collab.api.forms import Answer
from collab.api.refusals import NotFollowed, Wrong
from collab.api.shelf import UNKNOWN
from collab.core.codes import Refusal
from collab.core.commands import Place
from collab.core.encodings import transcribed
from collab.core.frames import PAGE_LIMIT
from collab.replay import Excerpt, Wanted
from permissions.roles import Permission

router = Router(tags=["record"])

Seq = Annotated[int | None, Query(ge=0, le=2**53 - 1)]
Limit = Annotated[int, Query(ge=1, le=PAGE_LIMIT)]


class EventPage(Answer):
    """Covers `first` to `last`: what is not in it was left out; the whole ends at `head`.

    An event is the same as in JSON on a socket; one that the asker may not see is a stub.
    """

    epoch: int
    head: int
    first: int
    last: int
    events: list[dict[str, Any]]


class StateAt(Answer):
    """The control state after the event at `seq`."""

    seq: int
    state: dict[str, Any]


@router.get("sessions/{uuid:session}/events", response=EventPage)
async def events(
    request: HttpRequest, session: UUID, after: Seq = None, before: Seq = None, limit: Limit = 100
) -> HttpResponse:
    """Give events after a place or before one; with neither, the newest."""
    return await _page(request, "session", session, Wanted(after, before, limit))


@router.get("workspaces/{uuid:workspace}/events", response=EventPage)
async def workspace_events(
    request: HttpRequest, workspace: UUID, after: Seq = None, before: Seq = None, limit: Limit = 100
) -> HttpResponse:
    """Give events of a workspace's own log, to those who may audit it."""
    async with await shelf.database() as conn:
        await shelf.require_at(conn, asker(request), "workspace", workspace, Permission.AUDIT)
    return await _page(request, "workspace", workspace, Wanted(after, before, limit))


async def _page(request: HttpRequest, place: Place, log: UUID, wanted: Wanted) -> HttpResponse:
    if wanted.after is not None and wanted.before is not None:
        raise NotFollowed(Refusal.INVALID, problem="after and before exclude each other")
    async with await shelf.database() as conn:
        known = await shelf.is_place(conn, place, log)
    found = await replay.excerpt(log, asker(request).principal, wanted) if known else None
    if found is None:
        raise NotFollowed(UNKNOWN[place])
    return HttpResponse(_json(found), content_type="application/json")


def _json(found: Excerpt) -> bytes:
    return msgspec.json.encode(
        found._asdict() | {"events": [msgspec.Raw(transcribed(bytes(e))) for e in found.events]}
    )


@router.get("sessions/{uuid:session}/state", response=StateAt)
async def state(request: HttpRequest, session: UUID, seq: Seq = None) -> HttpResponse:
    """Give the state as it was at a place in the log, or is now."""
    async with await shelf.database() as conn:
        known = await shelf.is_place(conn, "session", session)
    try:
        found = await replay.state_at(session, asker(request).principal, seq) if known else None
    except LookupError:
        raise NotFollowed(Wrong.BEYOND) from None
    if found is None:
        raise NotFollowed(Refusal.NOT_FOUND)
    said = msgspec.json.encode({"seq": found.seq, "state": found})
    return HttpResponse(said, content_type="application/json")
