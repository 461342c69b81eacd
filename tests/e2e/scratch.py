"""What lies in the agent's scratch folder before somebody asks for something."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from collab.agents.demo.seed import DAY, seed
from tests.house import House

SLOW_LINE = "orders were slow on that night and nobody knew why"


def fresh_logs(house: House) -> Path:
    """Fill the logs folder as it was at first; give it."""
    elsewhere, logs = house.data / "seeded", house.scratch / "logs"
    seed(elsewhere)
    shutil.rmtree(logs, ignore_errors=True)
    shutil.move(elsewhere / "logs", logs)
    shutil.rmtree(elsewhere)
    return logs


def old_logs(house: House, folder: str) -> list[Path]:
    """Lay a folder with three old logs; give them."""
    place = house.scratch / folder
    place.mkdir()
    files = [place / f"app.log.{number}" for number in (1, 2, 3)]
    for age, file in enumerate(files, 20):
        file.write_text("INFO nothing happened\n" * 40)
        os.utime(file, (time.time() - age * DAY,) * 2)
    return files


def long_text(house: House, name: str, lines: int = 16) -> None:
    """Lay a text that takes the agent some seconds to read out."""
    (house.scratch / name).write_text("\n".join([SLOW_LINE] * lines))
