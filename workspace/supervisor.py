"""Keeps child processes running: starts, watches, starts again, stops in order.

Knows nothing of what the children are for.
"""

import asyncio
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from workspace.children import Program
from workspace.guard import Guard

Say = Callable[[str], None]

FIRST_WAIT, LONGEST_WAIT = 0.2, 15.0
# A child that ran so long is taken to have been well.
WELL_AFTER = 30.0
LARGEST_LOG = 10_000_000


class Ended(Exception):
    """Say which child ended, how, and what it said last."""


class Child:
    """Keep one program running until it is told to stop."""

    def __init__(
        self, program: Program, logs: Path, say: Say, changed: Callable[[], None], guard: Guard
    ) -> None:
        self.program = program
        self._guard = guard
        self.log = logs / f"{program.name.replace(' ', '-')}.log"
        self.pid: int | None = None
        self._say = say
        self._changed = changed
        self._process: asyncio.subprocess.Process | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._stopping = False

    def start(self) -> None:
        """Start it and go on keeping it."""
        self._keeping = asyncio.create_task(self._keep(), name=self.program.name)

    async def stop(self) -> None:
        """Ask it to end, and insist when its patience is over."""
        self._stopping = True
        if self._process and self._process.returncode is None:
            send(self._process, self.program.stop)
            try:
                await asyncio.wait_for(self._process.wait(), self.program.patience)
            except TimeoutError:
                send(self._process, signal.SIGKILL)
                await self._process.wait()
        if self._keeping:
            self._keeping.cancel()
            await asyncio.wait([self._keeping])

    def kill(self) -> None:
        """End it at once."""
        if self._process:
            send(self._process, signal.SIGKILL)

    async def _keep(self) -> None:
        wait = FIRST_WAIT
        while not self._stopping:
            begun = time.monotonic()
            how = await self._run_once()
            if self._stopping:
                return
            if time.monotonic() - begun > WELL_AFTER:
                wait = FIRST_WAIT
            self._say(f"{self.program.name} {how}; starting it again. Its log: {self.log}")
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)

    async def _run_once(self) -> str:
        try:
            self._process = await spawn(self.program, self.log)
        except OSError as error:
            return f"cannot be started ({error})"
        if self._stopping:
            self.kill()
        self.pid = self._process.pid
        self._changed()
        self._guard.started(self._process.pid, self.program.orphaned)
        how = said_of(await self._process.wait())
        self._guard.ended(self._process.pid)
        self.pid = None
        return how


async def spawn(program: Program, log: Path) -> asyncio.subprocess.Process:
    """Start a program; what it says goes to its log, which is kept small."""
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_suffix(".1.log"))
    with log.open("ab") as file:
        return await asyncio.create_subprocess_exec(*program.argv, **program.arguments(file))


async def run_once(program: Program, log: Path, seconds: float) -> None:
    """Run a program to its end; raises Ended when it fails or takes longer than that."""
    process = await spawn(program, log)
    try:
        code = await asyncio.wait_for(process.wait(), seconds)
    except TimeoutError:
        raise Ended(f"{program.name} took longer than {seconds:.0f} s. Its log: {log}") from None
    finally:
        if process.returncode is None:
            send(process, signal.SIGKILL)
            await process.wait()
    if code:
        last = "\n".join(log.read_text(errors="replace").splitlines()[-12:])
        raise Ended(f"{program.name} {said_of(code)}. Its log is {log}; it ends with:\n{last}")


async def stop_in_order(groups: Sequence[Sequence[Child]]) -> None:
    """Stop one group after the other, the children of a group at the same time."""
    for group in groups:
        await asyncio.gather(*(child.stop() for child in group))


def send(process: asyncio.subprocess.Process, what: signal.Signals) -> None:
    """Send a signal to a process that may have ended meanwhile."""
    try:
        process.send_signal(what)
    except ProcessLookupError:
        return


def said_of(code: int) -> str:
    """Say how a process ended."""
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
