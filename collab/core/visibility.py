"""Who sees what: the one check that hub and replay share, on each event for each reader."""

from __future__ import annotations

from enum import Enum
from functools import cache

from permissions.roles import Permission

EVERYONE, OPERATORS, AUDITORS = 0, 1, 2
"""Visibility as it is stored."""

CODES = {"everyone": EVERYONE, "operators": OPERATORS, "auditors": AUDITORS}

_OPERATING = Permission.DRIVE | Permission.APPROVE | Permission.MODERATE | Permission.AUDIT


class Sight(Enum):
    """What a reader gets of an event."""

    FRAME = "frame"
    STUB = "stub"
    NOTHING = "nothing"


def sights(mask: Permission) -> int:
    """Give the reader's class: a bit for each visibility that is shown whole; 0 sees nothing."""
    return _sights(int(mask))


@cache  # asked for each frame of each reader, of a few masks
def _sights(bits: int) -> int:
    mask = Permission(bits)
    if not mask & Permission.VIEW:
        return 0
    seen = 1 << EVERYONE
    if mask & _OPERATING:
        seen |= 1 << OPERATORS
    if mask & Permission.AUDIT:
        seen |= 1 << AUDITORS
    return seen


def view(visibility: int, mask: Permission) -> Sight:
    """Say whether a reader with this mask gets the event, its stub, or nothing."""
    seen = sights(mask)
    if not seen:
        return Sight.NOTHING
    return Sight.FRAME if seen >> visibility & 1 else Sight.STUB
