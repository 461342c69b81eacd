"""What the machine itself stood still for, seen beside what a test measures.

A promise in seconds is about us. Where a disk takes two seconds for one commit, or the whole
machine is halted, no code can keep it. So somebody who has nothing to do with us commits all
the time meanwhile: over a connection of its own, without any table or lock of ours. Only what
holds that up as well is taken off, and only within the very span that is judged.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import psycopg
from django.conf import settings

from tests.figures import seconds

EVERY = 0.03
"""Seconds between the end of one commit and the time for the next."""

LEAST = 0.25
"""Seconds from which on a commit was held up; a busy machine alone is not excused."""

COMMIT = "SELECT pg_logical_emit_message(true, 'stalls', '')"
"""Put a few bytes into Postgres' log, which a commit has to bring to the disk; locks nothing."""


class Span(NamedTuple):
    """What is measured: from a moment to another, in seconds since 1970."""

    begun: float
    ended: float

    @property
    def took(self) -> float:
        return self.ended - self.begun


class Beat(NamedTuple):
    """One commit of the gauge: when it was due, begun and ended (seconds since 1970)."""

    due: float
    begun: float
    ended: float


def stalled(beats: Sequence[Beat], span: Span) -> float:
    """Give the seconds of a span for which the longest of all stalls lasted, or 0.

    A late waking counts too: it is all that is seen of a machine that was halted meanwhile.
    Several stalls do not add up, or a disk that is always slow would excuse everything.
    """
    held_up = [beat for beat in beats if beat.ended - beat.due >= LEAST]
    parts = [min(beat.ended, span.ended) - max(beat.due, span.begun) for beat in held_up]
    return max([0.0, *parts])


class Gauge:
    """Commits until it is told to stop, and judges what was measured meanwhile."""

    def __init__(self, dsn: str) -> None:
        self.beats: list[Beat] = []
        self._dsn = dsn
        self._stop = threading.Event()
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stalls")
        self._failed: BaseException | None = None

    def start(self) -> None:
        """Start it, and wait until it has committed once."""
        self._thread.start()
        self._begun.wait()

    def stop(self) -> None:
        """Wait for a commit that begins now, so that everything before is seen; then stop."""
        self._stop.set()
        self._thread.join()
        if self._failed is not None:
            raise AssertionError("the gauge of stalls broke") from self._failed

    def _run(self) -> None:
        try:
            with psycopg.connect(self._dsn, autocommit=True, application_name="stalls") as conn:
                self._commit(conn, time.time())
                self._begun.set()
                while not self._stop.is_set():
                    due = time.time() + EVERY
                    self._stop.wait(EVERY)
                    self._commit(conn, min(due, time.time()))
        except BaseException as error:
            self._failed = error
        finally:
            self._begun.set()

    def _commit(self, conn: psycopg.Connection, due: float) -> None:
        begun = time.time()
        conn.execute(COMMIT)
        self.beats.append(Beat(due, begun, time.time()))

    def ours(self, spans: Sequence[Span]) -> list[float]:
        """Give the seconds of each span without what the machine itself stalled in it."""
        assert not self._thread.is_alive(), "a stall that is not over is not seen yet"
        return [span.took - stalled(self.beats, span) for span in spans]

    def says(self, spans: Sequence[Span]) -> str:
        """Say how long the spans were, and what the machine itself stalled in them."""
        most = max(stalled(self.beats, span) for span in spans)
        late = f"; the machine stalled for up to {most:.2f} s of them" if most else ""
        return seconds([span.took for span in spans]) + late


@contextmanager
def watching(dsn: str = "") -> Iterator[Gauge]:
    """Watch for stalls; judge afterwards. `dsn`: another Postgres than that of the tests."""
    gauge = Gauge(dsn or settings.LOG_DSN)
    gauge.start()
    try:
        yield gauge
    finally:
        gauge.stop()
