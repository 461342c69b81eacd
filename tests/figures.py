"""The figures that tests measure, told together at the end of the run."""

from __future__ import annotations

from collections.abc import Sequence

FIGURES: list[tuple[str, str]] = []
"""Name and value of each, in the order in which they were measured."""


def figure(name: str, value: str) -> None:
    """Tell a figure at the end of the run."""
    FIGURES.append((name, value))


def percentile(values: Sequence[float], share: float) -> float:
    """Give the value that `share` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def seconds(values: Sequence[float]) -> str:
    """Say how some durations (seconds) are spread."""
    p50, p95 = percentile(values, 0.5) * 1e3, percentile(values, 0.95) * 1e3
    most = max(values) * 1e3
    return f"p50 {p50:.0f} ms, p95 {p95:.0f} ms, most {most:.0f} ms (n={len(values)})"
