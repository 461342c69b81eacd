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
from collab.hubs import Hubs, hubs
from permissions.roles import Permission, codenames

GHOST_SECONDS = 2.5 * BEAT_SECONDS
"""How long the people of a process that says nothing are still taken for present."""


class Person(NamedTuple):
    """Someone at a connection."""

    user: UUID
    name: str
    kind: Kind


class Away(NamedTuple):
    """What another process said, and until when it holds (monotonic seconds)."""

    until: float
    people: list[Present]


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
        self._shown: dict[UUID, list[Present]] = {}
        all_hubs.listen("presence", self._heard)
        all_hubs.listen("presence.ask", self._asked)
        all_hubs.on_beat.append(self._beat)

    def came(self, log: UUID, person: Person) -> None:
        """Count a connection in."""
        first = log not in self._here
        self._here.setdefault(log, Counter())[person] += 1
        if first:
            self._hubs.hint(log, "presence.ask", b"")
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
        """Tell everyone again: somebody came, went, or may do something else now."""
        self._tell(log)
        self._show(log)

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

    def _show(self, log: UUID) -> None:
        people = self.people(log)
        hub = self._hubs.get(log)
        if hub is not None and people != self._shown.get(log):
            self._shown[log] = people
            hub.show(frames.Presence(people))

    def _heard(self, log: UUID, process: str, content: bytes) -> None:
        until = time.monotonic() + GHOST_SECONDS
        self._away.setdefault(log, {})[process] = Away(until, _decoder.decode(content))
        self._show(log)
        # Looked at when it lapses, not at some later beat: a ghost's time is promised.
        asyncio.get_running_loop().call_later(GHOST_SECONDS, self._show, log)

    def _asked(self, log: UUID, process: str, content: bytes) -> None:
        self._tell(log)

    def _beat(self) -> None:
        """Say again who is here, and forget processes that have gone silent."""
        now = time.monotonic()
        for log in list(self._here | self._away):
            away = self._away.get(log, {})
            self._away[log] = {name: said for name, said in away.items() if said.until > now}
            self._tell(log)
            self._show(log)
            if not self._here.get(log) and not self._away[log]:
                self._forget(log)

    def _forget(self, log: UUID) -> None:
        self._here.pop(log, None)
        self._away.pop(log, None)
        self._shown.pop(log, None)


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
