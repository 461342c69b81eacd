"""One socket after the other: connects, greets, beats, and comes back when that can help.

It carries frames and judges none; what they mean is the session's.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from collab.agents.endings import raise_if_final
from collab.core import frames

logger = logging.getLogger(__name__)

FIRST_DELAY, LONGEST_DELAY = 0.2, 10.0
"""Seconds before coming back; doubled each time, and spread so that not all come at once."""

LOOPBACK = ("127.0.0.1", "localhost", "::1")
FRAME_BYTES = 8 * 1024 * 1024
SILENT_BEATS = 3
"""Beats without a frame after which a connection is taken for dead."""


class Link:
    """Keeps one connection to a session; `claim` is kept alive with each beat."""

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        greeting: Callable[[], list[bytes]],
        take: Callable[[frames.ServerFrame], None],
    ) -> None:
        self.claim: int | None = None
        self._url, self._headers = url, dict(headers)
        self._greeting, self._take = greeting, take
        self._socket: ClientConnection | None = None
        self._joined = False

    async def run(self) -> None:
        """Stay connected until cancelled; raises StayAway, or what a frame's taker raised."""
        delay = FIRST_DELAY
        while True:
            self._joined = False
            try:
                await self._connection()
            except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed) as error:
                raise_if_final(error)
                logger.warning("no connection to %s, coming back: %r", self._url, error)
            delay = FIRST_DELAY if self._joined else min(delay * 2, LONGEST_DELAY)
            await asyncio.sleep(spread(delay))

    async def send(self, data: bytes) -> None:
        """Send a frame if there is a connection; a command is sent again by the greeting."""
        if self._socket is not None:
            with contextlib.suppress(ConnectionClosed):
                await self._socket.send(data)

    async def beat(self) -> None:
        """Say that this reader lives."""
        await self.send(frames.encode(frames.Alive(self.claim)))

    async def renew(self, headers: Mapping[str, str]) -> None:
        """Come back with other headers."""
        self._headers.update(headers)
        if self._socket is not None:
            await self._socket.close()

    async def _connection(self) -> None:
        async with connect(
            self._url,
            subprotocols=[Subprotocol(frames.SUBPROTOCOL)],
            additional_headers=self._headers,
            max_size=FRAME_BYTES,
            ping_interval=None,
            compression=None,
            user_agent_header=None,
            proxy=None if urlsplit(self._url).hostname in LOOPBACK else True,
        ) as socket:
            try:
                await self._greet(socket)
                await self._hear(socket)
            finally:
                self._socket = None

    async def _greet(self, socket: ClientConnection) -> None:
        """Join, and once joined send again what was never answered."""
        joining, *_ = self._greeting()
        await socket.send(joining)
        while not self._joined:
            self._took(await _next(socket))
        self._socket = socket
        for data in self._greeting()[1:]:
            await socket.send(data)

    async def _hear(self, socket: ClientConnection) -> None:
        beating = asyncio.create_task(self._beat())
        try:
            while True:
                self._took(await _next(socket))
        finally:
            beating.cancel()

    def _took(self, frame: frames.ServerFrame) -> None:
        self._take(frame)
        self._joined = self._joined or isinstance(frame, frames.Welcome)

    async def _beat(self) -> None:
        while True:
            await self.beat()
            await asyncio.sleep(frames.BEAT_SECONDS)


async def _next(socket: ClientConnection) -> frames.ServerFrame:
    async with asyncio.timeout(SILENT_BEATS * frames.BEAT_SECONDS):
        while True:
            with contextlib.suppress(frames.UnknownFrame):
                return frames.decode_server(await socket.recv(decode=False))


def spread(delay: float) -> float:
    """Give a delay of about this length, so that not all come back at once."""
    return delay * random.uniform(0.5, 1.5)  # spreads load, guards nothing
