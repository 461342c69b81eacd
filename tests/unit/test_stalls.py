"""What a measured time is forgiven: what somebody else saw stall in that very time, no more."""

import pytest

from tests.figures import percentile
from tests.stalls import LEAST, Beat, Gauge, Span, stalled

LATEST = 1.5


def beats(*stalls: tuple[float, float]) -> list[Beat]:
    """Give a minute of commits of 5 ms, but for those that begin at a time and take so long."""
    made, now, left = list[Beat](), 0.0, list(stalls)
    while now < 60:
        due = now + 0.03
        took = left.pop(0)[1] if left and left[0][0] <= due else 0.005
        made.append(Beat(due, due + 0.001, now := due + 0.001 + took))
    return made


def judged(seen: list[Beat], *spans: Span) -> list[float]:
    gauge = Gauge("")
    gauge.beats.extend(seen)
    return gauge.ours(spans)


@pytest.mark.parametrize("took", [0.4, 1.4, 1.6, 20.0])
def test_without_a_stall_nothing_is_forgiven(took: float) -> None:
    assert judged(beats(), Span(10, 10 + took)) == [pytest.approx(took)]
    assert (judged(beats(), Span(10, 10 + took))[0] <= LATEST) == (took < LATEST)


def test_a_busy_machine_is_no_stall() -> None:
    slow = [Beat(at * 0.2, at * 0.2 + 0.05, at * 0.2 + LEAST - 0.01) for at in range(100)]
    assert stalled(slow, Span(2, 12)) == 0


def test_a_commit_that_was_held_up_is_forgiven_as_long_as_it_was() -> None:
    assert judged(beats((10.5, 2.0)), Span(10, 12.9))[0] == pytest.approx(0.9, abs=0.04)


def test_a_machine_that_was_halted_is_seen_by_a_late_waking() -> None:
    halted = [Beat(10.0, 12.0, 12.005)]
    assert stalled(halted, Span(9.5, 13)) == pytest.approx(2.005)


def test_only_what_lies_in_the_span_counts() -> None:
    seen = beats((10.0, 2.0), (30.0, 2.0))
    assert stalled(seen, Span(13, 29)) == 0
    assert stalled(seen, Span(11.5, 15)) == pytest.approx(0.53, abs=0.04)
    assert stalled(seen, Span(29, 30.5)) == pytest.approx(0.5, abs=0.04)


def test_stalls_do_not_add_up() -> None:
    """A disk that is always slow excuses no answer that comes after ten seconds."""
    seen = beats(*((at, 0.4) for at in range(60)))
    assert stalled(seen, Span(10, 20)) == pytest.approx(0.4, abs=0.04)


def test_an_answer_that_is_slow_beside_a_stall_still_fails() -> None:
    took = judged(beats((10.5, 1.0)), Span(10, 13), *[Span(20, 20.4)] * 20)
    assert percentile(took, 0.99) > LATEST


def test_what_is_measured_and_what_stalled_are_both_told() -> None:
    gauge = Gauge("")
    gauge.beats.extend(beats((10.5, 2.0)))
    assert "most 2900 ms (n=1); the machine stalled for up to 2.0" in gauge.says([Span(10, 12.9)])
    assert "stalled" not in gauge.says([Span(20, 21)])
