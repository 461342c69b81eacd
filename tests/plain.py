"""What messages say, found with packages that the server's encoders are not made of."""

from __future__ import annotations

import json
from typing import Any

import msgpack

from collab.core import frames
from collab.core.untrusted import Message

BYTES = ("mark", "digest")
"""Keys, in frames and entries, whose values are bytes."""


def heard(data: Message) -> frames.ServerFrame:
    """Read a frame from the server in either encoding."""
    return frames.decode_server(data if isinstance(data, bytes) else packed(data))


def packed(text: str) -> bytes:
    """Turn a frame's JSON into its MessagePack."""
    frame = json.loads(text)
    entries = frame.get("events")
    for place in (frame, *(entries if isinstance(entries, list) else ())):
        for key in BYTES:
            if key in place:
                place[key] = bytes.fromhex(place[key])
    data: bytes = msgpack.packb(frame)
    return data


def plain(value: Any) -> Any:
    """Write an unpacked value as JSON has it: bytes in hex."""
    match value:
        case bytes():
            return value.hex()
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case _:
            return value
