"""Reads how many sessions stand, without folding their whole logs: their newest snapshots and the
few events since then that matter. A chain names all that was before it, so what was read once is
right for as long as the head has that chain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import LiteralString
from uuid import UUID

from collab.core import events
from collab.core import state as fold
from collab.core.standing import TELLING, Standing, standing
from collab.core.state import State
from collab.log import store
from collab.log.store import Connection, Head

MOST_KEPT = 5_000
"""Standings that a process keeps, of about 200 bytes each."""

_SNAPSHOTS: LiteralString = """SELECT DISTINCT ON (log) log, bytes, digest FROM collab_snapshot
    WHERE log = ANY(%s) AND version = %s ORDER BY log, seq DESC"""

# Deltas change nothing here, and the index of the compact log steps over them.
_SINCE: LiteralString = """SELECT e.log, e.bytes
    FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[]) AS w (log, after, upto)
    JOIN collab_event e ON e.log = w.log AND e.seq > w.after AND e.seq <= w.upto
    WHERE NOT e.passing AND e.type = ANY(%s) ORDER BY e.log, e.seq"""

_SERVED: LiteralString = (
    "SELECT log FROM collab_claim WHERE log = ANY(%s) AND until > clock_timestamp()"
)

_kept: dict[UUID, tuple[bytes, Standing]] = {}


async def standings(conn: Connection, logs: Sequence[UUID]) -> dict[UUID, Standing]:
    """Give how some sessions stand now; one that has no log is left out."""
    heads = await store.heads(conn, logs)
    found = {head.log: known for head in heads if (known := _known(head)) is not None}
    moved = [head for head in heads if head.log not in found]
    if moved:
        fresh = await _read(conn, moved)
        _keep(moved, fresh)
        found |= fresh
    return found


async def served(conn: Connection, logs: Sequence[UUID]) -> set[UUID]:
    """Give those of some sessions that a runner serves now, as far as its lease tells."""
    return {log for (log,) in await store.rows(conn, _SERVED, (list(logs),))}


def _known(head: Head) -> Standing | None:
    chain, found = _kept.get(head.log, (b"", None))
    return found if chain == head.chain else None


def _keep(heads: Iterable[Head], fresh: dict[UUID, Standing]) -> None:
    if len(_kept) + len(fresh) > MOST_KEPT:
        _kept.clear()
    _kept.update((head.log, (head.chain, fresh[head.log])) for head in heads)


async def _read(conn: Connection, heads: Sequence[Head]) -> dict[UUID, Standing]:
    logs = [head.log for head in heads]
    states = dict.fromkeys(logs, State())
    for log, content, digest in await store.rows(conn, _SNAPSHOTS, (logs, fold.VERSION)):
        states[log] = store.snapshot(content, digest)
    after = [min(states[head.log].seq, head.seq) for head in heads]
    upto = [head.seq for head in heads]
    for log, content in await store.rows(conn, _SINCE, (logs, after, upto, list(TELLING))):
        states[log] = fold.apply(states[log], events.decode(content))
    return {log: standing(state) for log, state in states.items()}
