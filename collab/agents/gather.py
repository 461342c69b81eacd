"""Gathers an agent's events: deltas for about 40 ms, a finished message into one event.

Pure: the clock is given. What comes out is what the log gets, in the agent's order.
"""

from __future__ import annotations

from typing import NamedTuple

from collab.agents.failures import AgUi
from collab.agents.stream import item_key
from collab.core.state import ENDS, GROWS, OPENS

WINDOW = 0.04
"""Seconds for which deltas are gathered."""


class Output(NamedTuple):
    """What to append: passing deltas, or events that stay."""

    events: list[AgUi]
    passing: bool


class Whole:
    """One message or call from its start on."""

    def __init__(self, start: AgUi) -> None:
        self._start = start
        self._first: AgUi | None = None
        self._parts: list[str] = []

    def grow(self, event: AgUi) -> None:
        """Take the next delta."""
        self._first = self._first or event
        self._parts.append(event["delta"])

    def ended(self, end: AgUi) -> list[AgUi]:
        """Give it as start, all of its text, and end."""
        if self._first is None:
            return [self._start, end]
        return [self._start, self._first | {"delta": "".join(self._parts)}, end]


class Gatherer:
    """One run's output on its way to the log."""

    def __init__(self, window: float = WINDOW) -> None:
        self._window = window
        self._ready: list[Output] = []
        self._deltas: list[AgUi] = []
        self._since = 0.0
        self._whole: dict[str, Whole] = {}

    def add(self, event: AgUi, now: float) -> None:
        """Take the next event; `now` in seconds of any clock that does not go back."""
        kind, key = event["type"], item_key(event)
        if key is None:
            self._flush()
            self._ready.append(Output([event], passing=False))
        elif kind in ENDS:
            self._finish(key, event)
        else:
            self._grow(key, kind, event, now)

    def due(self, now: float) -> float | None:
        """Say in how many seconds something is to be appended, or None if there is nothing."""
        if self._ready:
            return 0.0
        return max(0.0, self._since + self._window - now) if self._deltas else None

    def take(self) -> list[Output]:
        """Give everything there is, in order."""
        self._flush()
        ready, self._ready = self._ready, []
        return ready

    def _grow(self, key: str, kind: str, event: AgUi, now: float) -> None:
        if not self._deltas:
            self._since = now
        _join(self._deltas, event)
        if kind in OPENS:
            self._whole[key] = Whole(event)
        else:
            self._whole[key].grow(event)

    def _finish(self, key: str, event: AgUi) -> None:
        self._deltas = [delta for delta in self._deltas if item_key(delta) != key]
        self._flush()
        self._ready.append(Output(self._whole.pop(key).ended(event), passing=False))

    def _flush(self) -> None:
        if self._deltas:
            self._ready.append(Output(self._deltas, passing=True))
            self._deltas = []


def _join(events: list[AgUi], event: AgUi) -> None:
    """Add a delta to the last event if it grows the same item, else put it behind."""
    last = events[-1] if events else None
    same = last is not None and last["type"] == event["type"] and event["type"] in GROWS
    if same and last is not None and item_key(last) == item_key(event):
        events[-1] = last | {"delta": last["delta"] + event["delta"]}
    else:
        events.append(event)
