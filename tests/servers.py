"""Postgres and Valkey of a run's own: new, in a temporary folder, gone with the process."""

import atexit
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from workspace.children import Program
from workspace.places import places
from workspace.services import EmbeddedPostgres, EmbeddedValkey, wait_for_postgres


def run(program: Program, log: Path) -> subprocess.Popen[bytes]:
    """Start one server; it ends with this process, however this process ends."""
    with log.open("ab") as file:
        return subprocess.Popen(program.argv, **program.arguments(file))


def end(process: subprocess.Popen[bytes], program: Program) -> None:
    """Ask a server to stop, and insist after its patience is over."""
    if process.poll() is None:
        process.send_signal(program.stop)
    try:
        process.wait(program.patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def start(settings: Mapping[str, str] | None = None) -> None:
    """Start Postgres and Valkey and name them in the environment; `settings`: of Postgres."""
    folder = Path(tempfile.mkdtemp(prefix="cohelm-test-"))
    folder.chmod(0o711)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    here = places(folder)
    postgres, valkey = EmbeddedPostgres(here, settings), EmbeddedValkey(here)
    for server in (postgres, valkey):
        server.prepare()
        program = server.program()
        process = run(program, folder / f"{program.name}.log")
        atexit.register(end, process, program)
    wait_for_postgres(postgres.dsn("postgres", "postgres"))
    postgres.make_database()
    os.environ |= {
        "COHELM_TEST_SERVERS": str(folder),
        "COHELM_DATA": str(folder),
        "COHELM_SECRET_KEY": secrets.token_urlsafe(48),
        "DATABASE_URL": postgres.dsn("cohelm_owner"),
        "COHELM_APP_DATABASE_URL": postgres.dsn("cohelm_app"),
        "REDIS_URL": valkey.url,
    }
