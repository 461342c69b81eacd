#!/usr/bin/env python3
"""The door to every command. On a fresh machine it sets itself up first, into .venv.

Until then it uses the standard library only. In an environment that has the dependencies already
it runs as it is.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from subprocess import DEVNULL as NONE
from subprocess import PIPE, STDOUT

ME = Path(__file__).resolve()
HERE = ME.parent
VENV = HERE / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "cohelm-setup"
UV = "uv==0.13.8"
OLDEST_PYTHON = (3, 11)
STEP_SECONDS = 900
SILENCE_SECONDS = "30"
NEEDED_MEGABYTES = {"up": 700, "test": 1500, "bench": 700}
GROUPS = {
    "up": ("demo", "embedded"),
    "test": ("demo", "embedded", "dev"),
    "bench": ("embedded",),
}

# What a tool says when it fails, and what a person should read instead.
REASONS = (
    (r"no space left|disk quota", "The disk is full. Make room and run the same command again."),
    (
        r"certificate|unknownissuer|\bssl\b",
        "The certificate of the package server was not accepted. Behind a company's proxy, name "
        "its certificate file in SSL_CERT_FILE and run the same command again.",
    ),
    (
        r"resolve|network|connect|timed out|timeout|unreachable|dns|no matching distribution",
        "The packages could not be downloaded. Look at the network connection (or the proxy in "
        "HTTPS_PROXY) and run the same command again: what is here already is kept.",
    ),
    (
        r"permission denied|read-only file system",
        "A folder cannot be written to. Run this as the user who owns the folder.",
    ),
)


class CannotSetUp(Exception):
    """Say in plain sentences what is wrong and what to do."""


def main() -> None:
    """Set up what the command needs, then run it."""
    if sys.version_info < OLDEST_PYTHON:
        have = ".".join(str(n) for n in sys.version_info[:2])
        sys.exit(f"Cohelm needs Python 3.11 or newer; this is Python {have}.")
    groups = needed_groups(sys.argv[1:])
    if not ready(groups):
        try:
            set_up(groups, sys.argv[1] if len(sys.argv) > 1 else "")
        except CannotSetUp as reason:
            sys.exit(f"\n{reason}")
        except KeyboardInterrupt:
            sys.exit("\nStopped. Run the same command again to go on.")
        os.execv(PYTHON, [str(PYTHON), str(ME), *sys.argv[1:]])  # noqa: S606  (no shell is wanted)
    run_command()


def run_command() -> None:
    """Hand over to Django; what a person can mend is said in a sentence."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workspace.settings")
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    from workspace.environment import WrongSetting

    try:
        execute_from_command_line(sys.argv)
    except WrongSetting as reason:
        sys.exit(str(reason))
    except OperationalError as reason:
        sys.exit(
            f"The database does not answer: {reason}\n"
            "Start it with `python3 manage.py up`, or name yours in DATABASE_URL."
        )


def needed_groups(arguments: list[str]) -> set[str]:
    """Name the groups of dependencies that a command needs beside the default ones."""
    command = arguments[0] if arguments else ""
    groups = set(GROUPS.get(command, ()))
    if not groups or {"-h", "--help"} & set(arguments):
        return set()
    if command == "up" and "--no-agent" in arguments:
        groups.discard("demo")
    if command == "up" and {"DATABASE_URL", "REDIS_URL"} <= set(os.environ):
        groups.discard("embedded")
    if needs_node(command, arguments):
        groups.add("node")
    return groups


def needs_node(command: str, arguments: list[str]) -> bool:
    """Say whether the frontend is to be built or checked, and the machine has no fit Node."""
    from workspace.frontend import needs_build
    from workspace.machine import system_node

    on_pages = command == "test" or "--dev" in arguments
    return (on_pages or (command == "up" and needs_build())) and system_node() is None


def ready(groups: set[str]) -> bool:
    """Say whether this Python has all that is needed, at the locked versions if it is ours."""
    ours = Path(sys.prefix).resolve() == VENV
    if ours and STAMP.exists():
        digest, have = read_stamp()
        return digest == lock_digest() and groups <= have
    return all(installed(name) for name in direct_dependencies(groups))


def direct_dependencies(groups: set[str]) -> list[str]:
    """Read from pyproject.toml the names of what we use ourselves."""
    import tomllib

    project = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))
    lines = list(project["project"]["dependencies"])
    for group in groups:
        lines += project["dependency-groups"][group]
    return [re.split(r"[^\w.-]", line)[0] for line in lines if "sys_platform" not in line]


def installed(name: str) -> bool:
    """Say whether this Python has a distribution of that name."""
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def lock_digest() -> str:
    """Say in one word which versions are locked."""
    return hashlib.sha256((HERE / "uv.lock").read_bytes()).hexdigest()


def read_stamp() -> tuple[str, set[str]]:
    """Read which lock file and which groups .venv was last made from."""
    try:
        digest, *groups = STAMP.read_text().split()
    except (OSError, ValueError):
        return "", set()
    return digest, set(groups)


def set_up(groups: set[str], command: str) -> None:
    """Make .venv hold the locked dependencies; one process at a time, safe to run again."""
    with ME.open() as lock:
        wait_for_turn(lock)
        digest, have = read_stamp()
        if digest == lock_digest() and groups <= have and works():
            return
        look_at_machine(command)
        begun = time.monotonic()
        uv = find_uv()
        say(f"Installing what Cohelm needs ({', '.join(['cohelm', *sorted(groups)])})")
        wanted = [word for group in sorted(groups | have) for word in ("--group", group)]
        # Inexact: what someone added by hand stays.
        run([uv, "sync", "--frozen", "--inexact", "--no-default-groups", *wanted], STEP_SECONDS)
        STAMP.write_text("\n".join([lock_digest(), *sorted(groups | have)]))
        sys.stderr.write(f"Installed in {time.monotonic() - begun:.0f} s.\n")


def wait_for_turn(lock: object) -> None:
    """Wait while another process sets the same folder up."""
    import fcntl

    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # type: ignore[arg-type]
    except OSError:
        say("Another set-up of this folder is under way: waiting for it")
        fcntl.flock(lock, fcntl.LOCK_EX)  # type: ignore[arg-type]


def look_at_machine(command: str) -> None:
    """Refuse early what would fail late."""
    if not os.access(HERE, os.W_OK):
        raise CannotSetUp(f"{HERE} cannot be written to. Run this as its owner.")
    needed = NEEDED_MEGABYTES.get(command, 300)
    free = shutil.disk_usage(HERE).free // 1_000_000
    if not works() and free < needed:
        raise CannotSetUp(
            f"The disk has {free} MB free and about {needed} MB are needed. "
            "Make room and run the same command again."
        )


def works() -> bool:
    """Say whether .venv's Python runs (its original may have been removed or be unreadable)."""
    try:
        test = "import sys; sys.exit(sys.version_info < (3, 11))"
        return subprocess.run([PYTHON, "-c", test], timeout=30, stderr=NONE).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def find_uv() -> str:
    """Give the uv in .venv, after making .venv and installing it where needed."""
    uv = VENV / "bin" / "uv"
    if works() and uv.exists():
        return str(uv)
    has_pip = importlib.util.find_spec("ensurepip") is not None
    other = os.environ.get("UV") or (None if has_pip else shutil.which("uv"))
    if other:
        if not works():
            run([other, "venv", "--clear", "--python", sys.executable, str(VENV)], 120)
        return other
    if not has_pip:
        raise CannotSetUp(
            "This Python cannot make a virtual environment: its module ensurepip is missing. "
            "On Debian and Ubuntu run `apt install python3-venv`, then the same command again."
        )
    say("Making .venv")
    run([sys.executable, "-m", "venv", *([] if works() else ["--clear"]), str(VENV)], 120)
    say("Installing uv, which installs the rest")
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*pip, "--timeout", SILENCE_SECONDS, "--retries", "2", UV], 300)
    return str(uv)


def run(command: list[str], seconds: int) -> None:
    """Run one step, pass on what it says, end it after its time; raises CannotSetUp."""
    try:
        process = subprocess.Popen(
            command, cwd=HERE, env=environment(), stdin=NONE, stdout=PIPE, stderr=STDOUT, text=True
        )
    except OSError as error:
        raise CannotSetUp(f"{command[0]} cannot be run: {error}.") from error
    too_long = threading.Timer(seconds, process.kill)
    too_long.start()
    said = []
    for line in process.stdout or ():
        said.append(line)
        if not line.startswith(" + "):
            sys.stderr.write("  " + line)
    too_long.cancel()
    if process.wait() == 0:
        return
    if process.returncode == -9:
        said.append(f"timed out after {seconds} seconds")
    raise CannotSetUp(sentence("".join(said)))


def sentence(said: str) -> str:
    """Find the plain sentence for what a tool said."""
    for pattern, plain in REASONS:
        if re.search(pattern, said, re.IGNORECASE):
            return plain
    return "The set-up failed; the lines above say why. Run the same command again to go on."


def environment() -> dict[str, str]:
    """Give the tools the system's certificates, a time limit on silence, and our .venv."""
    from workspace.machine import certificates

    environ = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONHOME")}
    environ["UV_PROJECT_ENVIRONMENT"] = str(VENV)
    environ["UV_PYTHON"] = str(PYTHON) if works() else sys.executable
    environ["UV_PYTHON_DOWNLOADS"] = "never"
    environ.setdefault("UV_HTTP_TIMEOUT", SILENCE_SECONDS)
    bundle = certificates()
    if bundle:
        environ.setdefault("UV_SYSTEM_CERTS", "1")
        environ.setdefault("PIP_CERT", bundle)
    return environ


def say(what: str) -> None:
    """Show progress."""
    sys.stderr.write(f"{what} ...\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
