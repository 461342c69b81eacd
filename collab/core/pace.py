"""How often somebody may ask: so much a second, and more at once after a rest. Time is given."""

from __future__ import annotations

from collections.abc import Hashable

REMEMBERED = 10_000
"""Keys after which those that have rested are forgotten."""

ROUNDING_SECONDS = 1e-6
"""What sums of parts of a second may be wrong by."""

PAUSE_SECONDS = 1.0
"""What is a pause between two that come too soon."""

PATIENCE_SECONDS = 10.0
"""How long somebody may go on without a pause after being told to slow down."""


class Pace:
    """Counts for each key, in one number: when what it has taken will have been earned."""

    def __init__(self, per_second: float, at_once: int) -> None:
        self._each = 1 / per_second if per_second else 0.0
        self._credit = self._each * (at_once - 1) + ROUNDING_SECONDS
        self._earned: dict[Hashable, float] = {}

    def wait(self, key: Hashable, now: float) -> float:
        """Count one and give 0, or give the seconds after which it would be counted."""
        earned = max(self._earned.get(key, now), now)
        if earned - now > self._credit:
            return earned - now - self._credit
        self._earned[key] = earned + self._each
        if len(self._earned) > REMEMBERED:
            self._earned = {key: at for key, at in self._earned.items() if at > now}
        return 0.0


class Haste:
    """Notices who goes on without a pause after being told to slow down."""

    def __init__(self) -> None:
        self._since = self._last = float("-inf")

    def again(self, now: float) -> bool:
        """Take note that something came too soon; say whether patience is over."""
        if now - self._last > PAUSE_SECONDS:
            self._since = now
        self._last = now
        return now - self._since >= PATIENCE_SECONDS
