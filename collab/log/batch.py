"""One batch: one transaction that locks heads, looks, decides in memory, appends and commits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import LiteralString, NamedTuple
from uuid import UUID

import msgspec

from collab.core.drafts import Facts
from collab.core.state import State
from collab.failpoint import failpoint
from collab.log import facts, projections, rows, store
from collab.log.packing import bytestrings, int8s, number, uuids
from collab.log.part import Cached, Part
from collab.log.pending import SYSTEM, Committed, Key, Known, Outcome, Pending
from collab.log.store import Head, Stored
from collab.log.trips import Row, Statement, Trips
from permissions.masks import masks

Cache = dict[UUID, Cached]


class Written(NamedTuple):
    """What a batch did; `skipped`: another holds the lock, `later`: grants changed before them."""

    outcomes: list[tuple[Pending, Outcome]]
    published: dict[UUID, list[Stored]]
    epochs: dict[UUID, int]
    skipped: list[Pending]
    later: list[Pending]


_BEGIN = Statement("begin", "BEGIN")
_COMMIT = Statement("commit", "COMMIT")
_ROLLBACK = Statement("rollback", "ROLLBACK")
_PATIENCE = Statement("patience", "SET LOCAL lock_timeout = '2s'")

_LOCK = f"""SELECT {store.HEAD_COLUMNS} FROM collab_head
    WHERE log = ANY($1::uuid[]) ORDER BY log FOR NO KEY UPDATE"""
_LOCK_OR_SKIP = Statement("lock or skip", f"{_LOCK} SKIP LOCKED")
_LOCK_OR_WAIT = Statement("lock or wait", _LOCK)

# In a statement of its own after the lock, whose snapshot is older than the lock.
_CLOCK = Statement("clock", "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::int8")

_KNOWN = Statement(
    "known",
    """SELECT k.place, e.seq, e.command_digest, e.command_events
    FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) WITH ORDINALITY
        AS k (log, actor, command_id, place)
    JOIN collab_event e
      ON e.log = k.log AND e.actor = k.actor AND e.command_id = k.command_id""",
)

# The system's events have no actor, which no `=` finds.
_KNOWN_SYSTEM: LiteralString = """SELECT log, command_id, command_digest, seq, command_events
    FROM collab_event WHERE log = ANY(%s) AND actor IS NULL AND command_id = ANY(%s)"""

_MOVE = Statement(
    "move",
    """UPDATE collab_head h SET seq = n.seq, chain = n.chain
    FROM unnest($1::uuid[], $2::int8[], $3::bytea[]) AS n (log, seq, chain)
    WHERE h.log = n.log""",
)


class Batch:
    """The steps of one transaction, in the order that keeps the promises: lock, look, decide.

    Commands that the log holds already are rare. So ids are looked for only where a command would
    be refused; one that would be followed twice breaks the batch by the index of ids, and the
    next try is `careful`: it looks for all ids before it decides.
    """

    def __init__(
        self, trips: Trips, cache: Cache, pending: Sequence[Pending], *, careful: bool
    ) -> None:
        self._trips, self._conn, self._cache = trips, trips.conn, cache
        self._pending, self._careful = pending, careful
        self._parts: dict[UUID, Part] = {}
        for each in pending:
            part = self._parts.get(each.log)
            if part is None:
                part = self._parts[each.log] = Part(each.log)
            part.put(each)
        self._skipped: list[Pending] = []
        self._known: dict[Key, Known] = {}
        self._now = 0

    async def run(self, *, wait: bool) -> Written:
        """Do it all and commit; with `wait`, block for the lock instead of skipping the log."""
        logs = list(self._parts)
        try:
            heads = await self._lock(wait=wait)
            await self._look(heads)
            await self._decide()
            await self._look_again()
            await self._write()
        except BaseException:
            # The outcome may be unknown: forget, and let the ids tell on the next try.
            for log in logs:
                self._cache.pop(log, None)
            raise
        self._cache.update({log: part.cached for log, part in self._parts.items()})
        return self._written()

    async def _lock(self, *, wait: bool) -> list[Head]:
        """Lock heads; look at the clock and at known ids in later statements, never in this one:
        its snapshot is older than its locks."""
        trips, lock = self._trips, _LOCK_OR_WAIT if wait else _LOCK_OR_SKIP
        trips.add(_BEGIN)
        if wait:
            trips.add(_PATIENCE)
        trips.add(lock, uuids(list(self._parts)))
        trips.add(_CLOCK)
        if self._careful:
            self._ask(self._pending)
        answers = await trips.go()
        self._now = number(answers[_CLOCK.name][0][0])
        if self._careful:
            self._hear(self._pending, answers[_KNOWN.name])
        return [store.head_of(row) for row in answers[lock.name]]

    def _ask(self, wanted: Sequence[Pending]) -> None:
        """Have the server look which of some commands the logs hold."""
        self._trips.add(
            _KNOWN,
            uuids([pending.log for pending in wanted]),
            uuids([pending.sender.principal.user for pending in wanted]),
            uuids([pending.command_id for pending in wanted]),
        )

    def _hear(self, wanted: Sequence[Pending], found: Sequence[Row]) -> None:
        for place, seq, digest, made in found:
            committed = Committed(number(seq) + number(made) - 1, number(made), replayed=True)
            self._known[wanted[number(place) - 1].key] = Known(digest or b"", committed)

    async def _look_again(self) -> None:
        """Look whether what was refused was followed before: then it is answered as it was."""
        parts = [] if self._careful else list(self._parts.values())
        refused = [pending for part in parts for pending in part.refused()]
        if refused:
            self._ask(refused)
            self._hear(refused, (await self._trips.go())[_KNOWN.name])
            for part in parts:
                part.answer_again(self._known)

    async def _look(self, heads: Sequence[Head]) -> None:
        """Bring what is remembered up to the locked heads: state, then grants in force."""
        for head in heads:
            self._parts[head.log].begin(await self._caught_up(head.log, head))
        self._skip({head.log for head in heads})
        if ours := [pending for pending in self._pending if pending.sender is SYSTEM]:
            await self._know_system(ours)
        wanted = [
            (log, principal)
            for log, part in self._parts.items()
            for principal in part.strangers(self._now)
        ]
        for (log, principal), mask in (await masks(self._conn, wanted)).items():
            self._parts[log].cached.masks[principal] = mask

    async def _know_system(self, ours: Sequence[Pending]) -> None:
        values = ([pending.log for pending in ours], [pending.command_id for pending in ours])
        for log, command_id, digest, seq, made in await store.rows(
            self._conn, _KNOWN_SYSTEM, values
        ):
            committed = Committed(seq + made - 1, made, replayed=True)
            key = Key(log.int, SYSTEM.principal.user.int, command_id.int)
            self._known[key] = Known(digest, committed)

    def _skip(self, locked: set[UUID]) -> None:
        if len(locked) < len(self._parts):
            for part in self._parts.values():
                self._skipped += () if part.log in locked else part.pending
            self._parts = {log: self._parts[log] for log in self._parts if log in locked}

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

    async def _decide(self) -> None:
        parts = self._parts.values()
        wished = [(p.log, p.command) for x in parts for p in x.pending if facts.asks(p.command)]
        found = await facts.gather(self._conn, wished)
        for log, part in self._parts.items():
            of_session = part.cached.head.kind == projections.SESSION
            place = "session" if of_session else "workspace"
            known = msgspec.structs.replace(found.get(log, Facts()), place=place)
            for placed in part.decide(self._known, known, self._now):
                self._insert(placed)
                self._trips.push()

    def _insert(self, placed: list[rows.Row]) -> None:
        failpoint("append.before_insert")
        rows.insert(self._trips, placed)

    async def _write(self) -> None:
        """Append, move heads, write projections, commit: one trip, more where grants change."""
        parts = [part for part in self._parts.values() if part.rows]
        if not parts:
            self._trips.add(_ROLLBACK)
            await self._trips.go()
            return
        await self._project(parts)
        if placed := [row for part in parts for row in part.take()]:
            self._insert(placed)
        heads = [part.cached.head for part in parts]
        self._trips.add(
            _MOVE,
            uuids([head.log for head in heads]),
            int8s([head.seq for head in heads]),
            bytestrings([head.chain for head in heads]),
        )
        self._snapshots(parts)
        self._trips.push()
        failpoint("append.after_insert")
        self._trips.add(_COMMIT)
        await self._trips.go()
        failpoint("append.after_commit")

    def _snapshots(self, parts: Sequence[Part]) -> None:
        """Keep a state each time a log passes another thousand events."""
        for part in parts:
            state, before = part.cached.state, part.rows[0].stored.seq - 1
            if before // store.SNAPSHOT_EVERY < state.seq // store.SNAPSHOT_EVERY:
                store.keep_snapshot(self._trips, part.log, state)

    async def _project(self, parts: Sequence[Part]) -> None:
        projected = [part for part in parts if part.projected]
        if projected and self._trips.under_way:
            await self._trips.go()
        for part in projected:
            await projections.project(self._conn, part.cached.head, part.projected)
        changed = [part.log for part in parts if part.grants_changed]
        if changed:
            # Grants that we changed ourselves: the triggers have moved the version on.
            for head in await store.heads(self._conn, changed):
                self._parts[head.log].stamp(head.acl_version)

    def _written(self) -> Written:
        parts = self._parts.values()
        appended = [part for part in parts if part.rows]
        return Written(
            [answered for part in parts for answered in part.outcomes],
            {part.log: [row.stored for row in part.rows] for part in appended},
            {part.log: part.cached.head.epoch for part in appended},
            self._skipped,
            [pending for part in parts for pending in part.later],
        )
