"""Tells each workspace's log of every change of grants, however it was made. It decides nothing.

The database keeps what is to be told in the change's own transaction. Here it is submitted, then
forgotten. Its id is the command's id, so that a crash between the two, or another process that is
at the same, makes no second event.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.rows import tuple_row

from collab.core.commands import AccessRecord
from collab.core.events import AccessChanged
from collab.failpoint import failpoint
from collab.log import pool
from collab.submit import SYSTEM, Committed, submit

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
"""How often a process looks for what is to be told."""

AT_ONCE = 100


class Untold(NamedTuple):
    """A change that a workspace's log has yet to tell of."""

    id: UUID
    workspace: UUID
    change: AccessChanged


# A workspace whose log has not begun can tell nothing; what happened there waits for it.
_UNTOLD = """
SELECT u.id, u.workspace, u.source, (extract(epoch FROM u.time) * 1000000)::bigint, u.db_role,
       u.old, u.new, u.person, u.log
FROM permissions_untold u JOIN collab_head h ON h.log = u.workspace AND h.seq > 0
ORDER BY u.time LIMIT %s"""

_FORGET = "DELETE FROM permissions_untold WHERE id = ANY(%s)"


async def tell() -> int:
    """Tell of the oldest changes that are untold, and give how many were told."""
    waiting = await _untold()
    outcomes = await asyncio.gather(*(_submit(untold) for untold in waiting))
    told = [untold.id for untold, done in zip(waiting, outcomes, strict=True) if done]
    if told:
        failpoint("recorder.before_forget")
        async with (await pool.shared()).connection() as conn:
            await conn.execute(_FORGET, (told,))
    return len(told)


async def _untold() -> list[Untold]:
    async with (await pool.shared()).connection() as conn:
        cursor = conn.cursor(row_factory=tuple_row)
        await cursor.execute(_UNTOLD, (AT_ONCE,))
        rows: list[Any] = await cursor.fetchall()
    return [Untold(row[0], row[1], _change(*row[2:])) for row in rows]


def _change(
    source: str, at: int, db_role: str, old: list[Any], new: list[Any], *who: UUID | None
) -> AccessChanged:
    return AccessChanged(source, at, db_role, tuple(old), tuple(new), *who)


async def _submit(untold: Untold) -> bool:
    outcome = await submit(untold.workspace, SYSTEM, untold.id, AccessRecord(untold.change))
    if not isinstance(outcome, Committed):
        logger.warning("a change of grants is told later: %s", outcome.words)
    return isinstance(outcome, Committed)


async def run() -> None:
    """Tell of changes until cancelled; a fault costs a pause."""
    while True:
        try:
            told = await tell()
        except Exception as error:
            logger.warning("changes of grants are told later: %s", error)
            told = 0
        if told < AT_ONCE:
            await asyncio.sleep(LOOK_SECONDS)
