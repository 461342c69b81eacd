"""A socket of ours: whose it is, its frames in and out, and the work that they ask for."""

from __future__ import annotations

import asyncio
import logging
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import ExitStack
from typing import Any
from uuid import UUID

from channels.consumer import AsyncConsumer

from collab import doorkeeper
from collab.core import frames
from collab.core.codes import Close, Refusal, Refused
from collab.core.connection import Connection
from collab.core.encodings import ENCODINGS
from collab.core.frames import ClientFrame, ServerFrame
from collab.core.untrusted import Message
from collab.limits import limits
from collab.outbox import Outbox, Send
from collab.submit import sender_of
from permissions.credentials import Identity
from permissions.masks import Principal

logger = logging.getLogger(__name__)

JOIN_SECONDS = 10
"""How long a socket may stay without joining."""


class Socket(AsyncConsumer):  # type: ignore[misc]  # channels has no types
    """Speaks one encoding; it has no channel of its own and never waits while receiving."""

    def __init__(self) -> None:
        self._live = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._seats = ExitStack()

    @abstractmethod
    def heard(self, frame: ClientFrame) -> None:
        """Answer a frame that may come now, without waiting."""

    @abstractmethod
    def more(self) -> Message | None:
        """Give what is to be sent besides what was put into the outbox."""

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Send,
    ) -> None:
        """Serve one socket until it ends."""
        self.scope = scope
        self._outbox = Outbox(send, self.more)
        try:
            while (message := await receive())["type"] != "websocket.disconnect":
                await self.dispatch(message, send)
        finally:
            self.gone()

    async def dispatch(self, message: dict[str, Any], send: Send) -> None:
        """Accept once; after that only the outbox sends, and nothing here waits."""
        if message["type"] == "websocket.connect":
            offered = self.scope.get("subprotocols", [])
            chosen = next((name for name in offered if name in ENCODINGS), None)
            await send({"type": "websocket.accept", "subprotocol": chosen})
            await self._accepted(chosen)
        else:
            self._take(message)

    async def _accepted(self, subprotocol: str | None) -> None:
        """Find out who this is; closes come after accept, since a browser sees no other."""
        if subprotocol is None:
            self._outbox.close(Close.UPGRADE)
            return
        self.encoding = ENCODINGS[subprotocol]
        identity = await self._identified()
        if isinstance(identity, Close):
            self._outbox.close(identity)
            return
        self._identity: Identity = identity
        self._sender = sender_of(identity)
        self.principal: Principal = self._sender.principal
        self._connection = Connection(self._sender.kind, self.encoding)
        self._timer = asyncio.get_running_loop().call_later(JOIN_SECONDS, self._late)

    async def _identified(self) -> Identity | Close:
        """Find out who this is, unless too much comes from the address, or from them."""
        if not limits().opens((self.scope.get("client") or ("",))[0], self._seats):
            return Close.TOO_MUCH
        found = await doorkeeper.identify(self.scope)
        if isinstance(found, Close) or limits().enters(found, self._seats):
            return found
        return Close.TOO_MUCH

    def _late(self) -> None:
        if not self._live:
            self._outbox.close(Close.NO_JOIN)

    def gone(self) -> None:
        """Leave nothing behind."""
        self._live = False
        self._outbox.end()
        self._seats.close()
        if hasattr(self, "_timer"):
            self._timer.cancel()

    def _take(self, message: dict[str, Any]) -> None:
        if not hasattr(self, "_connection"):
            return
        data = message.get("bytes")
        heard = self._connection.receive(message["text"] if data is None else data)
        match heard:
            case Close():
                self._outbox.close(heard)
            case Refused():
                self._refuse(heard)
            case frame:
                self.heard(frame)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a frame could not be answered", exc_info=error)
            self._refuse(Refused(Refusal.FAULT))

    def _tell(self, frame: ServerFrame) -> None:
        self._outbox.put(self.encoding.encode(frame))

    def _refuse(self, refused: Refused, command_id: UUID | None = None) -> None:
        self._tell(frames.refusal(refused, command_id))
