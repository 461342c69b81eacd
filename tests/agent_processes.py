"""Real agent processes for tests: the demo agent, and one that misbehaves on purpose."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.polling import until

START_SECONDS = 120.0


@dataclass
class AgentProcess:
    """Be one agent that answers at `url`; the demo agent has a folder and a journal."""

    url: str
    folder: Path
    journal: Path
    process: subprocess.Popen[bytes]

    def calls(self, tool: str) -> list[dict[str, Any]]:
        """Give the arguments of the tool calls that were executed."""
        lines = self.journal.read_text().splitlines() if self.journal.exists() else []
        entries = [json.loads(line) for line in lines]
        return [entry["args"] for entry in entries if entry["tool"] == tool]


@contextmanager
def demo_agent(
    place: Path, *flags: str, environ: dict[str, str] | None = None
) -> Iterator[AgentProcess]:
    """Start the demo agent on a fresh folder below `place`; it talks without pauses."""
    module = (sys.executable, "-m", "collab.agents.demo", *with_a_folder(place), "--pace", "0")
    with started(place, (*module, *flags), environ) as agent:
        yield agent


@contextmanager
def bad_agent(place: Path) -> Iterator[AgentProcess]:
    """Start the agent that misbehaves; the path of its URL says how."""
    with started(place, (sys.executable, "-m", "tests.agents_bad")) as agent:
        yield agent


def with_a_folder(place: Path) -> tuple[str, ...]:
    """Say which folder an agent's tools work on, and where it keeps its journal."""
    return ("--folder", str(place / "scratch"), "--journal", str(place / "journal"))


@contextmanager
def started(
    place: Path, program: tuple[str, ...], environ: dict[str, str] | None = None
) -> Iterator[AgentProcess]:
    """Run an agent's program, which says its port in a file, until the end of the block."""
    port_file = place / "port"
    argv = [*program, "--port-file", str(port_file)]
    with (place / "agent.log").open("ab") as log:
        process = subprocess.Popen(argv, env=environ, stdout=log, stderr=log)
    try:
        port = _port(port_file, process, place / "agent.log")
        yield AgentProcess(
            f"http://127.0.0.1:{port}/", place / "scratch", place / "journal", process
        )
    finally:
        process.kill()
        process.wait()


def _port(file: Path, process: subprocess.Popen[bytes], log: Path) -> int:
    def known_or_ended() -> bool:
        return file.exists() or process.poll() is not None

    until(known_or_ended, "the agent did not start", log, START_SECONDS)
    assert file.exists(), log.read_text()
    return int(file.read_text())
