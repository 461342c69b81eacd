"""Turns hints, reads of the log and frames into the exact sequence: each event once, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, Literal, Protocol, TypeVar

Kind = Literal["new", "known", "gap"]


def kind(seq: int, first: int, last: int) -> Kind:
    """Say what a frame that covers a range is to a reader at `seq`: a gap begins anew."""
    if last <= seq:
        return "known"
    return "gap" if first > seq + 1 else "new"


class Placed(Protocol):
    """Anything with a place in a log."""

    @property
    def seq(self) -> int:
        """Give the place: 1, 2, 3, ..."""


T = TypeVar("T", bound=Placed)


class Feed(Generic[T]):
    """One log as one reader follows it; hints may be lost, doubled, early or out of order."""

    def __init__(self, head: int, keep: int = 4096) -> None:
        """Start after `head`; keep at most `keep` events that came too early."""
        self.head = head
        self.known = head
        self._keep = keep
        self._early: dict[int, T] = {}

    def heard(self, seq: int) -> None:
        """Note that the log reaches at least `seq`."""
        self.known = max(self.known, seq)

    def offer(self, items: Iterable[T]) -> list[T]:
        """Take events from wherever they come; give those that are next, in order."""
        taken: list[T] = []
        for item in items:
            self.heard(item.seq)
            if item.seq == self.head + 1:
                taken.extend(self._take(item))
            elif item.seq > self.head and len(self._early) < self._keep:
                self._early.setdefault(item.seq, item)
        return taken

    def wants(self) -> tuple[int, int] | None:
        """Give the range (first, last) that has to be read from the log, or None."""
        if self.known <= self.head:
            return None
        last = min(self._early, default=self.known + 1) - 1
        return self.head + 1, last

    def _take(self, item: T | None) -> Iterator[T]:
        """Go on from the next event; it never waits for room among those that came early."""
        while item is not None:
            self.head += 1
            yield item
            item = self._early.pop(self.head + 1, None)
