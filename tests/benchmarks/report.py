"""Tells what was measured: as JSON for programs, as tables for people."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from statistics import median
from typing import Any

import psycopg

from tests.benchmarks.asked import Figures
from tests.benchmarks.plan import Run

Report = dict[str, Any]
SUMMED = {"faults", "lost", "doubled", "misordered", "refused", "closed"}


def rows(runs: Sequence[Run]) -> list[Figures]:
    """Give the median of every figure over the runs, a row for each case and way."""
    return [
        {"case": case, "way": way}
        | {name: _together(name, [run[case, way][name] for run in runs]) for name in figures}
        for (case, way), figures in runs[0].items()
    ]


def _together(name: str, values: list[float]) -> float:
    return sum(values) if name in SUMMED else round(median(values), 3)


def machine(raw_commit_ms: float) -> dict[str, Any]:
    """Say on what this was measured."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as conn:
        version = str(conn.info.parameter_status("server_version"))
    return {
        "cpus": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "postgres": version,
        "raw_commit_ms": round(raw_commit_ms, 3),
    }


def text(report: Report) -> str:
    """Say it in tables."""
    machine = ", ".join(f"{name} {value}" for name, value in report["machine"].items())
    lines = [f"{report['bench']}: {report['runs']} runs; {machine}", ""]
    for row in report["rows"]:
        figures = ", ".join(f"{name} {value:,.6g}" for name, value in row.items() if _number(value))
        lines.append(f"  {row['case']:<28} {row['way']:<20} {figures}")
    lines += [""] + [f"  skipped: {skip['way']} ({skip['why']})" for skip in report["skipped"]]
    for target in report["targets"]:
        met = "met" if target["met"] else "MISSED"
        lines.append(f"  {target['name']:<28} {target['target']:<10} {target['value']:<10} {met}")
    return "\n".join(lines)


def _number(value: object) -> bool:
    return isinstance(value, int | float)
