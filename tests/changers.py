"""Somebody who changes grants in raw SQL all the time, several statements to a transaction."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any
from uuid import UUID

import psycopg
from django.conf import settings

PAUSE = 0.01
"""Seconds between two transactions, so that others get the lock as well."""

_GRANT = """UPDATE permissions_rolegrant SET until = clock_timestamp() + interval '1 day'
    WHERE session_id = %s AND user_id = %s"""
_PERSON = "UPDATE permissions_user SET is_superuser = NOT is_superuser WHERE id = %s"


class Changer:
    """One connection that takes locks in an order of its own, which others will cross."""

    def __init__(self, sessions: Sequence[UUID], people: Sequence[UUID], seed: int) -> None:
        self._sessions, self._people = list(sessions), list(people)
        self._dice = Random(seed)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.changed = self.deadlocks = 0
        self.failed: BaseException | None = None

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self) -> None:
        """Stop after the transaction that is under way."""
        self._ended.set()
        self._thread.join()
        if self.failed:
            raise self.failed

    def _run(self) -> None:
        try:
            with psycopg.connect(settings.LOG_DSN) as conn:
                while not self._ended.wait(PAUSE):
                    self._once(conn)
        except BaseException as error:
            self.failed = error

    def _once(self, conn: psycopg.Connection[Any]) -> None:
        try:
            with conn.transaction():
                for session in self._dice.sample(self._sessions, len(self._sessions)):
                    person = self._dice.choice(self._people)
                    conn.execute(_GRANT, (session, person))
                    conn.execute(_PERSON, (person,))
            self.changed += 1
        except psycopg.errors.DeadlockDetected:
            self.deadlocks += 1


@contextmanager
def changing(sessions: Sequence[UUID], people: Sequence[UUID]) -> Iterator[list[Changer]]:
    """Have two of them at work."""
    changers = [Changer(sessions, people, seed) for seed in (1, 2)]
    for changer in changers:
        changer.start()
    try:
        yield changers
    finally:
        for changer in changers:
            changer.end()
