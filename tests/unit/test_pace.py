"""How often somebody may ask, and what counts as one place."""

from __future__ import annotations

from typing import Any

import pytest

from collab.core import pace
from collab.core.pace import Haste, Pace
from permissions.addresses import place_of


def counted(limit: Pace, times: Any, key: str = "a") -> int:
    return sum(limit.wait(key, now) == 0 for now in times)


def test_so_many_are_counted_at_once_and_so_many_a_second_after_that() -> None:
    limit = Pace(20, 50)
    assert counted(limit, [0.0] * 1_000) == 50
    assert counted(limit, [n / 100 for n in range(1, 1_001)]) in (199, 200)


def test_who_is_refused_is_told_when_it_will_be_counted() -> None:
    limit = Pace(20, 50)
    counted(limit, [7.0] * 50)
    wait = limit.wait("a", 7.0)
    assert wait == pytest.approx(0.05, abs=1e-5)
    assert limit.wait("a", 7.0 + wait + 1e-9) == 0


def test_a_rest_gives_back_what_may_be_done_at_once_and_no_more() -> None:
    limit = Pace(20, 50)
    counted(limit, [0.0] * 50)
    assert counted(limit, [1_000.0] * 100) == 50


def test_nobody_pays_for_another() -> None:
    limit = Pace(1, 2)
    assert counted(limit, [0.0] * 9, "a") == counted(limit, [0.0] * 9, "b") == 2


def test_nought_is_no_limit() -> None:
    assert counted(Pace(0, 0), [0.0] * 1_000) == 1_000


def test_those_who_have_rested_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "REMEMBERED", 10)
    limit = Pace(1, 1)
    for number in range(100):
        assert limit.wait(number, number * 2.0) == 0
    assert len(limit._earned) <= 11
    assert limit.wait(99, 99 * 2.0) > 0


def test_who_goes_on_for_ten_seconds_without_a_pause_is_noticed() -> None:
    haste = Haste()
    assert [haste.again(number / 2) for number in range(21)] == [False] * 20 + [True]


def test_whoever_pauses_begins_anew() -> None:
    haste = Haste()
    assert not any(haste.again(number + number // 5) for number in range(100))


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("127.0.0.1", None),
        ("127.0.0.9", None),
        ("::1", None),
        ("::ffff:127.0.0.1", None),
        ("", None),
        ("unix", None),
    ],
)
def test_what_counts_as_one_place(address: str, place: str | None) -> None:
    assert place_of(address) == place
