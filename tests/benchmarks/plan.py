"""How much is measured, and the form in which a run's figures are kept."""

from __future__ import annotations

from typing import NamedTuple

from tests.benchmarks.asked import Figures

Run = dict[tuple[str, str], Figures]
"""What one run measured, by case and way."""


class Plan(NamedTuple):
    """How often, how long (seconds for each way of each case), and with how many connections."""

    runs: int
    seconds: float
    readers: int
    screens: int


WHOLE = Plan(runs=3, seconds=3, readers=1_000, screens=100)
APPEND = WHOLE._replace(runs=9, seconds=1)
FANOUT = WHOLE._replace(runs=5, seconds=2)
"""More and shorter turns. The pace of a disk and of a processor drifts by the second; what is
measured one right after the other can be held against each other."""
QUICK = Plan(runs=1, seconds=0.5, readers=50, screens=20)
