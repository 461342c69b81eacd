"""What a benchmark's readers hold against every event that they get."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.benchmarks.crowd import Crowd, Reader
from tests.benchmarks.dialects import Bare


@pytest.mark.parametrize(
    ("heard", "faults"),
    [
        ([([1, 2], 2), ([3], 3)], (0, 0, 0)),
        ([([1], 1), ([3], 3)], (1, 0, 0)),
        ([([1], 1), ([], 2), ([3], 3)], (1, 0, 0)),
        ([([1, 2], 2), ([2], 2)], (0, 1, 0)),
        ([([1, 3], None), ([2], None)], (0, 0, 1)),
        ([([1, 5], None), ([3], None), ([3], None)], (2, 1, 1)),
    ],
    ids=["in order", "a gap", "a range without its event", "twice", "too late", "all of it"],
)
async def test_a_reader_names_what_is_wrong_with_numbers(
    heard: Sequence[tuple[list[int], int | None]], faults: tuple[int, int, int]
) -> None:
    crowd = Crowd()
    reader = Reader(Bare(), crowd)
    reader.next = 1
    for seqs, last in heard:
        reader._place(seqs, last)
    found = crowd.faults
    assert (found.lost, found.doubled, found.misordered) == faults


async def test_who_has_not_reached_the_others_end_has_lost_the_rest() -> None:
    crowd = Crowd()
    crowd.readers = [Reader(Bare(), crowd) for _ in range(3)]
    for reader, place in zip(crowd.readers, (5, 5, 3), strict=True):
        reader.next = place
    await crowd.settle(0.1)
    assert crowd.faults.lost == 2
