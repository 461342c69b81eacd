"""One batch: one transaction that locks heads, looks, decides in memory, appends and commits."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import LiteralString, NamedTuple
from uuid import UUID

import msgspec

from collab.core import state as fold
from collab.core.codes import Refusal, Refused
from collab.core.commands import Place
from collab.core.decide import decide
from collab.core.drafts import Facts, Who
from collab.core.state import State
from collab.failpoint import failpoint
from collab.log import facts, projections, rows, store
from collab.log.pending import SYSTEM, Committed, Key, Known, Outcome, Pending
from collab.log.rows import Origin, Row, Tip
from collab.log.store import Connection, Head, Stored
from permissions.masks import Mask, Principal, masks
from permissions.roles import Permission

logger = logging.getLogger(__name__)


NOTHING = Mask(Permission(0), None)
EVERYTHING = Mask(Permission(sum(Permission)), None)


class Cached(msgspec.Struct):
    """What a process remembers of a log between batches; valid while the head is the same."""

    head: Head
    state: State
    time: int
    masks: dict[Principal, Mask] = {}


Cache = dict[UUID, Cached]


class Written(NamedTuple):
    """What a batch did; `skipped`: another holds the lock, `later`: grants changed before them."""

    outcomes: list[tuple[Pending, Outcome]]
    published: dict[UUID, list[Stored]]
    epochs: dict[UUID, int]
    skipped: list[Pending]
    later: list[Pending]


_LOCK: LiteralString = f"""SELECT {store.HEAD_COLUMNS} FROM collab_head
    WHERE log = ANY(%s) ORDER BY log FOR NO KEY UPDATE"""

_KNOWN: LiteralString = """SELECT e.log, e.actor, e.command_id, e.command_digest, e.seq,
        e.command_events
    FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[]) AS k (log, actor, command_id)
    JOIN collab_event e
      ON e.log = k.log AND e.actor = k.actor AND e.command_id = k.command_id"""

# The system's events have no actor, which no `=` finds.
_KNOWN_SYSTEM: LiteralString = """SELECT log, command_id, command_digest, seq, command_events
    FROM collab_event WHERE log = ANY(%s) AND actor IS NULL AND command_id = ANY(%s)"""

_CLOCK: LiteralString = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"

_MOVE: LiteralString = """UPDATE collab_head h SET seq = n.seq, chain = n.chain
    FROM unnest(%b::uuid[], %b::int8[], %b::bytea[]) AS n (log, seq, chain) WHERE h.log = n.log"""

_BLOCKING: LiteralString = "SET LOCAL lock_timeout = '2s'"


class Batch:
    """The steps of one transaction, in the order that keeps the promises: lock, look, decide."""

    def __init__(self, conn: Connection, cache: Cache, pending: Sequence[Pending]) -> None:
        self._conn, self._cache = conn, cache
        self._pending = pending
        self._heads: dict[UUID, Head] = {}
        self._known: dict[Key, Known] = {}
        self._now = 0
        self._rows: list[Row] = []
        self._next: Cache = {}
        self._changed: set[UUID] = set()
        self._written = Written([], {}, {}, [], [])

    async def run(self, *, wait: bool) -> Written:
        """Do it all and commit; with `wait`, block for the lock instead of skipping the log."""
        try:
            await self._lock(wait=wait)
            await self._look()
            self._decide()
            await self._write()
        except BaseException:
            # The outcome may be unknown: forget, and let the ids tell on the next try.
            for pending in self._pending:
                self._cache.pop(pending.log, None)
            raise
        self._cache.update(self._next)
        return self._written

    async def _lock(self, *, wait: bool) -> None:
        """Lock heads; look at the clock and at known ids in later statements, never in this one."""
        logs = sorted({pending.log for pending in self._pending})
        keys = [pending.key for pending in self._pending]
        conn = self._conn
        locked, known, now = (conn.cursor(binary=True) for _ in range(3))
        async with conn.pipeline(), locked, known, now:
            await conn.execute("BEGIN")
            if wait:
                await conn.execute(_BLOCKING)
            skip: LiteralString = "" if wait else " SKIP LOCKED"
            await locked.execute(_LOCK + skip, (logs,), prepare=True)
            await now.execute(_CLOCK, prepare=True)
            await known.execute(_KNOWN, [list(part) for part in zip(*keys, strict=True)])
            self._heads = {row[0]: Head._make(row) for row in await locked.fetchall()}
            self._now = (await now.fetchall())[0][0]
            for log, actor, command_id, digest, seq, made in await known.fetchall():
                committed = Committed(seq + made - 1, made, replayed=True)
                self._known[Key(log, actor, command_id)] = Known(digest, committed)

    async def _look(self) -> None:
        """Bring what is remembered up to the locked heads: state, then grants in force."""
        for log, head in self._heads.items():
            self._next[log] = await self._caught_up(log, head)
        if ours := [pending.key for pending in self._pending if pending.sender is SYSTEM]:
            await self._know_system(ours)
        wanted = [
            (pending.log, pending.sender.principal)
            for pending in self._pending
            if pending.log in self._next and not self._in_force(pending)
        ]
        if wanted:
            for (log, principal), mask in (await masks(self._conn, wanted)).items():
                self._next[log].masks[principal] = mask
        self._facts = await facts.gather(
            self._conn, [(p.log, p.command) for p in self._pending if p.log in self._next]
        )

    async def _know_system(self, keys: list[Key]) -> None:
        values = ([key.log for key in keys], [key.command_id for key in keys])
        for log, command_id, digest, seq, made in await store.rows(
            self._conn, _KNOWN_SYSTEM, values
        ):
            committed = Committed(seq + made - 1, made, replayed=True)
            self._known[Key(log, SYSTEM.principal.user, command_id)] = Known(digest, committed)

    def _in_force(self, pending: Pending) -> bool:
        mask = self._next[pending.log].masks.get(pending.sender.principal)
        return mask is not None and (mask.until is None or mask.until * 1e6 > self._now)

    async def _caught_up(self, log: UUID, head: Head) -> Cached:
        cached = self._cache.get(log)
        if cached is None or cached.head.epoch != head.epoch or cached.head.seq > head.seq:
            return await self._loaded(log, head, State())
        if cached.head.seq == head.seq and cached.head.chain != head.chain:
            return await self._loaded(log, head, State())
        if cached.head.seq < head.seq:
            return await self._loaded(log, head, cached.state)
        kept = cached.masks if cached.head.acl_version == head.acl_version else {}
        return Cached(head, cached.state, cached.time, dict(kept))

    async def _loaded(self, log: UUID, head: Head, known: State) -> Cached:
        conn = self._conn
        if known.seq:
            state = await store.advance(conn, log, known, head.seq)
        else:
            state = await store.load(conn, log, head.seq)
        last = await store.read(conn, log, head.seq - 1, head.seq)
        return Cached(head, state, last[0].time if last else 0)

    def _decide(self) -> None:
        closed: set[UUID] = set()
        for pending in self._pending:
            if pending.log not in self._heads:
                self._written.skipped.append(pending)
            elif pending.log in closed:
                self._written.later.append(pending)
            else:
                outcome = self._one(pending)
                self._written.outcomes.append((pending, outcome))
                if pending.log in self._changed:
                    closed.add(pending.log)

    def _one(self, pending: Pending) -> Outcome:
        known = self._known.get(pending.key)
        if known is not None and known.digest != pending.digest:
            return Refused(Refusal.COMMAND_ID_TAKEN)
        cached = self._next[pending.log]
        mask = cached.masks.get(pending.sender.principal, NOTHING)
        if pending.sender is SYSTEM:
            mask = EVERYTHING
        if not mask.permissions & Permission.VIEW:
            return Refused(Refusal.NOT_FOUND)
        if known is not None:
            return known.committed
        try:
            return self._append(pending, cached, mask.permissions)
        except Exception:
            logger.exception("a command could not be decided")
            return Refused(Refusal.FAULT)

    def _append(self, pending: Pending, cached: Cached, permissions: Permission) -> Outcome:
        sender = pending.sender
        actor = None if sender is SYSTEM else sender.principal.user
        who = Who(actor, sender.name, sender.kind, permissions)
        now = max(self._now, cached.time)
        place: Place = "session" if cached.head.kind == projections.SESSION else "workspace"
        known = self._facts.get(pending.log, Facts())
        known = msgspec.structs.replace(known, place=place)
        drafts = decide(cached.state, pending.command, who, pending.command_id, now, known)
        if isinstance(drafts, Refused):
            return drafts
        origin = Origin(sender.principal, actor, pending.command_id, pending.digest)
        tip = Tip(cached.head.seq, cached.head.chain, now)
        placed = list(rows.place(pending.log, tip, drafts, origin))
        self._advance(pending.log, cached, placed)
        committed = Committed(cached.head.seq, len(placed))
        self._known[pending.key] = Known(pending.digest, committed._replace(replayed=True))
        return committed

    def _advance(self, log: UUID, cached: Cached, placed: list[Row]) -> None:
        """Fold first, keep after: an event that cannot be folded is not appended."""
        state = cached.state
        for row in placed:
            state = fold.apply(state, row.event)
        last = placed[-1].stored
        cached.state, cached.time = state, last.time
        cached.head = cached.head._replace(seq=last.seq, chain=last.chain)
        self._rows.extend(placed)
        if projections.grants_change([row.event for row in placed]):
            self._changed.add(log)

    async def _write(self) -> None:
        """Append, move heads, write projections, commit: one trip, two where grants change."""
        if not self._rows:
            await self._conn.execute("ROLLBACK")
            return
        failpoint("append.before_insert")
        await self._project()
        self._stamp()
        async with self._conn.pipeline():
            await rows.insert(self._conn, self._rows)
            moved = [self._next[log].head for log in {row.log for row in self._rows}]
            await self._conn.execute(
                _MOVE,
                ([h.log for h in moved], [h.seq for h in moved], [h.chain for h in moved]),
                prepare=True,
            )
            await self._snapshots()
            failpoint("append.after_insert")
            await self._conn.execute("COMMIT")
        failpoint("append.after_commit")

    async def _snapshots(self) -> None:
        """Keep a state each time a log passes another thousand events."""
        firsts = {row.log: row.stored.seq for row in reversed(self._rows)}
        for log, first in firsts.items():
            state = self._next[log].state
            if (first - 1) // store.SNAPSHOT_EVERY < state.seq // store.SNAPSHOT_EVERY:
                await store.keep_snapshot(self._conn, log, state)

    async def _project(self) -> None:
        touched = {row.log for row in self._rows}
        for log in touched:
            await projections.project(
                self._conn, self._heads[log], [row.event for row in self._rows if row.log == log]
            )
        if self._changed:
            # Grants that we changed ourselves: the triggers have moved the version on.
            for head in await store.heads(self._conn, sorted(self._changed)):
                cached = self._next[head.log]
                cached.head = cached.head._replace(acl_version=head.acl_version)
                cached.masks = {}

    def _stamp(self) -> None:
        """Give every event the version that it is committed under."""
        self._rows = [
            row._replace(
                stored=row.stored._replace(acl_version=self._next[row.log].head.acl_version)
            )
            for row in self._rows
        ]
        for row in self._rows:
            self._written.published.setdefault(row.log, []).append(row.stored)
            self._written.epochs[row.log] = self._next[row.log].head.epoch
