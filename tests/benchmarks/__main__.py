"""Measures ours beside other ways, on servers of its own (`manage.py bench` runs this)."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

from tests import servers
from tests.benchmarks import append, e2e, fanout
from tests.benchmarks.asked import Asked, ways
from tests.benchmarks.plan import APPEND, FANOUT, QUICK, WHOLE, Plan, Run
from tests.benchmarks.report import Report, machine, rows, text
from tests.benchmarks.targets import judge
from workspace.places import PROJECT

BENCHES: dict[str, Callable[[Plan], Iterator[Run]]] = {
    "append": append.runs,
    "fanout": fanout.runs,
    "e2e": e2e.runs,
}
PEERS = {
    "append": {"NATS JetStream": "nats-server"},
    "fanout": {"Node ws": "node"},
    "e2e": {"Socket.IO": "node"},
}
"""Others that would be worth a comparison, and the program that each needs."""

PLANS = {"append": APPEND, "fanout": FANOUT, "e2e": WHOLE}
RAW_SECONDS = 0.5


def main() -> None:
    """Measure what was asked for; the exit status says whether every target was met."""
    options = understand()
    servers.start()
    migrate = (sys.executable, "manage.py", "migrate", "--database", "owner", "-v0")
    subprocess.run(migrate, cwd=PROJECT, check=True)
    plan = QUICK if options.quick else PLANS[options.bench]
    report = measure(options.bench, options.level, plan)
    print(json.dumps(report, indent=2) if options.json else text(report))
    sys.exit(0 if all(target["met"] for target in report["targets"]) else 1)


def understand() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="manage.py bench")
    parser.add_argument("bench", choices=BENCHES)
    parser.add_argument("--level", choices=("first", "full"), default="first")
    parser.add_argument("--quick", action="store_true", help="once and short: shows that it works")
    parser.add_argument("--json", action="store_true", help="for programs")
    return parser.parse_args()


def measure(bench: str, level: Any, plan: Plan) -> Report:
    """Run one bench and hold it against its targets."""
    limits = Asked("tests.benchmarks.append_limits")
    with ways(limits):
        raw = limits.ask(how="raw", seconds=RAW_SECONDS)["p50_ms"]
    runs = list(BENCHES[bench](plan))
    return {
        "bench": bench,
        "level": level,
        "runs": len(runs),
        "machine": machine(raw),
        "rows": rows(runs),
        "skipped": skipped(bench),
        "targets": judge(bench, runs, level),
    }


def skipped(bench: str) -> list[dict[str, str]]:
    """Name the peers that are not measured, and why."""
    return [{"way": peer, "why": why(program)} for peer, program in PEERS[bench].items()]


def why(program: str) -> str:
    """Say what is missing."""
    there = shutil.which(program)
    return "nothing here speaks to it yet" if there else f"{program} not found"


if __name__ == "__main__":
    main()
