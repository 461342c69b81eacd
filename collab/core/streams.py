"""The rules of what an agent streams: every delta has its item, every item its id and an end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from collab.core.codes import Refusal, Refused
from collab.core.events import AgUi
from collab.core.state import ENDS, GROWS, OPENS, Item

OPEN_LIMIT = 100
"""Messages and calls that may be streamed at the same time."""

TEXT_LIMIT = 1024 * 1024
"""Characters of one message or call; a longer one could never be sent whole."""

_FAMILY = {name[:4]: name for name in OPENS}
"""What begins an item, by how the names of all its events begin."""


def check(items: Mapping[str, Item], output: Sequence[AgUi], *, passing: bool) -> Refused | None:
    """Say why these events may not follow what is open; `passing`: they are deltas only."""
    watch = _Watch(items, passing)
    problems = (watch.take(event) for event in output)
    return next((problem for problem in problems if problem is not None), None)


class _Watch:
    """Follows the open items through one command."""

    def __init__(self, items: Mapping[str, Item], passing: bool) -> None:
        self._passing = passing
        self._open = {key: (item.start.get("type"), len(item.text)) for key, item in items.items()}

    def take(self, event: AgUi) -> Refused | None:
        name = event.get("type")
        if not isinstance(name, str):
            return _invalid("an event needs a type")
        if self._passing and name not in OPENS and name not in GROWS:
            return _invalid("only deltas may be streamed")
        field = OPENS.get(name) or GROWS.get(name) or ENDS.get(name)
        if field is None:
            return None
        key = event.get(field)
        if not isinstance(key, str) or not key:
            return _invalid(f"{name} needs a {field}")
        return self._item(name, key, event)

    def _item(self, name: str, key: str, event: AgUi) -> Refused | None:
        start, size = self._open.get(key, (None, 0))
        if start is not None and start != _FAMILY[name[:4]]:
            return _invalid(f"{name} for something of another kind")
        if name in OPENS:
            self._open[key] = (name, 0)
            return _too_many() if len(self._open) > OPEN_LIMIT else None
        if name in ENDS:
            self._open.pop(key, None)
            return None
        if start is None:
            return _invalid(f"{name} for something that was not started")
        return self._grow(key, size, start, event)

    def _grow(self, key: str, size: int, start: str, event: AgUi) -> Refused | None:
        delta = event.get("delta")
        if not isinstance(delta, str):
            return _invalid("a delta is a text")
        self._open[key] = (start, size + len(delta))
        too_long = size + len(delta) > TEXT_LIMIT
        return Refused(Refusal.TOO_LARGE, {"limit": TEXT_LIMIT}) if too_long else None


def _invalid(problem: str) -> Refused:
    return Refused(Refusal.INVALID, {"problem": problem})


def _too_many() -> Refused:
    return Refused(Refusal.TOO_LARGE, {"limit": OPEN_LIMIT})
