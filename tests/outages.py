"""Takes Postgres' connections away, again and again, as a superuser who means it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from workspace.environment import embedded_dsn
from workspace.places import places

EVERY = 0.2
"""Seconds between two sweeps."""

_END_ALL = """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"""


class Sweeper:
    """Terminates every connection that there is, until it is told to stop."""

    def __init__(self) -> None:
        here = places(Path(os.environ["COHELM_TEST_SERVERS"]))
        self._dsn = embedded_dsn(here, "postgres", "postgres")
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.terminated = 0

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self) -> None:
        """Stop."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        with psycopg.connect(self._dsn, autocommit=True) as conn:
            while not self._ended.wait(EVERY):
                row = conn.execute(_END_ALL).fetchone()
                self.terminated += row[0] if row else 0


@contextmanager
def connections_ending() -> Iterator[Sweeper]:
    """Have all connections to Postgres end five times a second."""
    sweeper = Sweeper()
    sweeper.start()
    try:
        yield sweeper
    finally:
        sweeper.end()
