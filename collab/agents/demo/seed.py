"""The first content of an empty scratch folder: a small service with logs that want tidying.

It is made once, always alike but for its dates, and never touches a folder that holds anything.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

DAY = 86_400

RETENTION = """Log retention
Keep 14 days. Older rotated logs may go.
Always keep audit.log and whatever a service is writing to.
Questions: the platform team.
"""

HANDOVER = """# Handover

- Orders were slow on the night of the rollout. The pool was too small, see config/service.toml.
- logs/ has grown since rotation was turned on. Nobody has tidied it yet.
- The invoice export runs at 02:00. Do not run it by hand.
"""

SERVICE = """[service]
name = "orders"
port = 8080

[pool]
size = 12
timeout_seconds = 5
"""

# Name, age in days, lines.
LOGS = [
    ("audit.log", 0, 120),
    ("orders.log", 0, 900),
    ("orders.log.1", 1, 2400),
    ("orders.log.2", 8, 2100),
    ("orders.log.3", 16, 2600),
    ("orders.log.4", 23, 2300),
    ("worker.log", 0, 400),
    ("worker.log.1", 9, 800),
    ("worker.log.2", 31, 1100),
    ("gateway-debug.log", 47, 3800),
]

LINES = [
    "INFO  request served path=/orders/{n} status=200 ms={ms}",
    "INFO  request served path=/orders/{n}/items status=200 ms={ms}",
    "INFO  job finished name=reindex order={n} ms={ms}",
    "WARN  slow query table=orders ms={ms}00",
    "ERROR upstream timed out path=/payments/{n} after=5000ms",
]


def seed(root: Path) -> bool:
    """Fill an empty folder and return whether it was empty."""
    root.mkdir(parents=True, exist_ok=True)
    if any(root.iterdir()):
        return False
    dice = random.Random(14)  # it only makes text
    for name, age, lines in LOGS:
        _put(root / "logs" / name, "".join(_lines(dice, age, lines)), age)
    _put(root / "logs" / "RETENTION.txt", RETENTION, 120)
    _put(root / "notes" / "handover.md", HANDOVER, 3)
    _put(root / "config" / "service.toml", SERVICE, 60)
    return True


def _lines(dice: random.Random, age: int, count: int) -> Iterator[str]:
    at = time.time() - age * DAY - count * 4
    for _ in range(count):
        at += 4
        shape = dice.choices(LINES, [40, 30, 20, 7, 3])[0]
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
        yield f"{when} {shape.format(n=dice.randint(1000, 9999), ms=dice.randint(2, 90))}\n"


def _put(path: Path, text: str, age: int) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    changed = time.time() - age * DAY - 60
    os.utime(path, (changed, changed))
