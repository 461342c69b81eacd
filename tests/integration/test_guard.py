"""Where the kernel ends no orphans, the guard does."""

import signal
import subprocess
import sys

from workspace.places import PROJECT

# A supervisor that starts one child, says its number, and is then killed.
SUPERVISOR = """
import os, signal, subprocess
from workspace.guard import Guard
guard = Guard(needed=True)
gone = subprocess.Popen(["true"]); gone.wait()
child = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
guard.started(gone.pid, signal.SIGKILL); guard.ended(gone.pid)
guard.started(child.pid, signal.SIGTERM)
held = os.dup(child.stdin.fileno())
print(child.pid, flush=True)
os.waitid(os.P_PID, child.pid, os.WEXITED)
"""


def test_a_child_ends_with_its_killed_supervisor() -> None:
    supervisor = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    assert supervisor.stdout
    with supervisor.stdout as said:
        assert int(said.readline()) > 0
        supervisor.send_signal(signal.SIGKILL)
        supervisor.wait()
        # The child holds the other end of this pipe: it closes when the child has ended.
        assert said.read() == ""
