"""Gathers commands into batches while the last commit is in flight; nothing else appends."""

from __future__ import annotations

import asyncio
import logging
import random
import time as clock
from collections.abc import Callable, Sequence
from uuid import UUID

import psycopg
from psycopg import errors

from collab.core.codes import Refusal, Refused
from collab.log import pool
from collab.log.batch import Batch, Cache, Written
from collab.log.pending import Outcome, Pending
from collab.log.store import Stored
from collab.log.trips import Trips

logger = logging.getLogger(__name__)

BATCH = 1_000
"""Commands in one batch at most."""

PATIENCE = 8.0
"""Seconds after which a command that could not be committed is refused."""

WAITING = 20_000
"""Commands that may wait in one process before it says `slow_down`."""

REMEMBERED = 4_000
"""Logs whose state a lane remembers."""

CAREFUL_SECONDS = 30.0
"""How long ids are looked for beforehand after a command came twice."""

ASIDE = 3
"""Lanes for logs whose head another process or a change of grants holds."""

Publish = Callable[[UUID, int, Sequence[Stored]], None]
"""Told after each commit: log, epoch, the new events."""

_LOST = (psycopg.Error, OSError, TimeoutError)


class Lane:
    """One connection and the commands that wait for it, with one batch in flight at a time.

    A waiting lane blocks for the lock of one log alone; the other skips a log that is held.
    """

    def __init__(self, writer: Writer, *, wait: bool) -> None:
        self._writer, self._wait = writer, wait
        self._queue: list[Pending] = []
        self._taken: list[Pending] = []
        self._task: asyncio.Task[None] | None = None
        self._trips: Trips | None = None
        self._cache: Cache = {}
        self._careful_until = 0.0

    def __len__(self) -> int:
        return len(self._queue) + (self._task is not None)

    def put(self, pending: Sequence[Pending]) -> None:
        """Queue commands; an idle lane starts at once."""
        self._queue.extend(pending)
        if self._task is None:
            self._task = asyncio.create_task(self._drain())

    def holds(self, log: UUID) -> bool:
        """Say whether commands of a log wait here or are in the batch that is in flight."""
        return any(pending.log == log for pending in (*self._queue, *self._taken))

    def hand_over(self, log: UUID) -> list[Pending]:
        """Give up the commands of a log that wait here, in order."""
        given = [pending for pending in self._queue if pending.log == log]
        self._queue = [pending for pending in self._queue if pending.log != log]
        return given

    async def _drain(self) -> None:
        failures = 0
        while self._queue:
            careful = clock.monotonic() < self._careful_until
            failures = 0 if await self._attempt(self._take(), careful) else failures + 1
            if failures:
                await asyncio.sleep(min(0.5, 0.02 * 2**failures) * random.uniform(0.5, 1))
        self._task = None

    def _take(self) -> list[Pending]:
        log = self._queue[0].log
        mine = self.hand_over(log) if self._wait else self._queue
        rest = self._queue if self._wait else []
        self._taken, self._queue = mine[:BATCH], mine[BATCH:] + rest
        return self._taken

    async def _attempt(self, taken: list[Pending], careful: bool) -> bool:
        try:
            trips = await self._connected()
            batch = Batch(trips, self._cache, taken, careful=careful)
            written = await batch.run(wait=self._wait)
        except Exception as error:
            if not careful and _came_twice(error):
                # Where one command came twice, more of them will.
                self._careful_until = clock.monotonic() + CAREFUL_SECONDS
                await self.close()
                return await self._attempt(taken, careful=True)
            await self._failed(taken, error)
            return False
        self._taken = []
        self._queue[:0] = written.later
        self._forget()
        self._writer.committed(written, self._wait)
        return True

    def _forget(self) -> None:
        while len(self._cache) > REMEMBERED:
            del self._cache[next(iter(self._cache))]

    async def _connected(self) -> Trips:
        if self._trips is None or self._trips.conn.closed:
            self._trips = Trips(await pool.connect(self._writer.dsn))
        return self._trips

    async def _failed(self, taken: list[Pending], error: Exception) -> None:
        """Give the connection up and try again with the same ids, until patience ends."""
        await self.close()
        lost = isinstance(error, _LOST)
        if lost:
            logger.warning("a batch is tried again: %s", error)
        else:
            logger.exception("a batch failed", exc_info=error)
        late = clock.monotonic() - PATIENCE if lost else clock.monotonic()
        refused = Refused(_refusal(error))
        for pending in taken:
            if pending.born <= late:
                self._writer.answer(pending, refused)
        self._queue[:0] = [pending for pending in taken if pending.born > late]
        self._taken = []

    async def close(self) -> None:
        """Close the connection; the next batch opens another."""
        trips, self._trips = self._trips, None
        if trips is not None:
            await trips.conn.close()

    async def finish(self) -> None:
        """Wait until everything queued is answered, then close."""
        while (task := self._task) is not None:
            await asyncio.wait([task])
        await self.close()


def _came_twice(error: Exception) -> bool:
    """Say whether a command was to be followed that the log holds already."""
    if not isinstance(error, errors.UniqueViolation):
        return False
    return error.diag.constraint_name == "collab_event_command"


def _refusal(error: Exception) -> Refusal:
    if isinstance(error, errors.LockNotAvailable):
        return Refusal.BUSY
    return Refusal.UNAVAILABLE if isinstance(error, _LOST) else Refusal.FAULT


class Writer:
    """All appends of one process: a lane for every log, and a few for logs that are held."""

    def __init__(self, dsn: str, publish: Publish) -> None:
        self.dsn, self._publish = dsn, publish
        self._lane = Lane(self, wait=False)
        self._aside = [Lane(self, wait=True) for _ in range(ASIDE)]
        self._held: dict[UUID, Lane] = {}
        self._waiting = 0

    def append(self, pending: Pending) -> asyncio.Future[Outcome]:
        """Put a command into the batch that is gathering; its outcome is there after the commit.
        A sender that is cancelled leaves the command on its way."""
        if self._waiting >= WAITING:
            pending.done.set_result(Refused(Refusal.SLOW_DOWN))
            return pending.done
        lane = self._held.get(pending.log, self._lane) if self._held else self._lane
        self._waiting += 1
        lane.put([pending])
        return pending.done

    def answer(self, pending: Pending, outcome: Outcome) -> None:
        """Tell a sender, if it still waits."""
        self._waiting -= 1
        if not pending.done.done():
            pending.done.set_result(outcome)

    def committed(self, written: Written, waited: bool) -> None:
        """Answer, publish, and set aside the commands of logs that another holds."""
        for pending, outcome in written.outcomes:
            self.answer(pending, outcome)
        for log, stored in written.published.items():
            self._publish(log, written.epochs[log], stored)
        if not waited:
            self._set_aside(written.skipped)
            return
        for pending in written.skipped:  # the lock was waited for, so there is no such log
            self.answer(pending, Refused(Refusal.NOT_FOUND))
        self._held = {log: lane for log, lane in self._held.items() if lane.holds(log)}

    def _set_aside(self, skipped: Sequence[Pending]) -> None:
        """Queue commands of held logs in other lanes, and behind them what came later for those:
        a sender's commands are decided in the order in which they were sent."""
        for pending in skipped:
            lane = self._held.get(pending.log) or min(self._aside, key=len)
            self._held[pending.log] = lane
            lane.put([pending])
        for log in {pending.log for pending in skipped}:
            self._held[log].put(self._lane.hand_over(log))

    async def close(self) -> None:
        """Finish what waits and close the connections."""
        for lane in (self._lane, *self._aside):
            await lane.finish()
