"""The figures that tests measure, told together at the end of the run."""

from __future__ import annotations

from collections.abc import Sequence

FIGURES: list[tuple[str, str]] = []
"""Name and value of each, in the order in which they were measured."""


SHARES = (0.5, 0.95, 0.99)


def figure(name: str, value: str) -> None:
    """Tell a figure at the end of the run."""
    FIGURES.append((name, value))


def percentile(values: Sequence[float], share: float) -> float:
    """Give the value that `share` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def seconds(values: Sequence[float]) -> str:
    """Say how some durations (seconds) are spread."""
    parts = [f"p{share * 100:.0f} {percentile(values, share) * 1e3:.0f} ms" for share in SHARES]
    return f"{', '.join(parts)}, most {max(values) * 1e3:.0f} ms (n={len(values)})"
