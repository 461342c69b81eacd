"""The lease on a session's claim: soft, for politeness between runners; the log's number fences."""

from __future__ import annotations

from typing import LiteralString
from uuid import UUID

from collab.log.store import Connection

LEASE_SECONDS = 25
"""How long a claim is taken for alive without a sign of its runner."""

GRACE_SECONDS = 3
"""How long a claim outlives its connection: enough to come back after a network's hiccup."""

_TAKE: LiteralString = """INSERT INTO collab_claim (log, runner, claim, until)
    VALUES (%s, %s, %s, clock_timestamp() + make_interval(secs => %s))
    ON CONFLICT (log) DO UPDATE
        SET runner = excluded.runner, claim = excluded.claim, until = excluded.until"""


async def take(conn: Connection, log: UUID, runner: str, claim: int) -> None:
    """Write the lease of a claim that is being committed, in its transaction."""
    await conn.execute(_TAKE, (log, runner, claim, LEASE_SECONDS))


async def renew(conn: Connection, log: UUID, claim: int) -> None:
    """Keep a lease alive, unless a higher claim has taken over."""
    await conn.execute(
        """UPDATE collab_claim SET until = clock_timestamp() + make_interval(secs => %s)
           WHERE log = %s AND claim = %s""",
        (LEASE_SECONDS, log, claim),
    )


async def fade(conn: Connection, log: UUID, claim: int) -> None:
    """Let a lease end soon, because its connection is gone."""
    await conn.execute(
        """UPDATE collab_claim
           SET until = least(until, clock_timestamp() + make_interval(secs => %s))
           WHERE log = %s AND claim = %s""",
        (GRACE_SECONDS, log, claim),
    )
