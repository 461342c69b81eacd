"""Times many makers of appends, and says how fast they were."""

from __future__ import annotations

import time

from tests.benchmarks.asked import Figures
from tests.figures import percentile

BODY_BYTES = 200
"""Bytes of what one event says."""

TEXT = "x" * BODY_BYTES


class Watch:
    """Measures from its making until it is told of the end: durations, processor time."""

    def __init__(self, seconds: float) -> None:
        self.taken: list[float] = []
        self._begun, self._cpu = time.perf_counter(), time.process_time()
        self.end = self._begun + seconds

    def figures(self, events: int | None = None, faults: int = 0) -> Figures:
        """Say it; `events` where one duration stands for several."""
        elapsed = time.perf_counter() - self._begun
        return {
            "events_per_s": (len(self.taken) if events is None else events) / elapsed,
            "p50_ms": percentile(self.taken, 0.5) * 1e3,
            "p99_ms": percentile(self.taken, 0.99) * 1e3,
            "cpu_s": time.process_time() - self._cpu,
            "faults": faults,
        }
