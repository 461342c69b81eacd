"""Named places where a test build can be told to die; nothing in any other build."""

from __future__ import annotations

import os
import signal

_ARMED = os.environ.get("COHELM_FAILPOINT", "") if os.environ.get("COHELM_TEST_BUILD") else ""


def failpoint(name: str) -> None:
    """Kill this process as `kill -9` would, if it was started with this failpoint armed."""
    if name == _ARMED:
        os.kill(os.getpid(), signal.SIGKILL)


def armed(name: str) -> bool:
    """Say whether a failpoint that switches something off is armed."""
    return name == _ARMED
