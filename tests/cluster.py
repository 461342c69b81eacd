"""Real workers for tests, each on a port of its own: a test chooses which it talks to."""

import os
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.polling import answers, until
from tests.servers import end, run
from workspace.children import Program
from workspace.workers import OPTIONS, UVICORN

START_SECONDS = 120.0

UNLIMITED = {
    "COHELM_CONNECTIONS_PER_PERSON": "0",
    "COHELM_COMMANDS_A_SECOND": "0",
    "COHELM_SESSIONS_AN_HOUR": "0",
}
"""One person of a test is a crowd; the limits have tests of their own."""


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


@dataclass
class Worker:
    """Be one uvicorn process that can be killed and started again on its port."""

    number: int
    environ: dict[str, str]
    log: Path
    application: str = UVICORN[-1]
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self.process, "the worker does not run"
        return self.process.pid

    @property
    def program(self) -> Program:
        address = ("--host", "127.0.0.1", "--port", str(self.port))
        return Program(
            name=f"worker {self.number}",
            argv=(*UVICORN[:-1], self.application, *address, *OPTIONS),
            environ=os.environ | UNLIMITED | self.environ,
        )

    def start(self) -> None:
        """Start it without waiting until it answers."""
        self.process = run(self.program, self.log)

    def wait(self) -> None:
        """Wait until it answers; fails with the end of its log."""
        otherwise = f"worker {self.number} did not start"
        until(lambda: self.answers() or self.ended(), otherwise, self.log, START_SECONDS)
        assert not self.ended(), self.log.read_text()

    def ended(self) -> bool:
        assert self.process
        return self.process.poll() is not None

    def runs(self) -> bool:
        return self.process is not None and not self.ended()

    def answers(self) -> bool:
        return answers(f"{self.url}/readyz")

    def kill(self) -> None:
        """End it as a crash would: no goodbye to anybody."""
        assert self.process
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End it as a deployment would."""
        if self.process:
            end(self.process, self.program)

    def restart(self) -> None:
        """Start it again on the same port and wait until it answers."""
        self.stop()
        self.start()
        self.wait()


class Cluster:
    """Hold the workers of one test; `cluster[0]` and `cluster[1]` are different processes."""

    def __init__(self, folder: Path, workers: int, environ: dict[str, str]) -> None:
        self.workers = [
            Worker(number, environ, folder / f"worker-{number}.log") for number in range(workers)
        ]

    def __getitem__(self, number: int) -> Worker:
        return self.workers[number]

    def __len__(self) -> int:
        return len(self.workers)

    def start(self) -> "Cluster":
        CLUSTERS.add(self)
        for worker in self.workers:
            worker.start()
        for worker in self.workers:
            worker.wait()
        return self

    def stop(self) -> None:
        CLUSTERS.discard(self)
        for worker in self.workers:
            worker.stop()


CLUSTERS: set[Cluster] = set()
"""Those that run now."""
