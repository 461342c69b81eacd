"""The benchmark that ships works from nothing, says what it found, and notices a planted loss."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from workspace.places import PROJECT

QUICK = ("--quick", "--json")
TARGETS = {
    "append": ["hot512.vs_orm", "spread512.vs_orm", "hot64.vs_raw", "alone.vs_raw", "faults"],
    "e2e": ["paced.vs_textbook", "rushed.vs_textbook", "faults", "generator"],
}


def bench(*command: str, **environ: str) -> tuple[int, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, *command, *QUICK],
        cwd=PROJECT,
        env=os.environ | environ,
        capture_output=True,
        text=True,
        timeout=540,
    )
    assert done.stdout, done.stderr[-4000:]
    return done.returncode, json.loads(done.stdout)


@pytest.mark.parametrize("name", TARGETS)
def test_a_bench_says_what_it_measured_and_what_was_met(name: str) -> None:
    status, told = bench("manage.py", "bench", name)
    assert (told["bench"], told["level"], told["runs"]) == (name, "first", 1)
    assert set(told["machine"]) == {"cpus", "python", "postgres", "raw_commit_ms"}
    assert [target["name"] for target in told["targets"]] == [f"{name}.{t}" for t in TARGETS[name]]
    assert {row["way"] for row in told["rows"]} > {"ours"}
    assert all(row["faults"] == 0 for row in told["rows"] if row["way"] == "ours")
    assert all(skip["why"] for skip in told["skipped"])
    assert (status == 0) == all(target["met"] for target in told["targets"])
    # Loose: a machine that does ten other things must not fail it, a broken hot path must.
    ratio = next(target["value"] for target in told["targets"] if "vs_" in target["name"])
    assert ratio > 3 if name == "append" else ratio < 2


def test_one_frame_that_is_lost_on_its_way_fails_a_bench() -> None:
    lossy = "tests.benchmarks.lossy:application"
    status, told = bench("-m", "tests.benchmarks", "fanout", BENCH_APPLICATION=lossy)
    (faults,) = (target for target in told["targets"] if target["name"] == "fanout.faults")
    (ours,) = (row for row in told["rows"] if row["way"] == "ours")
    assert (status, faults["met"]) == (1, False)
    assert ours["lost"] > 0, "a frame holds one event or many"
