"""Any interleaving of lost, doubled, reordered, early hints and reads gives exactly 1..N."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from collab.core.feed import Feed


class Placed(NamedTuple):
    seq: int


@st.composite
def weather(draw: st.DrawFn) -> tuple[int, list[list[int]]]:
    """Give how many events a log has, and the hints about them as the network left them."""
    head = draw(st.integers(0, 60))
    hint = st.lists(st.integers(1, head or 1), max_size=8)
    return head, draw(st.lists(hint, max_size=30)) if head else []


@given(weather(), st.integers(1, 12), st.integers(1, 9), st.data())
def test_every_event_once_and_in_order_whatever_the_hints(
    hints: tuple[int, list[list[int]]], keep: int, page: int, data: st.DataObject
) -> None:
    head, arriving = hints
    feed: Feed[Placed] = Feed(0, keep)
    taken: list[int] = []

    def took(items: list[int]) -> None:
        taken.extend(item.seq for item in feed.offer([Placed(seq) for seq in items]))
        assert len(feed._early) <= keep
        assert all(seq > feed.head for seq in feed._early)
        assert taken == list(range(1, feed.head + 1))

    def read() -> None:
        wanted = feed.wants()
        if wanted is not None:
            first, last = wanted
            assert first == feed.head + 1 <= last <= head
            before = feed.head
            took(list(range(first, min(last, first + page - 1) + 1)))
            assert feed.head > before, "a read that brings the next event goes on"

    for hint in arriving:
        took(hint)
        if data.draw(st.booleans()):
            read()
    feed.heard(head)
    while feed.wants() is not None:
        read()
    assert taken == list(range(1, head + 1))


@given(st.integers(0, 50), st.lists(st.integers(1, 60), max_size=40))
def test_nothing_at_or_below_the_head_ever_goes_on(start: int, places: list[int]) -> None:
    feed: Feed[Placed] = Feed(start)
    taken = [item.seq for place in places for item in feed.offer([Placed(place)])]
    assert taken == list(range(start + 1, start + 1 + len(taken)))
