"""`up` keeps everything running, stops everything, and leaves nothing behind."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings

from workspace.environment import embedded_dsn
from workspace.places import PROJECT

READY_SECONDS = 120.0
OURS = ("COHELM_", "DATABASE_URL", "REDIS_URL", "PYTEST_")


class Up:
    """Be one `up` with a data folder of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.ready_file = folder / "ready.json"
        self.log = folder / "up.log"
        self.data = folder / "data"
        self.options = ("--port", "0", "--data-dir", str(self.data), *options)
        self.environ: dict[str, str] = {}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Up":
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command("up"), *self.options, "--ready-file", str(self.ready_file)],
                cwd=PROJECT,
                env=plain_environment() | self.environ,
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
def new_up() -> Iterator[Callable[..., Up]]:
    made: list[Up] = []

    def new(*options: str) -> Up:
        # Not in pytest's own folder, which is closed to the user whom root lends Postgres to.
        folder = Path(tempfile.mkdtemp(prefix="cohelm-up-"))
        folder.chmod(0o711)
        made.append(Up(folder, *options))
        return made[-1]

    yield new
    for each in made:
        if each.process and not each.ended():
            each.send(signal.SIGKILL)
            each.process.wait()
        shutil.rmtree(each.ready_file.parent, ignore_errors=True)


@pytest.fixture
def up(new_up: Callable[..., Up]) -> Up:
    return new_up().start()


def test_what_is_killed_comes_back_and_ctrl_c_stops_all(up: Up) -> None:
    for name in ("postgres", "valkey", "workers", "agent", "runner"):
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
    assert len(pids) == 6
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


def test_servers_named_from_outside_win_over_the_embedded_ones(new_up: Callable[..., Up]) -> None:
    with psycopg.connect(superuser("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE elsewhere OWNER cohelm_owner")
    up = new_up("--no-agent", "--workers", "1")
    up.environ["DATABASE_URL"] = settings.LOG_OWNER_DSN.replace("/cohelm?", "/elsewhere?")
    up.environ["REDIS_URL"] = os.environ["REDIS_URL"]
    up.start()
    pids = up.facts["pids"]
    assert (pids["postgres"], pids["valkey"], len(pids["workers"])) == (None, None, 1)
    assert not (up.data / "postgres-18").exists()
    assert "one database role does everything" in up.log.read_text()


def superuser(database: str) -> str:
    return embedded_dsn(settings.ENVIRONMENT.places, "postgres", database)


def test_without_the_demo_the_first_owner_gets_a_link(new_up: Callable[..., Up]) -> None:
    address = ("--host", "0.0.0.0", "--public-url", "https://cohelm.example.org")
    up = new_up("--no-demo", "--no-agent", "--workers", "1", *address).start()
    assert up.facts["users"] == []
    assert up.facts["ws_url"] == "wss://cohelm.example.org"
    assert "https://cohelm.example.org/signup/" in up.log.read_text()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--host", "0.0.0.0"], "this machine only"),
        (["--public-url", "https://cohelm.example.org"], "this machine only"),
        (["--public-url", "cohelm"], "COHELM_PUBLIC_URL must be"),
        (["--no-demo", "--host", "0.0.0.0"], "name it with --public-url"),
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
