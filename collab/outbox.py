"""What one socket sends: the only caller of ASGI `send` after accept, bounded, in order."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any

from collab.core.codes import Close
from collab.core.untrusted import Message

logger = logging.getLogger(__name__)

WAITING_BYTES = 2 * 1024 * 1024
"""Frames that may wait for a slow reader; events wait in the ring and the log, not here."""

Send = Callable[[dict[str, Any]], Awaitable[None]]
More = Callable[[], Message | None]
"""Gives the next frame of events, or None when there is none at hand; then it wakes us later."""


class Outbox:
    """Sends replies first, then events; a send that is not done is what makes a reader slow."""

    def __init__(self, send: Send, more: More) -> None:
        self._send, self._more = send, more
        self._frames: deque[Message] = deque()
        self._size = 0
        self._close: Close | None = None
        self._task: asyncio.Task[None] | None = None
        self._ended = False
        self._woken = self._busy = False

    def put(self, frame: Message) -> None:
        """Queue a frame that is not part of the log."""
        if self._ended or self._close is not None:
            return
        self._frames.append(frame)
        self._size += len(frame)
        if self._size > WAITING_BYTES:
            self._frames.clear()
            self.close(Close.TOO_SLOW)
        self.wake()

    def wake(self) -> None:
        """Look for something to send."""
        self._woken = True
        if not self._busy and not self._ended:
            self._busy = True
            rest = eagerly(self._drain())
            if rest is not None:
                self._task = rest

    def close(self, close: Close) -> None:
        """Close the socket after what is queued; no event follows."""
        if self._close is None:
            self._close = close
            self.wake()

    def end(self) -> None:
        """Send nothing more: the peer is gone."""
        self._ended = True
        if self._task is not None:
            self._task.cancel()

    async def _drain(self) -> None:
        try:
            while not self._ended and (message := self._next()) is not None:
                await self._send(message)
                self._ended = self._ended or message["type"] == "websocket.close"
        except Exception as error:
            # A peer that went away in the middle of a send is no fault of ours.
            logger.debug("a socket ended while sending: %r", error)
            self._ended = True
        finally:
            self._busy, self._task = False, None
            if self._woken and not self._ended:
                self.wake()

    def _next(self) -> dict[str, Any] | None:
        self._woken = False
        if self._frames:
            frame: Message | None = self._frames.popleft()
            self._size -= len(frame or b"")
        elif self._close is not None:
            return _closing(self._close)
        else:
            frame = self._more()
        kind = "text" if isinstance(frame, str) else "bytes"
        return None if frame is None else {"type": "websocket.send", kind: frame}


def eagerly(work: Coroutine[Any, Any, None]) -> asyncio.Task[None] | None:
    """Do work at once as far as it goes without waiting; where it waits, a task does the rest.

    A task for each frame of each reader would cost more than the frame. Until it waits first, the
    work runs in whatever task is running: it must not ask which, as time limits do.
    """
    try:
        waited = work.send(None)
    except StopIteration:
        return None
    return asyncio.create_task(_go_on(_Begun(work, waited)))


class _Begun:
    """Work that has begun to wait for something, to be awaited by a task."""

    def __init__(self, work: Coroutine[Any, Any, None], waited: Any) -> None:
        self._work, self._waited = work, waited

    def __await__(self) -> Generator[Any, Any, None]:
        while True:
            try:
                heard = yield self._waited
            except BaseException as error:
                step = functools.partial(self._work.throw, error)
            else:
                step = functools.partial(self._work.send, heard)
            try:
                self._waited = step()
            except StopIteration:
                return


async def _go_on(begun: _Begun) -> None:
    await begun


def _closing(close: Close) -> dict[str, Any]:
    return {"type": "websocket.close", "code": close.number, "reason": close.code}
