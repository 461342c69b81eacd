"""Readers of one session in one process: each event's number is checked on every connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.benchmarks.dialects import Dialect, Heard
from tests.benchmarks.sockets import Socket

TOGETHER = 50
"""Connections that are opened at a time."""

PATIENCE = 60.0
"""Seconds that a connection has for joining."""

STALL_SECONDS = 5.0
"""Seconds after which an event that somebody has not got is not waited for: the next one, or the
end, tells whether it was lost."""


@dataclass
class Faults:
    """What no reader may ever see."""

    lost: int = 0
    doubled: int = 0
    misordered: int = 0
    refused: int = 0
    closed: int = 0

    @property
    def total(self) -> int:
        """Add them up."""
        return self.lost + self.doubled + self.misordered + self.refused + self.closed


class Reader:
    """One connection, its place, and what to tell of what it hears."""

    def __init__(self, dialect: Dialect, crowd: Crowd) -> None:
        self.next: int | None = None
        self.done: Callable[[], None] = lambda: None
        self.at_once = dialect.at_once
        self._dialect, self._hear, self._crowd = dialect, dialect.hear, crowd
        self._joined = False
        self._head = 0
        self._missed: set[int] = set()
        self.socket = Socket(dialect.path, dialect.headers, self._opened, self._heard)

    def _opened(self) -> None:
        hello = self._dialect.hello()
        if hello is None:
            self.socket.joined.set_result(None)
        else:
            self.socket.send(hello, self._dialect.opcode)

    def act(self, text: str) -> None:
        """Do something that everyone will see."""
        self.socket.send(self._dialect.act(text), self._dialect.opcode)

    def _heard(self, message: bytes) -> None:
        heard = self._hear(message)
        if heard.seqs:
            self._place(heard.seqs, heard.last)
            self._crowd.delivered(len(heard.seqs), heard.texts)
        else:
            self._told(heard)
        if not self._joined:
            self._follow()
        if heard.done or heard.refused:
            self.done()

    def _told(self, heard: Heard) -> None:
        """Hear what is no event: where a reader begins, or a refusal."""
        if heard.first is not None:
            self.next, self._head = heard.first, heard.head
        self._crowd.faults.refused += heard.refused is not None

    def _follow(self) -> None:
        """Count as joined once all that was there before has come: it belongs to no measuring."""
        if self.next is not None and self.next > self._head:
            self._joined = True
            if not self.socket.joined.done():
                self.socket.joined.set_result(None)

    def _place(self, seqs: Sequence[int], last: int | None) -> None:
        """Hold numbers against the place that this reader has reached."""
        if len(seqs) == 1 and seqs[0] == self.next and last in (None, self.next):
            self.next += 1  # what nearly all are, told first: the generator must outpace the rest
            return
        faults = self._crowd.faults
        for seq in seqs:
            if self.next is None or seq == self.next:
                self.next = seq + 1
            elif seq > self.next:
                self._missing(range(self.next, seq))
                self.next = seq + 1
            elif seq in self._missed:
                self._missed.discard(seq)
                faults.lost -= 1
                faults.misordered += 1
            else:
                faults.doubled += 1
        if last is not None and self.next is not None and self.next <= last:
            self._missing(range(self.next, last + 1))
            self.next = last + 1

    def _missing(self, seqs: Iterable[int]) -> None:
        self._missed.update(seqs)
        self._crowd.faults.lost += len(set(seqs))


class Crowd:
    """All readers of one way, and what they saw together."""

    def __init__(self) -> None:
        self.readers: list[Reader] = []
        self.faults = Faults()
        self.deliveries = 0
        self.texts: Callable[[Sequence[str]], None] | None = None
        self._target, self._reached = 0, asyncio.Event()

    async def join(self, url: str, dialects: Iterable[Dialect]) -> None:
        """Open all connections and wait until each of them follows."""
        address = urlsplit(url)
        host, port = address.hostname or "", address.port or 0
        loop, gate = asyncio.get_running_loop(), asyncio.Semaphore(TOGETHER)

        async def one(dialect: Dialect) -> Reader:
            async with gate:
                reader = Reader(dialect, self)
                await loop.create_connection(lambda: reader.socket, host, port)
                await asyncio.wait_for(reader.socket.joined, PATIENCE)
                return reader

        self.readers = await asyncio.gather(*(one(dialect) for dialect in dialects))

    def delivered(self, count: int, texts: Sequence[str]) -> None:
        """Count what came to one reader."""
        self.deliveries += count
        if self.texts is not None:
            self.texts(texts)
        if self.deliveries >= self._target:
            self._reached.set()

    async def until(self, deliveries: int) -> None:
        """Wait until so much has come, or no more does."""
        self._target = deliveries
        self._reached.clear()
        if self.deliveries < deliveries:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._reached.wait(), STALL_SECONDS)

    async def settle(self, patience: float = 4 * STALL_SECONDS) -> None:
        """Wait until all have reached the same end; what is missing then is lost."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience
        while len(self._places()) > 1 and loop.time() < deadline:  # noqa: ASYNC110  # it is rare
            await asyncio.sleep(0.05)
        end = max(self._places(), default=0)
        self.faults.lost += sum(end - (reader.next or end) for reader in self.readers)
        self.faults.closed += sum(reader.socket.closed for reader in self.readers)

    def _places(self) -> set[int]:
        return {reader.next for reader in self.readers if reader.next is not None}

    def leave(self) -> None:
        """Hang up everywhere."""
        for reader in self.readers:
            reader.socket.close()
