"""Where things lie in the data folder. Names paths only; makes and opens nothing."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
POSTGRES_MAJOR = 18
# A Unix socket's path must stay below 104 bytes on macOS and 108 on Linux.
SOCKET_PATH_LIMIT = 100
SHARED_STATE = Path("/var/lib/cohelm")


@dataclass(frozen=True, slots=True)
class Places:
    """Name every path inside one data folder."""

    data: Path

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
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def scratch(self) -> Path:
        return self.data / "scratch"

    @property
    def state(self) -> Path:
        """Name the folder of Postgres: apart only where root must lend it to another user."""
        near = (self.data / f"postgres-{POSTGRES_MAJOR}").exists()
        if os.geteuid() != 0 or near or reachable_by_others(self.data):
            return self.data
        return SHARED_STATE / self.mark

    @property
    def postgres(self) -> Path:
        return self.state / f"postgres-{POSTGRES_MAJOR}"

    @property
    def sockets(self) -> Path:
        """Name a private folder whose path is short enough for a Unix socket."""
        near = self.state / "run"
        if len(os.fsencode(near / ".s.PGSQL.5432")) <= SOCKET_PATH_LIMIT:
            return near
        # A short path is needed; whoever makes the folder checks its owner.
        return Path("/tmp") / f"cohelm-{os.geteuid()}-{self.mark}"  # noqa: S108

    @property
    def mark(self) -> str:
        return hashlib.sha256(os.fsencode(self.data)).hexdigest()[:12]


def reachable_by_others(path: Path) -> bool:
    """Say whether any user may walk down to this path (what does not exist yet is not asked)."""
    there = [p for p in (path, *path.parents) if p.exists()]
    return all(p.stat().st_mode & 0o001 for p in there)


def places(data: Path) -> Places:
    """Name the paths of a data folder, whatever the working folder is later."""
    return Places(data.resolve())
