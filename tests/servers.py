"""Starts servers of the tests' own before Django reads its settings (pytest -p tests.servers).

The database is new in every run and is never flushed: a test makes its own workspace.
"""

import atexit
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from workspace.children import Program
from workspace.places import places
from workspace.services import EmbeddedPostgres, EmbeddedValkey, wait_for_postgres

# Some tests cross locks on purpose; they should not wait a second for each.
SETTINGS = {
    "track_commit_timestamp": "on",
    "shared_buffers": "64MB",
    "deadlock_timeout": "100ms",
}


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


def start() -> None:
    """Start Postgres and Valkey and name them in the environment, once per run."""
    if os.environ.get("COHELM_TEST_SERVERS") or os.environ.get("COHELM_TEST_FAST"):
        return
    folder = Path(tempfile.mkdtemp(prefix="cohelm-test-"))
    folder.chmod(0o711)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    here = places(folder)
    postgres, valkey = EmbeddedPostgres(here, SETTINGS), EmbeddedValkey(here)
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
        "COHELM_TEST_BUILD": "1",
    }


signal.signal(signal.SIGTERM, lambda *_: exit(143))
start()
