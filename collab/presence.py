"""Who is connected now: soft state, told between processes by hints, never in the log."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from typing import NamedTuple
from uuid import UUID
from weakref import WeakKeyDictionary

import msgspec

from collab.core import frames
from collab.core.events import Kind
from collab.core.frames import BEAT_SECONDS, Present
from collab.hub import Reader, give
from collab.hubs import Hubs, hubs
from permissions.roles import Permission, codenames

GHOST_SECONDS = 2.5 * BEAT_SECONDS
"""How long the people of a process that says nothing are still taken for present."""

REST_SECONDS = 0.1
"""How long what changes is gathered at least, before it is shown in one frame."""

SHARE = 4
"""Rest so many times as long as the showing took: a crowd that comes leaves time for events."""


class Person(NamedTuple):
    """Someone at a connection."""

    user: UUID
    name: str
    kind: Kind


class Away(NamedTuple):
    """What another process said, and until when it holds (monotonic seconds)."""

    until: float
    people: list[Present]


class Board:
    """What the readers of one log have been shown, and when they are shown more."""

    def __init__(self) -> None:
        self.newcomers: set[Reader] = set()
        self.told = True
        self.rested_at = 0.0
        self.round: asyncio.TimerHandle | None = None
        self._shown: dict[UUID, Present] = {}

    def turn(self, people: list[Present]) -> frames.Presence:
        """Give what is different now from what was shown before."""
        before, self._shown = self._shown, {one.user: one for one in people}
        changed = [one for one in people if before.get(one.user) != one]
        gone = [user for user in before if user not in self._shown]
        return frames.Presence(changed, whole=False, gone=gone)


_decoder = msgspec.msgpack.Decoder(list[Present])
_encode = msgspec.msgpack.Encoder().encode


def _merged(one: Present, other: Present) -> Present:
    """Merge two processes' word on one person; what they may do is the same, or about to be."""
    names = tuple(dict.fromkeys((*one.permissions, *other.permissions)))
    connections = one.connections + other.connections
    return Present(one.user, one.name, one.kind, connections, names)


class Roster:
    """The people of every live log: those here, and those that other processes tell of."""

    def __init__(self, all_hubs: Hubs) -> None:
        self._hubs = all_hubs
        self._here: dict[UUID, Counter[Person]] = {}
        self._away: dict[UUID, dict[str, Away]] = {}
        self._boards: dict[UUID, Board] = {}
        all_hubs.listen("presence", self._heard)
        all_hubs.listen("presence.ask", self._asked)
        all_hubs.on_beat.append(self._beat)

    def came(self, log: UUID, person: Person, reader: Reader) -> None:
        """Count a connection in; its reader is shown everyone."""
        first = log not in self._here
        self._here.setdefault(log, Counter())[person] += 1
        if first:
            self._hubs.hint(log, "presence.ask", b"")
        self._board(log).newcomers.add(reader)
        self.changed(log)

    def went(self, log: UUID, person: Person) -> None:
        """Count a connection out."""
        here = self._here.get(log, Counter())
        here[person] -= 1
        self._here[log] = +here
        self.changed(log)

    def shows(self, log: UUID) -> bool:
        """Say whether somebody is connected here, so that the others keep this process told."""
        return bool(self._here.get(log))

    def people(self, log: UUID) -> list[Present]:
        """Give everyone who is connected, tabs and processes merged, by name."""
        now = time.monotonic()
        told = [away.people for away in self._away.get(log, {}).values() if away.until > now]
        total: dict[UUID, Present] = {}
        for one in itertools.chain(self._local(log), *told):
            known = total.get(one.user)
            total[one.user] = one if known is None else _merged(known, one)
        return sorted(total.values(), key=lambda p: (p.name, str(p.user)))

    def changed(self, log: UUID) -> None:
        """Have everyone told: somebody came, went, or may do something else now."""
        self._board(log).told = False
        self._soon(log)

    def _board(self, log: UUID) -> Board:
        return self._boards.setdefault(log, Board())

    def _local(self, log: UUID) -> list[Present]:
        hub = self._hubs.get(log)
        readers = hub.readers if hub is not None else ()
        masks = {reader.principal.user: reader.mask.permissions for reader in readers}
        return [
            Present(*person, count, codenames(masks.get(person.user, Permission(0))))
            for person, count in self._here.get(log, {}).items()
        ]

    def _tell(self, log: UUID) -> None:
        self._hubs.hint(log, "presence", _encode(self._local(log)))

    def _soon(self, log: UUID) -> None:
        """Show what has changed, at once after a rest; what changes meanwhile is gathered."""
        board = self._board(log)
        if board.round is None:
            rest = max(board.rested_at - time.monotonic(), 0)
            board.round = asyncio.get_running_loop().call_later(rest, self._round, log, board)

    def _round(self, log: UUID, board: Board) -> None:
        board.round, begun = None, time.monotonic()
        if not board.told:
            board.told = True
            self._tell(log)
        self._show(log, board)
        now = time.monotonic()
        board.rested_at = now + max(REST_SECONDS, SHARE * (now - begun))

    def _show(self, log: UUID, board: Board) -> None:
        """Show newcomers everyone, and all others what is new: else a crowd would cost its cube."""
        people = self.people(log)
        news = board.turn(people)
        newcomers, board.newcomers = board.newcomers, set()
        give(frames.Presence(people), newcomers)
        hub = self._hubs.get(log)
        if hub is not None and (news.people or news.gone):
            hub.show(news, newcomers)

    def _heard(self, log: UUID, process: str, content: bytes) -> None:
        until = time.monotonic() + GHOST_SECONDS
        self._away.setdefault(log, {})[process] = Away(until, _decoder.decode(content))
        self._soon(log)
        # Looked at when it lapses, not at some later beat: a ghost's time is promised.
        asyncio.get_running_loop().call_later(GHOST_SECONDS, self._soon, log)

    def _asked(self, log: UUID, process: str, content: bytes) -> None:
        self._tell(log)

    def _beat(self) -> None:
        """Say again who is here, and forget processes that have gone silent."""
        now = time.monotonic()
        for log in {*self._here, *self._away, *self._boards}:
            away = self._away.get(log, {})
            self._away[log] = {name: said for name, said in away.items() if said.until > now}
            self._tell(log)
            if self._here.get(log) or self._away[log]:
                self._soon(log)
            else:
                self._forget(log)

    def _forget(self, log: UUID) -> None:
        for kept in (self._here, self._away, self._boards):
            kept.pop(log, None)


ANSWER_SECONDS = 0.3
"""How long other processes are waited for, where one asks that shows the log to nobody itself."""


async def connected(log: UUID) -> list[Present]:
    """Give who is connected to a log, as far as the processes answer in time."""
    people = roster()
    if await hubs().open(log) is not None and not people.shows(log):
        hubs().hint(log, "presence.ask", b"")
        await asyncio.sleep(ANSWER_SECONDS)
    return people.people(log)


_rosters: WeakKeyDictionary[asyncio.AbstractEventLoop, Roster] = WeakKeyDictionary()


def roster() -> Roster:
    """Give the roster of this loop."""
    loop = asyncio.get_running_loop()
    found = _rosters.get(loop)
    if found is None:
        found = _rosters[loop] = Roster(hubs())
    return found
