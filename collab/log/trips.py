"""Round trips of the hot path: prepared statements sent together, answered together, in binary.

Below psycopg's cursors, on its documented libpq layer: a cursor costs more than its statement.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, LiteralString, NamedTuple

from psycopg import AsyncConnection, pq
from psycopg.errors import error_from_result

Row = Sequence[bytes | None]


class Statement(NamedTuple):
    """A statement that each connection prepares once, under its name; all values are binary."""

    name: LiteralString
    sql: LiteralString


class Trips:
    """Sends statements over one connection; nothing else may be under way on it."""

    def __init__(self, conn: AsyncConnection[Any]) -> None:
        self.conn, self._pg = conn, conn.pgconn
        self._prepared: set[str] = set()
        self._sent: list[str] = []

    def add(self, statement: Statement, *values: bytes | None) -> None:
        """Put a statement on the way; the first one opens the trip."""
        if not self._sent:
            self._pg.enter_pipeline_mode()
        name = statement.name.encode()
        if statement.name not in self._prepared:
            self._prepared.add(statement.name)
            self._pg.send_prepare(name, statement.sql.encode())
            self._sent.append(statement.name)
        formats = [pq.Format.BINARY] * len(values)
        self._pg.send_query_prepared(name, values, formats, result_format=pq.Format.BINARY)
        self._sent.append(statement.name)

    @property
    def under_way(self) -> bool:
        """Say whether statements were sent whose answers were not waited for."""
        return bool(self._sent)

    def push(self) -> None:
        """Have the server begin with what is on the way, as far as it can be sent now."""
        self._pg.flush()

    async def go(self) -> dict[str, list[Row]]:
        """Wait for all answers, and give the rows by the names of the statements; raises
        psycopg.Error for the first that failed: then the connection must be given up."""
        self._pg.pipeline_sync()
        while self._pg.flush():
            await self._ready(write=True)
        found: dict[str, list[Row]] = {}
        for name in self._sent:
            found[name] = _rows(await self._answer())
        await self._answer()  # to the sync
        self._pg.exit_pipeline_mode()
        self._sent = []
        return found

    async def _answer(self) -> pq.abc.PGresult:
        """Give the next result; between two statements libpq gives none."""
        while True:
            while self._pg.is_busy():
                await self._ready()
                self._pg.consume_input()
            result = self._pg.get_result()
            if result is not None:
                break
        if result.status in _FAILED:
            raise error_from_result(result)
        return result

    async def _ready(self, *, write: bool = False) -> None:
        """Wait for the socket once."""
        loop, ready = asyncio.get_running_loop(), asyncio.Event()
        watch, leave = (
            (loop.add_writer, loop.remove_writer)
            if write
            else (loop.add_reader, loop.remove_reader)
        )
        watch(self._pg.socket, ready.set)
        try:
            await ready.wait()
        finally:
            leave(self._pg.socket)


_FAILED = (pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.PIPELINE_ABORTED)


def _rows(result: pq.abc.PGresult) -> list[Row]:
    columns = range(result.nfields)
    return [[result.get_value(row, at) for at in columns] for row in range(result.ntuples)]
