"""Hints lost, doubled, early or reordered become the exact sequence, in bounded memory."""

from __future__ import annotations

from typing import NamedTuple

from collab.core.feed import Feed


class Placed(NamedTuple):
    seq: int


def entries(*places: int) -> list[Placed]:
    return [Placed(place) for place in places]


def seqs(taken: list[Placed]) -> list[int]:
    return [item.seq for item in taken]


def test_what_comes_in_order_goes_on_at_once() -> None:
    feed: Feed[Placed] = Feed(0)
    assert seqs(feed.offer(entries(1, 2))) == [1, 2]
    assert seqs(feed.offer(entries(3))) == [3]
    assert feed.wants() is None


def test_it_begins_after_its_head() -> None:
    feed: Feed[Placed] = Feed(10)
    assert feed.wants() is None
    assert seqs(feed.offer(entries(9, 10, 11))) == [11]


def test_what_comes_twice_goes_on_once() -> None:
    feed: Feed[Placed] = Feed(0)
    assert seqs(feed.offer(entries(1, 1, 2))) == [1, 2]
    assert seqs(feed.offer(entries(1, 2))) == []


def test_what_comes_early_waits_for_what_is_missing() -> None:
    feed: Feed[Placed] = Feed(0)
    assert feed.offer(entries(3, 2)) == []
    assert feed.wants() == (1, 1)
    assert seqs(feed.offer(entries(1))) == [1, 2, 3]


def test_a_batch_that_is_out_of_order_goes_on_in_order() -> None:
    assert seqs(Feed[Placed](0).offer(entries(3, 1, 2))) == [1, 2, 3]


def test_a_gap_is_asked_for_and_no_more_than_the_gap() -> None:
    feed: Feed[Placed] = Feed(0)
    feed.offer(entries(5, 9))
    assert feed.wants() == (1, 4)
    feed.offer(entries(1, 2, 3, 4))
    assert feed.wants() == (6, 8)


def test_hearing_of_a_head_is_enough_to_ask() -> None:
    feed: Feed[Placed] = Feed(4)
    feed.heard(7)
    assert feed.wants() == (5, 7)
    feed.heard(6)
    assert feed.wants() == (5, 7)


def test_the_first_that_came_is_kept() -> None:
    feed: Feed[Placed] = Feed(0)
    first, second = Placed(2), Placed(2)
    feed.offer([first])
    feed.offer([second])
    assert feed.offer(entries(1))[1] is first


def test_early_events_do_not_fill_memory() -> None:
    feed: Feed[Placed] = Feed(0, keep=10)
    feed.offer(entries(*range(100, 200)))
    assert len(feed._early) == 10
    assert feed.wants() == (1, 99)


def test_what_went_on_already_takes_no_room() -> None:
    feed: Feed[Placed] = Feed(0)
    feed.offer(entries(1, 2, 3))
    feed.offer(entries(1, 2, 3))
    assert feed._early == {}


def test_a_read_goes_on_even_where_there_is_no_more_room_for_early_events() -> None:
    feed: Feed[Placed] = Feed(0, keep=10)
    feed.offer(entries(*range(100, 200)))
    assert seqs(feed.offer(entries(*range(1, 50)))) == list(range(1, 50))
    assert feed.wants() == (50, 99)
    assert seqs(feed.offer(entries(*range(50, 100)))) == list(range(50, 110))
    assert feed.wants() == (110, 199)
