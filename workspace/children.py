"""How a child process is started so that it never outlives its parent. Watches nothing."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Program:
    """Say what to run, as whom, and which signals end it."""

    name: str
    argv: tuple[str, ...]
    environ: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    user: tuple[int, int] | None = None
    stop: signal.Signals = signal.SIGTERM
    # What it gets when its parent is killed: nobody is left then to make sure of a slow one.
    orphaned: signal.Signals = signal.SIGKILL
    # Seconds from asking to insisting.
    patience: float = 10.0
    pass_fds: tuple[int, ...] = ()

    def arguments(self, log: IO[bytes] | int) -> dict[str, Any]:
        """Give what subprocess.Popen and asyncio.create_subprocess_exec both take."""
        given: dict[str, Any] = {
            "env": dict(self.environ) or None,
            "cwd": self.folder,
            "stdin": subprocess.DEVNULL,
            "stdout": log,
            "stderr": subprocess.STDOUT,
            "pass_fds": self.pass_fds,
            # Ctrl-C in the terminal reaches the parent alone, which stops all in order.
            "start_new_session": True,
            "preexec_fn": die_with_parent(self.orphaned),
        }
        if self.user:
            given |= {"user": self.user[0], "group": self.user[1], "extra_groups": []}
        return given


def die_with_parent(with_signal: signal.Signals) -> Callable[[], None] | None:
    """Have the kernel send a signal when the parent is gone (Linux; after setuid, before exec)."""
    if LIBC is None:
        return None
    parent, libc, number = os.getpid(), LIBC, int(with_signal)

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:
            os._exit(1)

    return ask
