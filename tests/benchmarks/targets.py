"""What each bench has to reach at each level, as ratios of figures that one run measured."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any, Literal, NamedTuple

from tests.benchmarks import append, e2e, fanout
from tests.benchmarks.plan import Run

Level = Literal["first", "full"]


class Target(NamedTuple):
    """A bound on the median of one ratio: ours over another way."""

    name: str
    case: str
    figure: str
    over: str
    sign: Literal[">=", "<="]
    bounds: dict[Level, float]

    def judged(self, runs: Sequence[Run], level: Level) -> dict[str, Any]:
        """Say what was reached in these runs."""
        value = median(self._ratio(run) for run in runs)
        bound = self.bounds[level]
        met = value >= bound if self.sign == ">=" else value <= bound
        return judgement(self.name, f"{self.sign} {bound:g}", value, met)

    def _ratio(self, run: Run) -> float:
        ours, other = run[self.case, "ours"], run[self.case, self.over]
        return float(ours[self.figure]) / float(other[self.figure])


def judgement(name: str, target: str, value: float, met: bool) -> dict[str, Any]:
    return {"name": name, "target": target, "value": round(value, 3), "met": met}


def at_least(name: str, case: str, figure: str, over: str, **bounds: float) -> Target:
    return Target(name, case, figure, over, ">=", bounds)  # type: ignore[arg-type]


def at_most(name: str, case: str, figure: str, over: str, **bounds: float) -> Target:
    return Target(name, case, figure, over, "<=", bounds)  # type: ignore[arg-type]


RATE, P50 = "events_per_s", "p50_ms"
PER_CPU, ACTIONS = "deliveries_per_cpu_s", "actions_per_s"

TARGETS: dict[str, tuple[Target, ...]] = {
    "append": (
        at_least("append.hot512.vs_orm", append.HOT512, RATE, "Django ORM", first=25, full=60),
        at_least("append.hot512.vs_rows", append.HOT512, RATE, "1,000-row commits", full=0.12),
        at_least(
            "append.spread512.vs_orm", append.SPREAD512, RATE, "Django ORM", first=25, full=60
        ),
        at_most("append.hot64.vs_raw", append.HOT64, P50, "raw commit", first=15, full=10),
        at_most("append.alone.vs_raw", append.ALONE, P50, "raw commit", first=6, full=3.2),
    ),
    "fanout": (
        at_least("fanout.each.vs_bare", fanout.EACH, PER_CPU, "bare", first=0.4, full=0.65),
        at_least("fanout.each.vs_textbook", fanout.EACH, PER_CPU, "textbook", first=5, full=10),
    ),
    "e2e": (
        at_most("e2e.paced.vs_textbook", e2e.PACED, P50, "textbook", first=0.5, full=0.25),
        at_least("e2e.rushed.vs_textbook", e2e.RUSHED, ACTIONS, "textbook", first=30, full=70),
    ),
}

BUSY = 0.9
"""Share of a processor above which the load generator, not what it measures, sets the pace."""


def judge(bench: str, runs: Sequence[Run], level: Level) -> list[dict[str, Any]]:
    """Hold the runs against the level's targets; lost events and a slow generator fail it too."""
    ratios = [t.judged(runs, level) for t in TARGETS[bench] if level in t.bounds]
    ours = [figures for run in runs for (_, way), figures in run.items() if way == "ours"]
    faults = sum(figures["faults"] for figures in ours)
    judged = [*ratios, judgement(f"{bench}.faults", "= 0", faults, faults == 0)]
    shares = [f["generator_share"] for run in runs for f in run.values() if "generator_share" in f]
    if shares:
        most = max(shares)
        judged.append(judgement(f"{bench}.generator", f"<= {BUSY}", most, most <= BUSY))
    return judged
