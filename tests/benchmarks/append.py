"""`bench append`: how fast events get into the log, beside the textbook way and the limits."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks.asked import TEXTBOOK, Asked, ways
from tests.benchmarks.plan import Plan, Run

HOT512, SPREAD512 = "one session, 512 at once", "64 sessions, 512 at once"
HOT64, ALONE = "one session, 64 at once", "one at a time"
THREADS = 32

OURS = {
    HOT512: {"sessions": 1, "at_once": 512},
    SPREAD512: {"sessions": 64, "at_once": 512},
    HOT64: {"sessions": 1, "at_once": 64},
    ALONE: {"sessions": 1, "at_once": 1},
}
ORM = {
    HOT512: {"sessions": 1, "at_once": THREADS},
    SPREAD512: {"sessions": 64, "at_once": THREADS},
    ALONE: {"sessions": 1, "at_once": 1},
}
LIMITS = {
    HOT512: {"1,000-row commits": "thousand", "COPY": "copy"},
    HOT64: {"raw commit": "raw"},
    ALONE: {"raw commit": "raw"},
}


def runs(plan: Plan) -> Iterator[Run]:
    """Have every way do its cases in turn, as often as planned."""
    ours = Asked("tests.benchmarks.append_ours")
    orm = Asked("tests.benchmarks.append_orm", TEXTBOOK)
    limits = Asked("tests.benchmarks.append_limits")
    with ways(ours, orm, limits):
        for _ in range(plan.runs):
            run: Run = {}
            for case, wish in OURS.items():
                for way, how in LIMITS.get(case, {}).items():
                    run[case, way] = limits.ask(how=how, seconds=plan.seconds)
                run[case, "ours"] = ours.ask(**wish, seconds=plan.seconds)
                if case in ORM:
                    run[case, "Django ORM"] = orm.ask(**ORM[case], seconds=plan.seconds)
            yield run
