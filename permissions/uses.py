"""Writes when tokens were last used: once a minute each, however often they are used."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

import psycopg

EVERY_SECONDS = 60
MOST_REMEMBERED = 10_000

_WRITE = """
UPDATE permissions_token SET last_used_at = clock_timestamp()
WHERE id = %s AND (last_used_at IS NULL
                   OR last_used_at < clock_timestamp() - make_interval(secs => %s))"""


class Uses:
    """What one process remembers, so that it seldom asks the database to write."""

    def __init__(self) -> None:
        self._written: dict[UUID, float] = {}

    def due(self, token: UUID) -> bool:
        """Say whether this use is to be written, and take it for written."""
        now = time.monotonic()
        if now - self._written.get(token, -EVERY_SECONDS) < EVERY_SECONDS:
            return False
        if len(self._written) >= MOST_REMEMBERED:
            self._written.clear()
        self._written[token] = now
        return True


async def write(conn: psycopg.AsyncConnection[Any], token: UUID) -> None:
    """Write that a token is used now, unless another process has just done so."""
    await conn.execute(_WRITE, (token, EVERY_SECONDS))
