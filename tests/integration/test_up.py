"""`up` keeps everything running, stops everything, and leaves nothing behind."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from tests.house import House, command, new_house, plain_environment
from tests.polling import runs, until
from tests.stalls import watching
from workspace.environment import embedded_dsn
from workspace.places import PROJECT

NewHouse = Callable[..., House]


@pytest.fixture
def a_house() -> Iterator[NewHouse]:
    with ExitStack() as street:
        yield lambda *options: street.enter_context(new_house(*options))


@pytest.fixture
def up(a_house: NewHouse) -> House:
    return a_house().start()


def test_what_is_killed_comes_back_and_ctrl_c_stops_all(up: House) -> None:
    for name in ("postgres", "valkey", "workers", "agent", "runner"):
        back = partial(up.is_back, name, up.kill(name))
        until(back, f"{name} did not come back", up.log)
    pids = up.pids()
    with watching() as gauge:
        ending = up.ctrl_c()
    assert max(gauge.ours([ending])) < 10, gauge.says([ending])
    assert not any(runs(pid) for pid in pids)
    assert not up.ready_file.exists()


def test_a_killed_supervisor_leaves_nothing_running_and_up_goes_on(up: House) -> None:
    pids, users = up.pids(), up.facts["users"]
    assert len(pids) == 6
    up.send(signal.SIGKILL)
    until(lambda: not any(runs(pid) for pid in pids), "something was left running", up.log)
    until(up.ended, "SIGKILL did not end it", up.log)
    up.start()
    assert up.facts["users"] == users


def test_two_never_serve_from_one_folder(up: House) -> None:
    said = refused("--data-dir", str(up.data), "--port", "0")
    assert "runs from" in said
    port = up.facts["url"].rpartition(":")[2]
    assert f"Port {port}" in refused("--data-dir", str(up.data.parent / "other"), "--port", port)


def test_servers_named_from_outside_win_over_the_embedded_ones(a_house: NewHouse) -> None:
    with psycopg.connect(superuser("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE elsewhere OWNER cohelm_owner")
    up = a_house("--no-agent", "--workers", "1")
    up.environ["DATABASE_URL"] = settings.LOG_OWNER_DSN.replace("/cohelm?", "/elsewhere?")
    up.environ["REDIS_URL"] = os.environ["REDIS_URL"]
    up.start()
    pids = up.facts["pids"]
    assert (pids["postgres"], pids["valkey"], len(pids["workers"])) == (None, None, 1)
    assert not (up.data / "postgres-18").exists()
    assert "one database role does everything" in up.log.read_text()


def superuser(database: str) -> str:
    return embedded_dsn(settings.ENVIRONMENT.places, "postgres", database)


def test_without_the_demo_the_first_owner_gets_a_link(a_house: NewHouse) -> None:
    address = ("--host", "0.0.0.0", "--public-url", "https://cohelm.example.org")
    up = a_house("--no-demo", "--no-agent", "--workers", "1", *address).start()
    assert up.facts["users"] == []
    assert up.facts["ws_url"] == "wss://cohelm.example.org"
    assert "https://cohelm.example.org/signup/" in up.log.read_text()
    assert "Name it in COHELM_TRUSTED_PROXIES." in up.log.read_text()


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
        timeout=120,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr
