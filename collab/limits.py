"""How much one person, and one address, may ask of this process: counted here, kept nowhere."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Hashable
from contextlib import ExitStack
from functools import cache
from uuid import UUID

from django.conf import settings

from collab.core.codes import Refusal, Refused
from collab.core.pace import Pace
from permissions.addresses import place_of
from permissions.credentials import Identity

SECONDS_AT_ONCE = 2.5
"""After a rest somebody may do at once what else takes so long."""

ATTEMPT_SECONDS = 10
"""An address may open as many connections in so many seconds as it may have open."""


class Seats:
    """Open connections for each key, up to a number; 0 is no limit."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: Counter[Hashable] = Counter()

    def take(self, key: Hashable, until: ExitStack) -> bool:
        """Take a seat until a stack is closed, or say that there is none."""
        if self._most and self._taken[key] >= self._most:
            return False
        self._taken[key] += 1
        until.callback(self._leave, key)
        return True

    def _leave(self, key: Hashable) -> None:
        self._taken[key] -= 1
        if not self._taken[key]:
            del self._taken[key]


class Limits:
    """What is counted in this process."""

    def __init__(
        self, per_person: int, per_address: int, per_second: int, sessions_an_hour: int
    ) -> None:
        self._people, self._addresses = Seats(per_person), Seats(per_address)
        self._attempts = Pace(per_address / ATTEMPT_SECONDS, per_address)
        self._commands = Pace(per_second, int(per_second * SECONDS_AT_ONCE))
        self._sessions = Pace(sessions_an_hour / 3_600, sessions_an_hour)

    def opens(self, address: str, until: ExitStack) -> bool:
        """Say whether one more connection may be opened from an address, and count it."""
        place = place_of(address)
        if place is None:
            return True
        soon = self._attempts.wait(place, time.monotonic()) > 0
        return not soon and self._addresses.take(place, until)

    def enters(self, who: Identity, until: ExitStack) -> bool:
        """Say whether somebody may have one more connection, and count it. An agent has one in
        each session, so that of agents nothing is counted."""
        return who.kind == "agent" or self._people.take(who.user, until)

    def hasty(self, who: Identity) -> Refused | None:
        """Count a command of somebody's, or refuse it. Agents stream, and are not counted."""
        wait = 0.0 if who.kind == "agent" else self._pace(who.user)
        return Refused(Refusal.SLOW_DOWN, {"retry_ms": int(wait * 1_000) + 1}) if wait else None

    def prolific(self, who: Identity) -> Refused | None:
        """Count a session that somebody opens, or refuse it."""
        wait = math.ceil(self._sessions.wait(who.user, time.monotonic()))
        if not wait:
            return None
        sentence = f"You have opened many sessions. The next one may be opened in {wait} s."
        return Refused(Refusal.SLOW_DOWN, {"retry_ms": wait * 1_000}, sentence)

    def _pace(self, user: UUID) -> float:
        return self._commands.wait(user, time.monotonic())


@cache
def limits() -> Limits:
    """Give the limits of this process."""
    connections = settings.CONNECTIONS_PER_PERSON, settings.CONNECTIONS_PER_ADDRESS
    return Limits(*connections, settings.COMMANDS_A_SECOND, settings.SESSIONS_AN_HOUR)
