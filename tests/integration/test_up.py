"""`up` keeps everything running, stops everything, and leaves nothing behind."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from workspace.places import PROJECT

READY_SECONDS = 120.0
OURS = ("COHELM_", "DATABASE_URL", "REDIS_URL", "PYTEST_")


class Up:
    """Be one `up` with a data folder of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.ready_file = folder / "ready.json"
        self.log = folder / "up.log"
        self.data = folder / "data"
        self.options = ("--port", "0", "--no-agent", "--data-dir", str(self.data), *options)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Up":
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command("up"), *self.options, "--ready-file", str(self.ready_file)],
                cwd=PROJECT,
                env=plain_environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until(lambda: self.ready_file.exists() or self.ended(), "up did not get ready", self.log)
        assert not self.ended(), self.log.read_text()
        return self

    def ended(self) -> bool:
        assert self.process
        return self.process.poll() is not None

    @property
    def facts(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.ready_file.read_text())
        return said

    def pids(self) -> list[int]:
        pids = self.facts["pids"]
        every = [pids["postgres"], pids["valkey"], *pids["workers"], pids["runner"], pids["agent"]]
        return [pid for pid in every if pid]

    def send(self, what: signal.Signals) -> None:
        assert self.process
        self.process.send_signal(what)

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.facts['url']}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (OSError, ValueError):
            return False


def command(*arguments: str) -> list[str]:
    return [sys.executable, "manage.py", *arguments]


def plain_environment() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith(OURS)}


def until(true: Callable[[], bool], otherwise: str, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not true():
        assert time.monotonic() < deadline, f"{otherwise}:\n{log.read_text()}"
        time.sleep(0.05)


def runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.fixture
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    folder = tmp_path_factory.mktemp("up")
    # Where root runs this, Postgres runs as somebody else, who must be able to walk here.
    for parent in (folder, *folder.parents):
        with contextlib.suppress(PermissionError):
            parent.chmod(parent.stat().st_mode | 0o011)
    started = Up(folder).start()
    yield started
    if not started.ended():
        started.send(signal.SIGKILL)
    assert started.process
    started.process.wait()


def test_what_is_killed_comes_back_and_ctrl_c_stops_all(up: Up) -> None:
    for name in ("postgres", "valkey", "workers"):
        before = up.facts["pids"][name]
        os.kill(before[0] if name == "workers" else before, signal.SIGKILL)
        until(lambda n=name, b=before: up.facts["pids"][n] not in (b, None), name, up.log)  # type: ignore[misc]
        until(up.answers, f"no answer after {name} was killed", up.log)
    pids = up.pids()
    begun = time.monotonic()
    up.send(signal.SIGINT)
    until(up.ended, "Ctrl-C did not end it", up.log)
    assert time.monotonic() - begun < 10
    assert up.process
    assert up.process.returncode == 0
    assert not any(runs(pid) for pid in pids)
    assert not up.ready_file.exists()


def test_a_killed_supervisor_leaves_nothing_running_and_up_goes_on(up: Up) -> None:
    pids, users = up.pids(), up.facts["users"]
    assert len(pids) == 4
    up.send(signal.SIGKILL)
    until(lambda: not any(runs(pid) for pid in pids), "something was left running", up.log)
    until(up.ended, "SIGKILL did not end it", up.log)
    up.ready_file.unlink()
    up.start()
    assert up.facts["users"] == users


def test_two_never_serve_from_one_folder(up: Up) -> None:
    said = refused("--data-dir", str(up.data), "--port", "0")
    assert "runs from" in said
    port = up.facts["url"].rpartition(":")[2]
    assert f"Port {port}" in refused("--data-dir", str(up.data.parent / "other"), "--port", port)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--host", "0.0.0.0"], "this machine only"),
        (["--public-url", "https://cohelm.example.org"], "this machine only"),
        (["--public-url", "cohelm"], "COHELM_PUBLIC_URL must be"),
        (["--workers", "0"], "--workers must be"),
        (["--data-dir", "/proc/nothing"], "cannot be used"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    tmp_path: Path, options: list[str], sentence: str
) -> None:
    assert sentence in refused("--data-dir", str(tmp_path / "data"), *options)


def refused(*options: str) -> str:
    done = subprocess.run(
        [*command("up"), *options],
        cwd=PROJECT,
        env=plain_environment(),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr
