"""The newest events of a live log as bytes, its state, and the frames made of both, each once."""

from __future__ import annotations

from collections.abc import Sequence

from collab.core import events, window
from collab.core import state as fold
from collab.core.encodings import Encoding
from collab.core.frames import Events
from collab.core.state import State
from collab.core.untrusted import Message
from collab.core.window import Lens
from collab.log.store import Stored

RING = 4_096
"""Recent events kept as bytes; a reader that falls behind them reads the log."""

FRAME_BYTES = 256 * 1024
"""Content of one events frame, about; a single larger event goes alone."""

FEW = 64
"""Events in a frame below which superseded deltas are not looked for."""


class Behind(Exception):
    """The reader's place is older than the ring."""


class Ring:
    """Events without a gap, of which those up to `ready` may be told."""

    def __init__(self, head: int, state: State) -> None:
        self.ready = head
        self._base = head + 1
        self._entries: list[Stored] = []
        self._state = state
        self._frames: dict[tuple[int, Lens, Encoding], tuple[int, Message]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def first(self) -> int:
        """Give the oldest seq that is held, or the next one where nothing is."""
        return self._base

    def extend(self, taken: Sequence[Stored]) -> None:
        """Hold what follows."""
        self._entries.extend(taken)

    def release(self, acl_version: int) -> bool:
        """Make ready what was appended under grants as old as these; say whether anything was."""
        before, end = self.ready, self._base + len(self._entries) - 1
        while self.ready < end and self._at(self.ready + 1).acl_version <= acl_version:
            self.ready += 1
        if self.ready == before:
            return False
        self.forget_frames()
        self._trim()
        return True

    def forget_frames(self) -> None:
        """Make frames anew: there is more to tell, or other grants are in force."""
        self._frames.clear()

    def state(self) -> State:
        """Give the state at `ready`."""
        self._fold(self.ready)
        return self._state

    def frame(self, first: int, lens: Lens, encoding: Encoding) -> tuple[int, Message]:
        """Give what begins at `first`, and where it ends; readers of one kind share it. Raises
        Behind."""
        if first < self._base:
            raise Behind
        key = (first, lens, encoding)
        made = self._frames.get(key)
        if made is None:
            last = self._last(first)
            made = self._frames[key] = last, encoding.encode(self._cut(first, last, lens))
        return made

    def _at(self, seq: int) -> Stored:
        return self._entries[seq - self._base]

    def _last(self, first: int) -> int:
        size = 0
        for seq in range(first, self.ready + 1):
            size += len(self._at(seq).content)
            if size > FRAME_BYTES and seq > first:
                return seq - 1
        return self.ready

    def _cut(self, first: int, last: int, lens: Lens) -> Events:
        entries = self._entries[first - self._base : last - self._base + 1]
        floor = 0 if len(entries) <= FEW else fold.passing_from(self.state())
        return window.frame(first, entries, lens, floor)

    def _trim(self) -> None:
        spare = len(self._entries) - RING
        if spare > RING // 4:
            spare = min(spare, self.ready - self._base)
            self._fold(self._base + spare)
            del self._entries[:spare]
            self._base += spare

    def _fold(self, upto: int) -> None:
        while self._state.seq < min(upto, self.ready):
            stored = self._at(self._state.seq + 1)
            self._state = fold.apply(self._state, events.decode(stored.content))
