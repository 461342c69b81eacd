"""One log's part of a batch: its commands, decided one after the other in memory."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from uuid import UUID

import msgspec

from collab.core import state as fold
from collab.core.codes import Refusal, Refused
from collab.core.decide import decide
from collab.core.drafts import Facts, Who
from collab.core.events import Event
from collab.core.state import State
from collab.log import projections, rows
from collab.log.pending import SYSTEM, Committed, Key, Known, Outcome, Pending, Sender
from collab.log.rows import Origin, Row, Tip
from collab.log.store import Head
from permissions.masks import Mask, Principal
from permissions.roles import Permission

logger = logging.getLogger(__name__)

NOTHING = Mask(Permission(0), None)
AHEAD = 32
"""Rows that are worth a statement of their own while the next commands are decided."""

EVERYTHING = Mask(Permission(sum(Permission)), None)


class Cached(msgspec.Struct):
    """What a process remembers of a log between batches; valid while the head is the same."""

    head: Head
    state: State
    time: int
    masks: dict[Principal, Mask] = {}


class Voice(NamedTuple):
    """A sender as it may speak in this batch; nobody is told that a log exists by a refusal."""

    who: Who
    views: bool


def _before(known: Known, pending: Pending) -> Outcome:
    """Answer a command whose id the log holds: as then, if it is the same command."""
    same = known.digest == pending.digest
    return known.committed if same else Refused(Refusal.COMMAND_ID_TAKEN)


class Part:
    """The commands of one log, and what becomes of them if the batch commits."""

    def __init__(self, log: UUID) -> None:
        self.log = log
        self.pending: list[Pending] = []
        self.senders: dict[int, Sender] = {}
        self.outcomes: list[tuple[Pending, Outcome]] = []
        self.later: list[Pending] = []
        self.rows: list[Row] = []
        self._given = 0
        self.projected: list[Event] = []
        self.grants_changed = False
        self._voices: dict[int, Voice] = {}
        self._salts = rows.salts()

    def put(self, pending: Pending) -> None:
        """Take a command in, behind those that are here."""
        self.pending.append(pending)
        # By identity: a sender is one connection's, and its value takes long to compare.
        self.senders[id(pending.sender)] = pending.sender

    def strangers(self, now: int) -> list[Principal]:
        """Name the senders whose grants are not known, or are over (microseconds since 1970)."""
        masks = self.cached.masks
        return [
            sender.principal
            for sender in self.senders.values()
            if (mask := masks.get(sender.principal)) is None
            or (mask.until is not None and mask.until * 1e6 <= now)
        ]

    def begin(self, cached: Cached) -> None:
        """Take what is remembered of the log, brought up to the locked head."""
        self.cached = cached

    def decide(self, known: dict[Key, Known], facts: Facts, now: int) -> Iterator[list[Row]]:
        """Decide all commands; give rows that may be inserted while the rest is being decided.

        Nothing follows a command that changes grants, for they are read anew; and it waits for
        another batch if rows were given, for it would change the version that they carry.
        """
        cached = self.cached
        self._known, self._facts = known, facts
        self._voices = {at: self._voice(sender) for at, sender in self.senders.items()}
        self._tip = Tip(cached.head.seq, cached.head.chain, max(now, cached.time))
        for at, pending in enumerate(self.pending):
            outcome = None if self.grants_changed else self._one(pending)
            if outcome is None:
                self.later = self.pending[at:]
                break
            self.outcomes.append((pending, outcome))
            if len(self.rows) - self._given >= AHEAD and not self.grants_changed:
                yield self.take()
        cached.head = cached.head._replace(seq=self._tip.seq, chain=self._tip.chain)
        cached.time = self._tip.time if self.rows else cached.time

    def refused(self) -> list[Pending]:
        """Give the commands that were refused, but for those of who may not know this log."""
        return [pending for pending, outcome in self.outcomes if self._refused(pending, outcome)]

    def _refused(self, pending: Pending, outcome: Outcome) -> bool:
        return isinstance(outcome, Refused) and self._voices[id(pending.sender)].views

    def answer_again(self, known: Mapping[Key, Known]) -> None:
        """Answer refused commands that the log holds as they were answered before."""
        for at, (pending, outcome) in enumerate(self.outcomes):
            found = known.get(pending.key)
            if found is not None and self._refused(pending, outcome):
                self.outcomes[at] = pending, _before(found, pending)

    def take(self) -> list[Row]:
        """Give the rows that were not given yet; they are final now."""
        given, self._given = self._given, len(self.rows)
        return self.rows[given:]

    def _voice(self, sender: Sender) -> Voice:
        mask = self.cached.masks.get(sender.principal, NOTHING)
        actor: UUID | None = sender.principal.user
        if sender is SYSTEM:
            mask, actor = EVERYTHING, None
        who = Who(actor, sender.name, sender.kind, mask.permissions)
        return Voice(who, bool(mask.permissions & Permission.VIEW))

    def _one(self, pending: Pending) -> Outcome | None:
        voice = self._voices[id(pending.sender)]
        if not voice.views:
            return Refused(Refusal.NOT_FOUND)
        known = self._known.get(pending.key)
        if known is not None:
            return _before(known, pending)
        try:
            return self._append(pending, voice.who)
        except Exception:
            logger.exception("a command could not be decided")
            return Refused(Refusal.FAULT)

    def _append(self, pending: Pending, who: Who) -> Outcome | None:
        cached, tip = self.cached, self._tip
        command, command_id = pending.command, pending.command_id
        drafts = decide(cached.state, command, who, command_id, tip.time, self._facts)
        if isinstance(drafts, Refused):
            return drafts
        origin = Origin(pending.sender.principal, who.user, command_id, pending.digest, self._salts)
        placed = rows.place(self.log, tip, cached.head.acl_version, drafts, origin)
        if not self._advance(placed):
            return None
        place = self._tip.seq, len(placed)
        self._known[pending.key] = Known(pending.digest, Committed(*place, replayed=True))
        return Committed(*place)

    def _advance(self, placed: list[Row]) -> bool:
        """Fold first, keep after: an event that cannot be folded is not appended."""
        state = self.cached.state
        for row in placed:
            state = fold.apply(state, row.event)
        followed = [row.event for row in placed if type(row.event.body) in projections.FOLLOWED]
        granting = any(type(event.body) in projections.GRANTING for event in followed)
        if granting and self._given:
            return False
        last = placed[-1].stored
        self.cached.state = state
        self._tip = Tip(last.seq, last.chain, last.time)
        self.rows += placed
        self.projected += followed
        self.grants_changed |= granting
        return True

    def stamp(self, acl_version: int) -> None:
        """Give every event the version that the log's own grants have moved on to."""
        self.cached.head = self.cached.head._replace(acl_version=acl_version)
        self.cached.masks = {}
        self.rows = [
            row._replace(stored=row.stored._replace(acl_version=acl_version)) for row in self.rows
        ]
