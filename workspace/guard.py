"""Ends the children of a supervisor that was killed, where the kernel cannot be asked to (macOS).

The supervisor says over a pipe what it started; when the pipe closes, whatever still runs is ended.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from workspace.children import LIBC

PROJECT = Path(__file__).resolve().parent.parent


class Guard:
    """Be the supervisor's end of the pipe; on Linux there is none and nothing is said."""

    def __init__(self, *, needed: bool = LIBC is None) -> None:
        self._process: subprocess.Popen[str] | None = None
        if needed:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "workspace.guard"],
                cwd=PROJECT,
                stdin=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )

    def started(self, pid: int, orphaned: signal.Signals) -> None:
        """Say that a process runs and which signal ends it should we be gone."""
        self._say(f"{pid} {int(orphaned)}")

    def ended(self, pid: int) -> None:
        """Say that a process is no more: its number may soon be another's."""
        self._say(f"{pid} 0")

    def _say(self, line: str) -> None:
        if self._process and self._process.stdin:
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()


def watch(lines: Iterable[str]) -> None:
    """Remember what runs until the pipe closes, then end it."""
    running: dict[int, int] = {}
    for line in lines:
        pid, number = map(int, line.split())
        if number:
            running[pid] = number
        else:
            running.pop(pid, None)
    for pid, number in running.items():
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


if __name__ == "__main__":
    watch(sys.stdin)
