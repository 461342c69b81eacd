"""A hub over a log that the test writes: a list that can fail, wait and revoke, and readers."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from collab.core import chain, frames
from collab.core import events as e
from collab.core.codes import Close
from collab.core.drafts import Draft
from collab.core.encodings import MSGPACK, Encoding
from collab.core.state import State
from collab.core.untrusted import Message
from collab.core.visibility import CODES
from collab.hub import Authorised, Hub
from collab.log.store import PAGE, Head, Stored
from permissions.masks import Mask, Principal
from permissions.roles import NONE, ROLES
from tests.plain import heard
from tests.play import START_TIME, uid

LOG = uid(0x106)
OPERATOR = Mask(ROLES["operator"], None)
OBSERVER = Mask(ROLES["observer"], None)
NOBODY = Mask(NONE, None)
PATIENCE = 30.0


class News:
    """Wakes whoever waits for something to have happened."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def tell(self) -> None:
        self._event.set()

    async def until(self, met: Callable[[], object]) -> bool:
        async with asyncio.timeout(PATIENCE):
            while not met():
                self._event.clear()
                await self._event.wait()
        return True


class Log:
    """What Postgres holds: events, grants, and whether it can be reached."""

    def __init__(self, news: News) -> None:
        self.news = news
        self.stored: list[Stored] = []
        self.epoch, self.acl_version = 1, 1
        self.masks: dict[Principal, Mask] = {}
        self.errors: list[Exception] = []
        self.reads: list[tuple[int, int]] = []
        self.looks = 0
        self.gate = asyncio.Event()
        self.gate.set()

    def append(self, *drafts: Draft) -> list[Stored]:
        made = [self._stored(len(self.stored) + place, d) for place, d in enumerate(drafts, 1)]
        self.stored.extend(made)
        return made

    def notes(self, count: int, text: str = "x") -> list[Stored]:
        return self.append(*(Draft(e.NoteWritten(text)) for _ in range(count)))

    def _stored(self, seq: int, draft: Draft) -> Stored:
        event = e.Event(
            seq, draft.body.type, START_TIME + seq, draft.body, visibility=draft.visibility
        )
        digest = chain.event_digest(LOG, seq, event.time, bytes(32))
        return Stored(
            seq,
            CODES[draft.visibility],
            e.passing(draft.body),
            self.acl_version,
            event.time,
            e.encode(event),
            digest,
            chain.digest_of(digest),
        )

    @property
    def head(self) -> Head:
        return Head(LOG, 1, self.epoch, len(self.stored), bytes(32), self.acl_version)

    def _fail(self) -> None:
        if self.errors:
            raise self.errors.pop(0)

    async def page(self, log: UUID, after: int, upto: int, passing_from: int) -> list[Stored]:
        self.reads.append((after + 1, upto))
        self.news.tell()
        self._fail()
        found = [
            stored
            for stored in self.stored[after:upto]
            if not stored.passing or stored.seq >= passing_from or stored.seq == upto
        ]
        return found[:PAGE]

    async def authorise(self, log: UUID, principals: Sequence[Principal]) -> Authorised:
        self.looks += 1
        self.news.tell()
        self._fail()
        seen = Authorised(
            self.epoch,
            len(self.stored),
            self.acl_version,
            {who: self.masks[who] for who in principals if who in self.masks},
        )
        await self.gate.wait()
        return seen


class Reader:
    """A connection; it takes what there is as soon as it is woken, unless it is slow."""

    def __init__(self, hub: Hub, log: Log, number: int, mask: Mask) -> None:
        self.principal = Principal(uid(number), 1, uid(number + 1))
        self.deltas, self.cursor, self.mask = True, 0, NOBODY
        self.encoding: Encoding = MSGPACK
        self.slow = False
        self.taken: list[frames.Events] = []
        self.raw: list[Message] = []
        self.told: list[tuple[Mask, int]] = []
        self.shown: list[Message] = []
        self.left: Close | None = None
        self._hub, self._log = hub, log
        log.masks[self.principal] = mask

    def wake(self) -> None:
        if not self.slow:
            self.drain()
        self._log.news.tell()

    def drain(self) -> None:
        while (data := self._hub.frame(self)) is not None:
            self.take(data)

    def take(self, data: Message) -> None:
        frame = heard(data)
        assert isinstance(frame, frames.Events)
        expected = self.taken[-1].last + 1 if self.taken else frame.first
        assert frame.first == expected, "a range has a gap"
        assert self.cursor == frame.last
        self.raw.append(data)
        self.taken.append(frame)

    def access(self, mask: Mask, acl_version: int, last: int) -> None:
        self.told.append((mask, acl_version))
        self._log.news.tell()

    def show(self, frame: Message) -> None:
        self.shown.append(frame)

    def leave(self, close: Close = Close.RESTARTING) -> None:
        self.left = close
        self._log.news.tell()

    @property
    def entries(self) -> list[e.Event | frames.Stub]:
        return [frames.event_or_stub(raw) for frame in self.taken for raw in frame.events]

    @property
    def seqs(self) -> list[int]:
        return [entry.seq for entry in self.entries]


class Place:
    """A hub over a log, and its readers."""

    def __init__(self) -> None:
        self.news = News()
        self.log = Log(self.news)
        self.hub = Hub(self.log.head, State(), self.log)
        self._numbers = itertools.count(0x100, 0x10)

    async def reader(self, mask: Mask = OPERATOR, *, deltas: bool = True) -> Reader:
        reader = Reader(self.hub, self.log, next(self._numbers), mask)
        reader.deltas = deltas
        await asyncio.wait_for(self.hub.add(reader), PATIENCE)
        reader.wake()
        return reader

    def offer(self, stored: Sequence[Stored]) -> None:
        self.hub.offer(self.log.epoch, stored)

    def look(self, **changes: Any) -> None:
        """Look at the head row, as is done twice a second."""
        self.hub.heard(self.log.head._replace(**changes), self.hub.ready)

    async def all_read(self, *readers: Reader) -> None:
        """Wait until every reader has had everything, and see that it had it once, in order."""
        head = len(self.log.stored)
        await self.news.until(lambda: all(reader.cursor == head for reader in readers))
        assert [reader.seqs for reader in readers] == [list(range(1, head + 1))] * len(readers)
