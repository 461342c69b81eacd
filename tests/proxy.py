"""One TCP proxy for tests: a network between two parties that can stall, swallow or break.

It knows bytes only. Whoever starts it decides when the network is well again.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from enum import Enum
from types import TracebackType
from typing import Self

CHUNK = 65_536
# Closing with this gives the peer a reset instead of a goodbye.
NO_GOODBYE = struct.pack("ii", 1, 0)


class Network(Enum):
    """How the network is."""

    PASSES = "passes"
    STALLS = "stalls"
    """Nothing arrives, nothing is lost: it all comes later."""
    SWALLOWS = "swallows"
    """A black hole: nothing arrives, and nobody is told."""


class Proxy:
    """Listen on a port of its own and pass everything on to one address."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._network = Network.PASSES
        self._passes = asyncio.Event()
        self._passes.set()
        self._links: set[_Link] = set()
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        assert self._server, "the proxy does not run"
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        """Give the address for whoever is to be behind this network."""
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server
        self._server.close()
        self.cut()
        await asyncio.gather(*(link.over.wait() for link in self._links))

    def heal(self) -> None:
        """Let everything pass again; connections that lost bytes are broken, as real ones are."""
        self._network = Network.PASSES
        self._passes.set()
        for link in self._links:
            if link.lost_bytes:
                link.cut()

    def stall(self) -> None:
        """Hold everything back, until the network is healed."""
        self._network = Network.STALLS
        self._passes.clear()

    def swallow(self) -> None:
        """Let everything vanish without a word, until the network is healed."""
        self._network = Network.SWALLOWS
        self._passes.set()

    def cut(self) -> None:
        """Reset every connection that is open now; new ones are taken as the network is."""
        for link in self._links:
            link.cut()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = _Link(writer)
        self._links.add(link)
        try:
            await self._carry_both(link, reader)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            link.cut()
            self._links.discard(link)
            link.over.set()

    async def _carry_both(self, link: _Link, reader: asyncio.StreamReader) -> None:
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        link.writers.append(far_writer)
        ways = [
            asyncio.create_task(self._carry(link, reader, far_writer)),
            asyncio.create_task(self._carry(link, far_reader, link.writers[0])),
        ]
        await asyncio.wait(ways)
        for way in ways:
            way.result()

    async def _carry(
        self, link: _Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with contextlib.closing(writer):
            while data := await reader.read(CHUNK):
                await self._passes.wait()
                if self._network is Network.SWALLOWS:
                    link.lost_bytes += len(data)
                    continue
                writer.write(data)
                await writer.drain()
            if self._network is Network.SWALLOWS:
                # An end does not arrive either.
                link.lost_bytes += 1
                await link.is_cut.wait()


class _Link:
    """One connection through the proxy: its two ends."""

    def __init__(self, near: asyncio.StreamWriter) -> None:
        self.writers = [near]
        self.lost_bytes = 0
        self.is_cut = asyncio.Event()
        self.over = asyncio.Event()

    def cut(self) -> None:
        """Reset both ends."""
        self.is_cut.set()
        for writer in self.writers:
            sock = writer.get_extra_info("socket")
            if sock is not None and not writer.is_closing():
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_GOODBYE)
            writer.transport.abort()
