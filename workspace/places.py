"""Where things lie in the data folder. Names paths only; makes and opens nothing."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
# A cluster belongs to its major version.
POSTGRES = "postgres-18"
# A Unix socket's path must stay below 104 bytes on macOS and 108 on Linux.
SOCKET_PATH_LIMIT = 100
SHARED_STATE = Path("/var/lib/cohelm")


@dataclass(frozen=True, slots=True)
class Places:
    """Name every path inside one data folder."""

    data: Path
    # The folder of Postgres: apart only where root must lend it to another user.
    state: Path

    @property
    def secret_key(self) -> Path:
        return self.data / "secret-key"

    @property
    def demo(self) -> Path:
        return self.data / "demo.json"

    @property
    def lock(self) -> Path:
        return self.data / "lock"

    @property
    def address(self) -> Path:
        return self.data / "address"

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def scratch(self) -> Path:
        return self.data / "scratch"

    @property
    def postgres(self) -> Path:
        return self.state / POSTGRES

    @property
    def sockets(self) -> Path:
        """Name a private folder whose path is short enough for a Unix socket."""
        near = self.state / "run"
        if len(os.fsencode(near / ".s.PGSQL.5432")) <= SOCKET_PATH_LIMIT:
            return near
        # A short path is needed; whoever makes the folder checks its owner.
        return Path("/tmp") / f"cohelm-{os.geteuid()}-{mark_of(self.data)}"  # noqa: S108


def reachable_by_others(path: Path) -> bool:
    """Say whether any user may walk down to this path (what does not exist yet is not asked)."""
    there = [p for p in (path, *path.parents) if p.exists()]
    return all(p.stat().st_mode & 0o001 for p in there)


def places(data: Path) -> Places:
    """Name the paths of a data folder, whatever the working folder is later."""
    data = data.resolve()
    return Places(data, state_of(data))


def state_of(data: Path) -> Path:
    """Choose where Postgres keeps its folder; once it has one, it stays there."""
    apart = SHARED_STATE / mark_of(data)
    if os.geteuid() != 0 or (data / POSTGRES).exists():
        return data
    if (apart / POSTGRES).exists() or not reachable_by_others(data):
        return apart
    return data


def mark_of(data: Path) -> str:
    """Give a short name for a data folder, different for each."""
    return hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
