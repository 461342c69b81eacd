"""What the same Postgres can do without our rules: one row per commit, 1,000 rows, COPY.

The rows have our table's columns and indexes, in a table beside it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import psycopg

from tests.benchmarks.asked import Figures, answer
from tests.benchmarks.timing import TEXT, Watch

COLUMNS = {
    "log": "uuid", "seq": "int8", "type": "text", "actor": "uuid", "auth_kind": "int2",
    "auth_id": "uuid", "run": "uuid", "cause": "int8", "time": "timestamptz",
    "visibility": "int2", "passing": "bool", "acl_version": "int8", "command_id": "uuid",
    "command_digest": "bytea", "command_events": "int2", "bytes": "bytea", "salt": "bytea",
    "commitment": "bytea", "digest": "bytea", "chain": "bytea",
}  # fmt: skip

Row = tuple[object, ...]
Step = Callable[[], int]
"""Fill in and commit once; says how many rows."""


def rows(count: int) -> list[Row]:
    """Make events as they would lie in the table, but for their log."""
    actor, auth, content, now = uuid4(), uuid4(), TEXT.encode(), datetime.now(UTC)
    return [
        (seq, "note.written", actor, 2, auth, None, None, now, 0, False, 1, uuid4(),
         os.urandom(32), 1, content, os.urandom(16), *(os.urandom(32) for _ in range(3)))
        for seq in range(1, count + 1)
    ]  # fmt: skip


class Limits:
    """One connection, and the ways to fill a table over it."""

    def __init__(self) -> None:
        self._conn = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
        self._conn.execute(
            "CREATE TABLE IF NOT EXISTS bench_event (LIKE collab_event INCLUDING ALL)"
        )
        self._conn.execute(
            "CREATE TABLE IF NOT EXISTS bench_raw (id bigserial PRIMARY KEY, bytes bytea)"
        )
        names = ", ".join(COLUMNS)
        arrays = ", ".join(f"%b::{kind}[]" for kind in COLUMNS.values())
        self._insert = f"INSERT INTO bench_event ({names}) SELECT * FROM unnest({arrays})"
        self._copy = f"COPY bench_event ({names}) FROM STDIN (FORMAT binary)"

    def measure(self, how: str, seconds: float) -> Figures:
        """Do one of the three for a while."""
        steps = {"raw": self.raw, "thousand": self.thousand, "copy": self.copy}
        step = steps[how]()
        step()  # prepares the statement
        watch, made = Watch(seconds), 0
        while (begun := time.perf_counter()) < watch.end:
            made += step()
            watch.taken.append(time.perf_counter() - begun)
        return watch.figures(made)

    def raw(self) -> Step:
        """One narrow row in a commit of its own: what the disk takes."""
        content = TEXT.encode()

        def step() -> int:
            query = "INSERT INTO bench_raw (bytes) VALUES (%b)"
            self._conn.execute(query, (content,), prepare=True)
            return 1

        return step

    def thousand(self) -> Step:
        """A thousand of our rows in one statement and commit."""
        columns = [list(column) for column in zip(*rows(1_000), strict=True)]

        def step() -> int:
            logs = [uuid4()] * 1_000
            self._conn.execute(self._insert.encode(), [logs, *columns], prepare=True)
            return 1_000

        return step

    def copy(self) -> Step:
        """Ten thousand of our rows by COPY, in its binary form."""
        made = rows(10_000)

        def step() -> int:
            log = uuid4()
            with self._conn.cursor() as cursor, cursor.copy(self._copy.encode()) as copy:
                copy.set_types(list(COLUMNS.values()))
                for row in made:
                    copy.write_row((log, *row))
            return len(made)

        return step


def main() -> None:
    """Measure whenever asked."""
    answer(Limits().measure)
