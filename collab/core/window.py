"""Cuts stored events into what one class of readers may see; hub and replay share it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

import msgspec

from collab.core.chain import MARK
from collab.core.frames import Events, Stub


class Entry(Protocol):
    """An event as it is stored."""

    @property
    def seq(self) -> int: ...
    @property
    def visibility(self) -> int: ...
    @property
    def passing(self) -> bool: ...
    @property
    def time(self) -> int: ...
    @property
    def content(self) -> bytes: ...
    @property
    def digest(self) -> bytes: ...
    @property
    def chain(self) -> bytes: ...


class Lens(NamedTuple):
    """What a class of readers sees: a bit for each visibility, and whether deltas are wanted."""

    sights: int
    deltas: bool


_stubs = msgspec.msgpack.Encoder()


def shown(entries: Iterable[Entry], lens: Lens, passing_from: int) -> list[msgspec.Raw]:
    """Give events or stubs; deltas that a finished message holds are left out."""
    return [
        _entry(entry, lens)
        for entry in entries
        if not entry.passing or (lens.deltas and entry.seq >= passing_from)
    ]


def _entry(entry: Entry, lens: Lens) -> msgspec.Raw:
    if lens.sights >> entry.visibility & 1:
        return msgspec.Raw(entry.content)
    return msgspec.Raw(_stubs.encode(Stub(entry.seq, entry.time, entry.digest)))


def frame(first: int, entries: Sequence[Entry], lens: Lens, passing_from: int) -> Events:
    """Give the frame that covers `first` to the last entry, for readers of one class."""
    last = entries[-1]
    events = shown(entries, lens, passing_from)
    return Events(first, last.seq, last.chain[:MARK], events)
