"""Ends every test of real processes by all_screens_agree, on each session that it wrote to."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.test import override_settings

from collab.models import Session
from permissions import tokens
from tests import loops
from tests.cluster import CLUSTERS
from tests.house import HOUSES, House
from tests.record import ask, head_of
from tests.scene import SCENES
from tests.screens import AGREED, Server, all_screens_agree

QUIET_SECONDS = 120.0
"""Within this whoever still writes when a test ends must have come to an end, in seconds."""

_reached: dict[str, dict[UUID, int]] = {}
"""By database: how far each session was when the heads were last read."""


class Place(NamedTuple):
    """A database, and the servers that answer for it."""

    dsn: str
    servers: list[Server]
    house: House | None = None


def places() -> Iterator[Place]:
    """Give the places in which something runs right now."""
    running = [worker for cluster in CLUSTERS for worker in cluster.workers if worker.runs()]
    workers = [worker for worker in running if worker.answers()]
    if workers:
        yield Place(settings.LOG_DSN, [*workers])
    for house in HOUSES:
        if house.answers():
            yield Place(house.dsn, [house], house)


def notice() -> None:
    """Remember where every session is before a test, so that it answers for its own writing."""
    for place in places():
        _written(place)


def agree() -> None:
    """Compare all screens of every session that was written to since; raises AssertionError."""
    for place in places():
        for session in _written(place):
            token = _token(place, session)
            with override_settings(LOG_DSN=place.dsn):
                loops.alone(_agree(place.servers, session, token))


def _written(place: Place) -> list[UUID]:
    with override_settings(LOG_DSN=place.dsn):
        now: dict[UUID, int] = dict(loops.alone(ask(_SESSIONS)))
    before = _reached.get(place.dsn, {})
    _reached[place.dsn] = now
    known = before | AGREED
    return [session for session, seq in now.items() if seq != known.get(session, 0)]


_SESSIONS = "SELECT log, seq FROM collab_head WHERE kind = 1"


def _token(place: Place, session: UUID) -> str:
    """Give a token of somebody who sees all of a session."""
    if place.house is not None:
        demo = place.house.facts["tokens"].get("operator")
        return demo or place.house.says("token", "add", _maker(place, session), "looks")
    if session in SCENES:
        return SCENES[session]
    maker = Session.objects.get(pk=session).created_by
    assert maker is not None
    return tokens.make(maker, "looks", "operator")


def _maker(place: Place, session: UUID) -> str:
    with override_settings(LOG_DSN=place.dsn):
        [(username,)] = loops.alone(ask(_MAKER, session))
    return str(username)


_MAKER = """SELECT u.username FROM collab_session s
    JOIN permissions_user u ON u.id = s.created_by_id WHERE s.id = %s"""


async def _agree(servers: list[Server], session: UUID, token: str) -> None:
    """Begin anew where somebody has written meanwhile."""
    end = time.monotonic() + QUIET_SECONDS
    while True:
        before = await head_of(session)
        try:
            await all_screens_agree(servers, session, token)
        except (AssertionError, TimeoutError):
            if await head_of(session) == before or time.monotonic() > end:
                raise
        else:
            return
