"""What one socket sends: the only caller of ASGI `send` after accept, bounded, in order."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from typing import Any

from collab.core.codes import Close
from collab.core.untrusted import Message

logger = logging.getLogger(__name__)

WAITING_BYTES = 2 * 1024 * 1024
"""Frames that may wait for a slow reader; events wait in the ring and the log, not here."""

Sending = Coroutine[Any, Any, None]
Send = Callable[[dict[str, Any]], Sending]
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
        self._busy = False

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
        """Send what there is, at once as far as the socket takes it; where it waits, a task does.

        A task for each frame of each reader would cost more than the frame. Until it waits first,
        a send runs in whatever task is running: it must not ask which, as time limits do.
        """
        if self._busy:
            return
        self._busy = True
        try:
            while not self._ended and (message := self._next()) is not None:
                if (rest := begun(self._send(message))) is not None:
                    self._task = asyncio.create_task(self._finish(rest))
                    return
        except Exception as error:
            self._gone(error)
        self._busy = False

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

    async def _finish(self, rest: Rest) -> None:
        try:
            await rest
        except Exception as error:
            self._gone(error)
        finally:
            self._busy, self._task = False, None
        self.wake()

    def _gone(self, error: Exception) -> None:
        # A peer that went away in the middle of a send is no fault of ours.
        logger.debug("a socket ended while sending: %r", error)
        self._ended = True

    def _next(self) -> dict[str, Any] | None:
        if self._frames:
            frame: Message | None = self._frames.popleft()
            self._size -= len(frame or b"")
        elif self._close is not None:
            self._ended = True
            return _closing(self._close)
        else:
            frame = self._more()
        kind = "text" if isinstance(frame, str) else "bytes"
        return None if frame is None else {"type": "websocket.send", kind: frame}


class Rest:
    """A send that waits for something, to be awaited by a task."""

    def __init__(self, work: Sending, waited: Any) -> None:
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


def begun(work: Sending) -> Rest | None:
    """Do a send as far as it goes without waiting, and give the rest if there is one."""
    try:
        return Rest(work, work.send(None))
    except StopIteration:
        return None


def _closing(close: Close) -> dict[str, Any]:
    return {"type": "websocket.close", "code": close.number, "reason": close.code}
