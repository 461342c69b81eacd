"""Named places where a test build can be told to die or to fail; nothing in any other build."""

from __future__ import annotations

import os
import random
import signal

_ARMED = os.environ.get("COHELM_FAILPOINT", "") if os.environ.get("COHELM_TEST_BUILD") else ""

_LATE = 0.08
"""Seconds by which a lossy hint is late: many of its followers overtake it."""


def failpoint(name: str) -> None:
    """Kill this process as `kill -9` would, if it was started with this failpoint armed."""
    if name == _ARMED:
        os.kill(os.getpid(), signal.SIGKILL)


def sendings() -> tuple[float, ...]:
    """Give the seconds after which a hint is sent, one number for each time it is.

    At once and once, but for a test build: `hints.off` sends none; `hints.lossy` loses, doubles
    and delays three of ten each.
    """
    if _ARMED == "hints.lossy":
        return random.choice(((),) * 3 + ((0.0, 0.0),) * 3 + ((_LATE,),) * 3 + ((0.0,),))
    return () if _ARMED == "hints.off" else (0.0,)
