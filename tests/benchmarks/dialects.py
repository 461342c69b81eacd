"""What each way says on its sockets: how to begin, how to act, what was heard."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol
from uuid import uuid4

import msgspec

from collab.core import frames
from tests.benchmarks import sockets
from tests.benchmarks.timing import TEXT


class Heard(NamedTuple):
    """What one message said: events' numbers and texts, and whether an action of mine is done."""

    seqs: list[int]
    texts: list[str]
    done: bool = False
    first: int | None = None
    """Where a reader begins, said once."""
    head: int = 0
    """Up to where there are events already when a reader begins."""
    last: int | None = None
    """Up to where the message claims to tell everything."""
    refused: str | None = None


class Remembered:
    """Reads a message once for all who get the same bytes, one after the other: what every
    connection heard is still checked on each, and reading is not what is measured."""

    def __init__(self, read: Callable[[bytes], Heard]) -> None:
        self._read, self._message, self._heard = read, b"", Heard([], [])

    def __call__(self, message: bytes) -> Heard:
        if message != self._message:
            self._message, self._heard = message, self._read(message)
        return self._heard


class Dialect(Protocol):
    """One way's words, for one connection."""

    opcode: int
    at_once: int
    """Actions that one connection keeps on their way when it goes as fast as it can."""
    path: str
    headers: dict[str, str]

    def hello(self) -> bytes | None: ...
    def act(self, text: str) -> bytes: ...
    def hear(self, message: bytes) -> Heard: ...


def text(number: int) -> str:
    """Say a number in a body of the usual length."""
    return f"{number:012d}{TEXT[12:]}"


class _Body(msgspec.Struct):
    text: str = ""


class _Event(msgspec.Struct):
    seq: int
    body: _Body = msgspec.field(default_factory=_Body)


class _Frame(msgspec.Struct):
    frame: str
    first: int = 0
    head: int = 0
    last: int = 0
    events: list[_Event] | int = []
    """How many they are, in a reply."""
    code: str = ""


class Ours:
    """`cohelm.v1.msgpack` as an ordinary client speaks it."""

    opcode = sockets.BINARY
    at_once = 8

    def __init__(self, session: str, token: str) -> None:
        self.path = f"/ws/sessions/{session}/"
        self.headers = {
            "Authorization": f"Bearer {token}",
            "Sec-WebSocket-Protocol": frames.SUBPROTOCOL,
        }

    def hello(self) -> bytes:
        return frames.encode(frames.Join())

    def act(self, text: str) -> bytes:
        fields = {"type": "note.write", "text": text}
        return frames.encode(frames.Submit(uuid4(), fields))

    def hear(self, message: bytes) -> Heard:
        return _our_words(message)


_frame = msgspec.msgpack.Decoder(_Frame).decode


def _ours(message: bytes) -> Heard:
    frame = _frame(message)
    match frame.frame:
        case "events":
            told = frame.events if isinstance(frame.events, list) else []
            seqs = [event.seq for event in told]
            texts = [event.body.text for event in told]
            return Heard(seqs, texts, last=frame.last)
        case "welcome":
            return Heard([], [], first=frame.first, head=frame.head)
        case "reply":
            return Heard([], [], done=True)
        case "refusal":
            return Heard([], [], refused=frame.code)
    return NOTHING


_our_words = Remembered(_ours)
NOTHING = Heard([], [])


class _Post(msgspec.Struct):
    seq: int
    body: str
    sender: str = ""


class Textbook:
    """JSON as the textbook's consumer speaks it."""

    opcode = sockets.TEXT
    at_once = 1  # its consumer takes one at a time: more would only wait
    _decode = msgspec.json.Decoder(_Post).decode

    def __init__(self, room: int, user: str) -> None:
        self.path = f"/rooms/{room}/?user={user}"
        self.headers: dict[str, str] = {}
        self._me = uuid4().hex

    def hello(self) -> None:
        return None

    def act(self, text: str) -> bytes:
        return msgspec.json.encode({"body": text, "sender": self._me})

    def hear(self, message: bytes) -> Heard:
        post = self._decode(message)
        return Heard([post.seq], [post.body], done=post.sender == self._me)


class Bare:
    """What goes in comes out, numbered."""

    opcode = sockets.BINARY
    at_once = 1
    path = "/"

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}

    def hello(self) -> None:
        return None

    def act(self, text: str) -> bytes:
        return text.encode()

    def hear(self, message: bytes) -> Heard:
        return _bare_words(message)


_bare_post = msgspec.msgpack.Decoder(_Post).decode


def _bare(message: bytes) -> Heard:
    post = _bare_post(message)
    return Heard([post.seq], [post.body])


_bare_words = Remembered(_bare)
