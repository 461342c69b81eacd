"""How frames are written: MessagePack in binary messages, or JSON in text ones, bytes in hex.

Stored events are MessagePack. For readers of JSON each is transcribed once and kept for the next.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from collab.core import frames
from collab.core.frames import ClientFrame, ServerFrame
from collab.core.untrusted import Message

KEPT_BYTES = 8 * 1024 * 1024
"""Transcribed events that are kept, with what they were transcribed from."""


@dataclass(frozen=True, eq=False, slots=True)
class Encoding:
    """One way to write frames; `message` is the kind of WebSocket message that it takes."""

    subprotocol: str
    message: type[Message]
    encode: Callable[[ServerFrame | ClientFrame], Message]


class Transcripts:
    """The JSON of stored events, the newest so far; each is made once while it is kept."""

    def __init__(self, room: int) -> None:
        self._room, self._size = room, 0
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()

    def of(self, content: bytes) -> bytes:
        """Give an event's or a stub's JSON."""
        found = self._kept.get(content)
        if found is None:
            found = self._kept[content] = transcribed(content)
            self._size += len(content) + len(found)
            self._make_room()
        return found

    def _make_room(self) -> None:
        while self._size > self._room:
            content, made = self._kept.popitem(last=False)
            self._size -= len(content) + len(made)


def transcribed(content: bytes) -> bytes:
    """Turn one packed value into JSON; bytes stand at the top of a map only, as in a stub."""
    tree = msgspec.msgpack.decode(content)
    if isinstance(tree, dict):
        tree = {key: _plain(value) for key, value in tree.items()}
    return msgspec.json.encode(tree)


_transcripts = Transcripts(KEPT_BYTES)


def as_json(frame: ServerFrame | ClientFrame) -> str:
    """Give a frame's text."""
    fields = {"frame": frame.__struct_config__.tag}
    for name in frame.__struct_fields__:
        fields[name] = _plain(getattr(frame, name))
    return msgspec.json.encode(fields).decode()


def _plain(value: Any) -> Any:
    match value:
        case bytes():
            return value.hex()
        case msgspec.Raw():
            return msgspec.Raw(transcribed(bytes(value)))
        case [msgspec.Raw(), *_]:
            return [msgspec.Raw(_transcripts.of(bytes(entry))) for entry in value]
        case tuple():
            return [_plain(item) for item in value]
        case _:
            return value


MSGPACK = Encoding(frames.SUBPROTOCOL, bytes, frames.encode)
JSON = Encoding("cohelm.v1.json", str, as_json)
ENCODINGS = {encoding.subprotocol: encoding for encoding in (MSGPACK, JSON)}
"""Every encoding by the subprotocol that asks for it."""
