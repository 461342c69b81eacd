"""A whole Cohelm for tests: a real `up` with a data folder of its own, stopped and started at will.

It knows processes and files. What people do in it, pages and sockets do.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.cluster import UNLIMITED
from tests.polling import answers, until
from tests.stalls import Span
from workspace.environment import embedded_dsn
from workspace.places import PROJECT, places

OURS = ("COHELM_", "DATABASE_URL", "REDIS_URL", "PYTEST_")


class House:
    """Be one `up`; `facts` is its ready file, which follows its processes.

    `front`: the address of what stands in front of it, where that is another.
    """

    def __init__(self, folder: Path, *options: str) -> None:
        self.ready_file = folder / "ready.json"
        self.log = folder / "up.log"
        self.data = folder / "data"
        self.options = options
        self.front = ""
        self.environ: dict[str, str] = dict(UNLIMITED)
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None
        HOUSES.append(self)

    def start(self) -> House:
        """Start it and wait until everything answers; after a stop, on the same port and data."""
        self.ready_file.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command("up"), *self._options()],
                cwd=PROJECT,
                env=plain_environment() | self.environ,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until(lambda: self.ready_file.exists() or self.ended(), "up did not get ready", self.log)
        assert not self.ended(), self.log.read_text()
        self.port = self.port or urlsplit(self.facts["url"]).port or 0
        return self

    def _options(self) -> tuple[str, ...]:
        places = ("--data-dir", str(self.data), "--ready-file", str(self.ready_file))
        return ("--port", str(self.port), *places, *self.options)

    def ctrl_c(self) -> Span:
        """Press Ctrl-C and wait until all has ended well; give the time it took."""
        begun = time.time()
        self.send(signal.SIGINT)
        until(self.ended, "Ctrl-C did not end it", self.log)
        assert self.process
        assert self.process.returncode == 0, self.log.read_text()
        return Span(begun, time.time())

    def stop(self) -> None:
        """End it whatever its state is."""
        if self.process is None:
            return
        if not self.ended():
            self.send(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def ended(self) -> bool:
        assert self.process
        return self.process.poll() is not None

    def send(self, what: signal.Signals) -> None:
        assert self.process
        self.process.send_signal(what)

    @property
    def facts(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.ready_file.read_text())
        return said

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def door(self) -> str:
        """Give the address that people use."""
        return self.front or self.url

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    @property
    def dsn(self) -> str:
        """Name its database as its workers see it."""
        return self.environ.get("DATABASE_URL") or embedded_dsn(places(self.data), "cohelm_app")

    @property
    def session(self) -> str:
        return str(self.facts["session_id"])

    @property
    def scratch(self) -> Path:
        """Name the folder on which the demo agent's tools work."""
        return self.data / "scratch"

    def password(self, username: str) -> str:
        users = self.facts["users"]
        return str(next(user["password"] for user in users if user["username"] == username))

    def token(self, kind: str) -> str:
        return str(self.facts["tokens"][kind])

    def says(self, *arguments: str) -> str:
        """Run a command of `manage.py` beside it, and give what it says."""
        given = plain_environment() | {"COHELM_DATA": str(self.data)}
        done = subprocess.run(
            command(*arguments), cwd=PROJECT, env=given, capture_output=True, text=True, timeout=180
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def pids(self, *names: str) -> list[int]:
        """Give the processes of some children, or of all; what does not run has none."""
        pids = self.facts["pids"]
        each = [pids[name] for name in names or pids]
        flat = [pid for found in each for pid in (found if isinstance(found, list) else [found])]
        return [pid for pid in flat if pid]

    def kill(self, name: str) -> list[int]:
        """End a child (of "workers": every one) as a crash would; give what it was."""
        pids = self.pids(name)
        assert pids, f"{name} does not run"
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        return pids

    def is_back(self, name: str, before: list[int]) -> bool:
        """Say whether what was killed runs again, and the pages and the agent answer."""
        now = self.pids(name)
        fresh = len(now) == len(before) and not set(now) & set(before)
        return fresh and self.answers() and (name != "agent" or self.agent_answers())

    def answers(self) -> bool:
        return self.port > 0 and answers(f"{self.url}/readyz")

    def agent_answers(self) -> bool:
        port = (self.data / "agent-port").read_text()
        return answers(f"http://127.0.0.1:{port}/health")


HOUSES: list[House] = []
"""Those of this run, whether they are started or not."""


@contextmanager
def new_house(*options: str) -> Iterator[House]:
    """Give a house that is not started yet; it and its folder go at the end."""
    # Not in pytest's own folder, which is closed to the user whom root lends Postgres to.
    folder = Path(tempfile.mkdtemp(prefix="cohelm-house-"))
    folder.chmod(0o711)
    house = House(folder, *options)
    try:
        yield house
    finally:
        house.stop()
        HOUSES.remove(house)
        shutil.rmtree(folder, ignore_errors=True)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "manage.py", *arguments]


def plain_environment() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith(OURS)}
