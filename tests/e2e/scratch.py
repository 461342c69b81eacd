"""What lies in the agent's scratch folder before somebody asks for something."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from collab.agents.demo.seed import DAY, seed

SLOW_LINE = "orders were slow on that night and nobody knew why"


def fresh_logs(scratch: Path) -> Path:
    """Fill the logs folder as it was at first; give it."""
    elsewhere, logs = scratch.with_name("seeded"), scratch / "logs"
    seed(elsewhere)
    shutil.rmtree(logs, ignore_errors=True)
    shutil.move(elsewhere / "logs", logs)
    shutil.rmtree(elsewhere)
    return logs


def old_logs(scratch: Path, folder: str) -> list[Path]:
    """Lay a folder with three old logs; give them."""
    place = scratch / folder
    place.mkdir()
    files = [place / f"app.log.{number}" for number in (1, 2, 3)]
    for age, file in enumerate(files, 20):
        file.write_text("INFO nothing happened\n" * 40)
        os.utime(file, (time.time() - age * DAY,) * 2)
    return files


def long_text(scratch: Path, name: str, lines: int = 16, wide: int = 1) -> None:
    """Lay a text that takes the agent some seconds to read out: about a third of one a line, times
    `wide`. It reads no more than 40 lines."""
    line = " ".join([SLOW_LINE] * wide)
    (scratch / name).write_text("\n".join([line] * lines))
