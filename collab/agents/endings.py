"""How commands and connections end, and what may be tried again: the SDK's exceptions.

It decides from codes alone and does no I/O.
"""

from __future__ import annotations

import logging
from typing import Any

import msgspec
from websockets.exceptions import ConnectionClosed, InvalidStatus

from collab.core import events, frames
from collab.core.codes import Close, Refusal
from collab.core.events import Event
from collab.core.frames import Stub

logger = logging.getLogger(__name__)

AGAIN = {Refusal.SLOW_DOWN.code, Refusal.BUSY.code, Refusal.UNAVAILABLE.code}
"""Refusals after which the same command, with the same id, is sent again by itself."""


class CommandRefused(Exception):
    """A command was not followed; `code` names why, `sentence` says it."""

    def __init__(self, frame: frames.RefusalFrame) -> None:
        super().__init__(f"{frame.code}: {frame.sentence}")
        self.code, self.sentence, self.retry = frame.code, frame.sentence, frame.retry
        self.details: dict[str, Any] = frame.details


class StayAway(Exception):
    """The server ended the connection and said that coming back cannot help."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence = code, sentence


class Closed(ConnectionError):
    """The session was left by this program itself."""


class LogChanged(Exception):
    """The log is not the one that was followed (a restored copy): forget it and join anew."""


def read(raw: msgspec.Raw) -> Event | None:
    """Read an event; what is withheld or newer than this program is left out."""
    try:
        found = frames.event_or_stub(raw)
    except events.UnknownType as name:
        logger.warning("an event of an unknown type was left out: %s", name)
        return None
    return None if isinstance(found, Stub) else found


def raise_if_final(error: Exception) -> None:
    """Raise StayAway if the server said that coming back cannot help."""
    if isinstance(error, ConnectionClosed) and error.rcvd and 4500 <= error.rcvd.code <= 4999:
        known = {close.number: close for close in Close}.get(error.rcvd.code)
        raise StayAway(error.rcvd.code, known.sentence if known else error.rcvd.reason) from error
    if isinstance(error, InvalidStatus) and 400 <= error.response.status_code < 500:
        status = error.response.status_code
        raise StayAway(status, f"The server refused the connection ({status}).") from error
