"""One socket's states: which frame may come when, and when patience ends. No I/O."""

from __future__ import annotations

from enum import Enum

from collab.core import frames
from collab.core.codes import Close, Refusal, Refused
from collab.core.encodings import MSGPACK, Encoding
from collab.core.events import Kind
from collab.core.untrusted import Message

STRIKES = 3
"""Frames that cannot be read before the socket is closed."""

STRIKING = frozenset(
    {
        Refusal.MALFORMED,
        Refusal.TOO_LARGE,
        Refusal.TOO_DEEP,
        Refusal.INVALID_TEXT,
        Refusal.INVALID_NUMBER,
        Refusal.UNKNOWN_FRAME,
        Refusal.UNKNOWN_FIELD,
        Refusal.INVALID,
    }
)


class Stage(Enum):
    """Where a connection stands."""

    OPEN = "open"
    JOINED = "joined"
    ENDED = "ended"


class Connection:
    """The protocol side of one socket; a malformed command inside a good frame is no strike."""

    def __init__(self, kind: Kind, encoding: Encoding = MSGPACK) -> None:
        self.stage = Stage.OPEN
        self._encoding = encoding
        self._limits = frames.LIMITS[kind]
        self._strikes = 0

    def receive(self, data: Message) -> frames.ClientFrame | Refused | Close:
        """Give the frame if it may come now, or the refusal, or the close that ends patience."""
        if not isinstance(data, self._encoding.message):
            problem = f"{self._encoding.subprotocol} is not spoken in such messages"
            return self._strike(Refused(Refusal.MALFORMED, {"problem": problem}))
        frame = frames.decode(data, self._limits)
        if isinstance(frame, Refused):
            return self._strike(frame)
        return self._in_turn(frame)

    def _strike(self, refused: Refused) -> Refused | Close:
        self._strikes += refused.refusal in STRIKING
        if self._strikes < STRIKES:
            return refused
        self.stage = Stage.ENDED
        return Close.MALFORMED

    def _in_turn(self, frame: frames.ClientFrame) -> frames.ClientFrame | Refused:
        joining = isinstance(frame, frames.Join)
        if joining and self.stage is Stage.OPEN:
            self.stage = Stage.JOINED
            return frame
        if joining:
            return Refused(Refusal.ALREADY_JOINED)
        return frame if self.stage is Stage.JOINED else Refused(Refusal.NOT_JOINED)
