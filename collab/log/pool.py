"""Connections to Postgres for the log: its own small pool, apart from the ORM's."""

from __future__ import annotations

import asyncio
from typing import Any
from weakref import WeakKeyDictionary

from django.conf import settings
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

Pool = AsyncConnectionPool[AsyncConnection[Any]]

TIMEOUTS = {
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 5_000,
    "options": "-c statement_timeout=10s -c idle_in_transaction_session_timeout=10s"
    " -c synchronous_commit=on -c timezone=UTC",
}
"""What keeps a lost or stuck database from hanging us."""

BY_KEY = "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off"
"""A lane's statements find a few rows by their keys. They are planned once, perhaps on an empty
table, and a plan that reads all of it would stay while the table grows."""


def pool(dsn: str, size: int = 6) -> Pool:
    """Make the pool of one process and loop; it is opened by its first user."""
    return AsyncConnectionPool(
        dsn,
        min_size=1,
        max_size=size,
        open=False,
        timeout=3,
        reconnect_timeout=1,
        max_waiting=1_000,
        check=AsyncConnectionPool.check_connection,
        kwargs={"autocommit": True, **TIMEOUTS},
    )


async def connect(dsn: str) -> AsyncConnection[Any]:
    """Open one connection for a lane of the writer."""
    options = {**TIMEOUTS, "options": f"{TIMEOUTS['options']} {BY_KEY}"}
    return await AsyncConnection.connect(dsn, autocommit=True, **options)  # type: ignore[arg-type]


_pools: WeakKeyDictionary[asyncio.AbstractEventLoop, Pool] = WeakKeyDictionary()


async def shared() -> Pool:
    """Give this loop's pool for reads, opened on first use."""
    loop = asyncio.get_running_loop()
    found = _pools.get(loop)
    if found is None:
        found = _pools[loop] = pool(settings.LOG_DSN)
        await found.open(wait=False)
    return found


async def close() -> None:
    """Close this loop's pool."""
    found = _pools.pop(asyncio.get_running_loop(), None)
    if found is not None:
        await found.close()
