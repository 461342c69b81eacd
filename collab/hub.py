"""One live log in one process: hints in, frames out to local readers. It decides nothing."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol
from uuid import UUID

from collab.core import events, window
from collab.core import state as fold
from collab.core.codes import Close
from collab.core.encodings import Encoding
from collab.core.feed import Feed
from collab.core.frames import ServerFrame
from collab.core.state import State
from collab.core.untrusted import Message
from collab.core.visibility import sights
from collab.core.window import Lens
from collab.log.store import Head, Stored
from collab.ring import Ring
from permissions.masks import Mask, Principal
from permissions.roles import Permission

logger = logging.getLogger(__name__)

REST_SECONDS = 0.002
"""How long a hub rests between two rounds to its readers at least."""

GAP_SECONDS = 0.003
"""How long a gap may close by itself before the log is read."""

AGAIN_SECONDS = 0.25
"""Pause after an error of the log."""

BLIND = Lens(0, False)
"""What one sees whose grants are not read yet, or over."""

_CUT = events.ConnectionClosed.type.encode()


class Reader(Protocol):
    """A local connection that follows the log."""

    principal: Principal
    deltas: bool
    cursor: int
    mask: Mask
    encoding: Encoding

    def wake(self) -> None:
        """Say that there is something to send."""

    def access(self, mask: Mask, acl_version: int, last: int) -> None:
        """Say that the grants in force have changed; `last` is what was authorised before."""

    def show(self, frame: Message) -> None:
        """Send a frame that is not part of the log."""

    def leave(self, close: Close = Close.RESTARTING) -> None:
        """Say that the connection ends: the log has become another one, or somebody ended it."""


class Authorised(NamedTuple):
    """Head and grants, read in one snapshot."""

    epoch: int
    seq: int
    acl_version: int
    masks: Mapping[Principal, Mask]


class Source(Protocol):
    """How a hub reads; given by whoever starts it."""

    async def page(self, log: UUID, after: int, upto: int, passing_from: int) -> list[Stored]:
        """Read events after one place up to another."""

    async def authorise(self, log: UUID, principals: Sequence[Principal]) -> Authorised:
        """Read head and masks in one snapshot."""


class Hub:
    """Turns hints into the exact sequence, and keeps it until every grant is as new as it is."""

    def __init__(self, head: Head, state: State, source: Source) -> None:
        self.log, self.epoch = head.log, head.epoch
        self.readers: dict[Reader, Lens] = {}
        """Each with what its grants let it see."""
        self.acl_version = 0
        self.quiet_since = time.monotonic()
        self._source = source
        self._feed: Feed[Stored] = Feed(head.seq)
        self._ring = Ring(head.seq, state)
        self._version_seen = head.acl_version
        self._round: asyncio.TimerHandle | None = None
        self._rested_at = 0.0
        self._task: asyncio.Task[None] | None = None
        self._end: asyncio.TimerHandle | None = None
        self._asked, self._answered = 0, 0
        self._checked = asyncio.Condition()

    # hints in

    def offer(self, epoch: int, entries: Iterable[Stored]) -> None:
        """Take events from wherever they come; order and doubles are harmless."""
        if epoch == self.epoch:
            self._extend(self._feed.offer(entries))
            self._kick()

    def reach(self, seq: int) -> None:
        """Take a hint that says only how far the log reaches."""
        self._feed.heard(seq)
        self._kick()

    def heard(self, head: Head, since: int) -> None:
        """Take a look at the head row: what the last lost hint would have told. `since` was ready
        when the look began, for more may have come while it was on its way."""
        if head.epoch != self.epoch or head.seq < since:
            self.dismiss()
            return
        self._feed.heard(head.seq)
        self._version_seen = max(self._version_seen, head.acl_version)
        if any(_over(reader.mask) for reader in self.readers):
            self._asked += 1  # a clock was set: the timer for the end knows nothing of that
        self._kick()

    def dismiss(self) -> None:
        """Send every reader away to come back: this is not the log that they joined."""
        self.epoch = -1
        for reader in list(self.readers):
            reader.leave()

    @property
    def ready(self) -> int:
        """Give the last seq that readers may be told."""
        return self._ring.ready

    @property
    def head(self) -> int:
        """Give the last seq that this process knows of."""
        return self._feed.known

    # readers

    async def add(self, reader: Reader) -> None:
        """Follow the log for a reader, once its grants have been read."""
        self.readers[reader] = BLIND
        await self.check()

    def remove(self, reader: Reader) -> None:
        """Stop following for a reader."""
        self.readers.pop(reader, None)
        self.quiet_since = time.monotonic()
        if not self.readers:
            self._await_end()

    async def check(self) -> None:
        """Read grants and head again, and wait until that is done."""
        self._asked += 1
        mine = self._asked
        self._kick()
        async with self._checked:
            await self._checked.wait_for(lambda: self._answered >= mine or self.epoch < 0)

    def state(self) -> State:
        """Give the state at `ready`."""
        return self._ring.state()

    def frame(self, reader: Reader) -> Message | None:
        """Give the next frame for a reader and move its cursor, or None; raise Behind."""
        first = reader.cursor + 1
        if first > self._ring.ready:
            return None
        lens = self._lens(reader)
        if not lens.sights:
            return None
        reader.cursor, made = self._ring.frame(first, lens, reader.encoding)
        return made

    async def page(self, reader: Reader) -> Message | None:
        """Give the next frame from the log, for a reader that is behind the ring."""
        after, upto = reader.cursor, self.ready
        floor = fold.passing_from(self.state())
        stored = await self._source.page(self.log, after, upto, floor)
        lens = self._lens(reader)
        if not stored or not lens.sights:
            return None
        reader.cursor = stored[-1].seq
        return reader.encoding.encode(window.frame(after + 1, stored, lens, floor))

    def _lens(self, reader: Reader) -> Lens:
        """Give what a reader may see now."""
        return BLIND if _over(reader.mask) else self.readers.get(reader, BLIND)

    def show(self, frame: ServerFrame, beside: Collection[Reader] = ()) -> None:
        """Send a frame that is not part of the log to every reader but some."""
        give(frame, [reader for reader in self.readers if reader not in beside])

    # inside

    def _extend(self, taken: Sequence[Stored]) -> None:
        self._ring.extend(taken)
        for stored in taken:
            self._version_seen = max(self._version_seen, stored.acl_version)
            if _CUT in stored.content:
                self._cut_off(stored)
        self._advance()

    def _cut_off(self, stored: Stored) -> None:
        """Close the connections that an event says are cut; the words may also stand in a text."""
        body = events.decode(stored.content).body
        if isinstance(body, events.ConnectionClosed):
            for reader in [r for r in self.readers if r.principal.user == body.user]:
                reader.leave(Close.SENT_AWAY if body.away else Close.CUT)

    def _advance(self) -> None:
        """Release what the grants at hand may authorise, and wake the readers."""
        if not self._ring.release(self.acl_version):
            return
        if self._round is None:
            rest = self._rested_at - time.monotonic()
            if rest > 0:
                self._round = asyncio.get_running_loop().call_later(rest, self._wake)
            else:
                self._wake()

    def _wake(self) -> None:
        """Wake every reader, and rest as long as that took: under load rounds carry more events,
        and commands are heard in between. Whoever comes after a rest waits for nothing."""
        self._round, begun = None, time.monotonic()
        for reader in list(self.readers):
            reader.wake()
        now = time.monotonic()
        self._rested_at = now + max(now - begun, REST_SECONDS)

    def _needs(self) -> bool:
        stale = self.acl_version < self._version_seen and bool(self.readers or self._ring)
        return self._asked > self._answered or self._feed.wants() is not None or stale

    def _kick(self) -> None:
        if self._task is None and self._needs():
            self._task = asyncio.create_task(self._work())

    async def _work(self) -> None:
        """Fill gaps and read grants until nothing is missing; an error costs a pause, no more."""
        try:
            while self._needs() and self.epoch > 0:
                try:
                    # Grants first: a gap that cannot be filled keeps nobody from being told.
                    await self._authorise()
                    await self._fill()
                except Exception as error:
                    logger.warning("hub of %s tries again: %s", self.log, error)
                    await asyncio.sleep(AGAIN_SECONDS)
            if self.epoch < 0:
                await self._tell_checked()
        finally:
            self._task = None

    async def _fill(self) -> None:
        if self._feed.wants() is None:
            return
        await asyncio.sleep(GAP_SECONDS)
        while (wanted := self._feed.wants()) is not None:
            first, last = wanted
            found = await self._source.page(self.log, first - 1, last, 0)
            if not found:
                raise LookupError(f"{first} to {last} cannot be read yet")
            self._extend(self._feed.offer(found))

    async def _authorise(self) -> None:
        asked = self._asked
        if asked == self._answered and self.acl_version >= self._version_seen:
            return
        readers = list(self.readers)
        principals = list({reader.principal for reader in readers})
        found = await self._source.authorise(self.log, principals)
        if found.epoch != self.epoch:
            self.dismiss()
            return
        before = self.ready
        for reader in readers:
            self._renew(reader, found, before)
        await self._authorised(asked, found)

    def _renew(self, reader: Reader, found: Authorised, last: int) -> None:
        mask = found.masks.get(reader.principal, Mask(Permission(0), None))
        changed = mask.permissions != reader.mask.permissions
        reader.mask = mask
        if reader in self.readers:  # it may have left while the grants were read
            self.readers[reader] = Lens(sights(mask.permissions), reader.deltas)
        if changed:
            reader.access(mask, found.acl_version, last)

    async def _authorised(self, asked: int, found: Authorised) -> None:
        self.acl_version = max(self.acl_version, found.acl_version)
        self._version_seen = max(self._version_seen, found.acl_version)
        self._feed.heard(found.seq)
        self._ring.forget_frames()
        self._advance()
        self._answered = asked
        self._await_end()
        await self._tell_checked()

    def _await_end(self) -> None:
        """Be there when the first grant ends: that is known beforehand, so no look is waited for.
        Where ours is ahead of the database's clock, the end is asked for until it has come."""
        if self._end is not None:
            self._end.cancel()
        ends = [r.mask.until for r in self.readers if r.mask.until is not None]
        rest = min(ends) - time.time() if ends else 0
        wait = rest if rest > 0 else AGAIN_SECONDS
        self._end = asyncio.get_running_loop().call_later(wait, self._ended) if ends else None

    def _ended(self) -> None:
        self._asked += 1
        self._kick()

    async def _tell_checked(self) -> None:
        async with self._checked:
            self._checked.notify_all()


def give(frame: ServerFrame, readers: Collection[Reader]) -> None:
    """Send a frame to readers, written once a way."""
    made = {encoding: encoding.encode(frame) for encoding in {r.encoding for r in readers}}
    for reader in readers:
        reader.show(made[reader.encoding])


def _over(mask: Mask) -> bool:
    """Say whether a mask's time has passed, so that it authorises nothing until read again."""
    return mask.until is not None and mask.until <= time.time()
