"""The gauge of stalls sees what holds up Postgres, and is blind to what holds up only us."""

from __future__ import annotations

import os
import signal
import time

import psycopg
import pytest
from django.conf import settings

from tests.polling import until
from tests.stalls import EVERY, Gauge, Span, watching

HELD = 1.0
"""Seconds for which something is held up: that is what is tried."""

pytestmark = pytest.mark.usefixtures("database")


def test_a_commit_that_cannot_end_is_seen() -> None:
    with watching() as gauge:
        backend = its_backend()
        begun = time.time()
        os.kill(backend, signal.SIGSTOP)
        try:
            time.sleep(HELD)
        finally:
            os.kill(backend, signal.SIGCONT)
        span = Span(begun, time.time() + EVERY)
        until(lambda: gauge.beats[-1].ended > span.ended, "the gauge does not go on")
    [left] = gauge.ours([span])
    assert left <= span.took - HELD + 2 * EVERY


def its_backend() -> int:
    """Give the process of Postgres that serves the gauge."""
    with psycopg.connect(settings.LOG_DSN) as conn:
        row = conn.execute(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'stalls'"
        ).fetchone()
    assert row is not None
    return int(row[0])


def test_a_lock_on_our_tables_is_no_stall() -> None:
    """The machine may stall at the same time: so it is tried until it does not."""
    assert any(forgiven(locked()) == 0 for _ in range(10))


def forgiven(seen: tuple[Gauge, Span]) -> float:
    gauge, span = seen
    return span.took - gauge.ours([span])[0]


def locked() -> tuple[Gauge, Span]:
    """Have nobody read or write a log for a while, as a fault of ours would."""
    with watching() as gauge, psycopg.connect(settings.LOG_OWNER_DSN) as conn:
        conn.execute("LOCK TABLE collab_head, collab_event IN ACCESS EXCLUSIVE MODE")
        begun = time.time()
        time.sleep(HELD)
        span = Span(begun, time.time())
    assert len(gauge.beats) > 5
    return gauge, span
