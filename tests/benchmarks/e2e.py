"""`bench e2e`: from one screen's click, through the commit, to every screen."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks.plan import Plan, Run
from tests.benchmarks.serving import Case, measured

PACED, RUSHED = "20 actions a second", "as fast as it goes"


def runs(plan: Plan) -> Iterator[Run]:
    """Act on some screens at a steady pace and as fast as possible, by both ways in turn."""
    ways = ("textbook", "ours")
    return measured(
        plan,
        [Case(PACED, "pace", plan.screens, ways), Case(RUSHED, "rush", plan.screens, ways)],
    )
