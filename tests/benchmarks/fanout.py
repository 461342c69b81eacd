"""`bench fanout`: what it costs the server to show one event to many."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks.plan import Plan, Run
from tests.benchmarks.serving import Case, measured

EACH = "a frame per event"


def runs(plan: Plan) -> Iterator[Run]:
    """Show events one by one to all connections, by every way in turn."""
    return measured(plan, [Case(EACH, "fanout", plan.readers, ("bare", "textbook", "ours"))])
