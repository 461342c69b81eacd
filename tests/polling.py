"""Waits for what tells nobody that it changed: a file, a process, an address.

What a loop can be told of (a frame, an event) is waited for without looking again and again.
"""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

PATIENCE = 120.0
"""Seconds that a test waits, where it does not say: a whole `up` may have to be built first."""

PAUSE = 0.05
"""Seconds between two looks."""


def until(
    true: Callable[[], object], otherwise: str, log: Path | None = None, seconds: float = PATIENCE
) -> None:
    """Wait until something is true; fails with `otherwise` and the end of a log."""
    deadline = time.monotonic() + seconds
    while not true():
        written = log.read_text()[-4000:] if log else ""
        assert time.monotonic() < deadline, f"{otherwise}:\n{written}"
        time.sleep(PAUSE)


def answers(url: str) -> bool:
    """Say whether an address answers well."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return bool(answer.status == 200)
    except (OSError, ValueError):
        return False


def runs(pid: int) -> bool:
    """Say whether a process is alive; one that only waits to be collected is not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
