"""What breaks the rules of WebSocket itself ends its own socket, by the right number."""

from __future__ import annotations

import os
import struct
import zlib
from contextlib import suppress
from typing import NamedTuple

import pytest
import websockets

from collab.core import frames
from collab.core.encodings import JSON, MSGPACK, Encoding
from tests.quiet import Quiet, answers, both
from tests.wire import Wire

MIB = 1024 * 1024
TEXT, BINARY, CLOSE, PING, MORE = 1, 2, 8, 9, 0
UNFINISHED, COMPRESSED = 0x80, 0x40


def raw(opcode: int, payload: bytes = b"", *, flip: int = 0, length: int | None = None) -> bytes:
    """Give a masked frame of one message, some bits of its first byte flipped, a length claimed."""
    size = len(payload) if length is None else length
    if size < 126:
        declared = bytes([0x80 | size])
    elif size < 2**16:
        declared = b"\xfe" + struct.pack("!H", size)
    else:
        declared = b"\xff" + struct.pack("!Q", size)
    mask = os.urandom(4)
    stream = (mask * (len(payload) // 4 + 1))[: len(payload)]
    masked = int.from_bytes(payload, "big") ^ int.from_bytes(stream, "big")
    return bytes([(0x80 | opcode) ^ flip]) + declared + mask + masked.to_bytes(len(payload), "big")


def bomb() -> bytes:
    made = zlib.compressobj(1, zlib.DEFLATED, -15)
    return made.compress(bytes(32 * MIB)) + made.flush(zlib.Z_SYNC_FLUSH)


class Row(NamedTuple):
    """Bytes on the wire, and the number with which the socket is closed."""

    number: str
    what: str
    code: int
    sent: bytes
    encoding: Encoding = MSGPACK


PART = bytes(MIB // 2)
NORMAL = struct.pack("!H", 1000)
ROWS = [
    Row("B14", "text that is no UTF-8", 1007, raw(TEXT, b'{"frame": "\xff"}'), JSON),
    Row("B14", "half a surrogate in UTF-8", 1007, raw(TEXT, b'{"frame": "\xed\xa0\x80"}'), JSON),
    Row("B14", "text cut within a letter", 1007, raw(TEXT, b'{"frame": "\xe2\x9c'), JSON),
    Row("B15", "unmasked", 1002, b"\x82\x01\xc1"),
    Row("B15", "a reserved opcode", 1002, raw(3, b"x")),
    Row("B15", "a reserved opcode of control", 1002, raw(11, b"x")),
    Row("B15", "a reserved bit", 1002, raw(BINARY, b"x", flip=0x10)),
    Row("B15", "a ping that is too long", 1002, raw(PING, b"x" * 126)),
    Row("B15", "a ping in pieces", 1002, raw(PING, b"x", flip=UNFINISHED)),
    Row("B15", "a close of one byte", 1002, raw(CLOSE, b"\x03")),
    Row("B15", "a close with a number that is none", 1002, raw(CLOSE, struct.pack("!H", 1005))),
    Row(
        "B15",
        "a close whose reason is no UTF-8",
        1007,
        raw(CLOSE, NORMAL + b"\xff"),
    ),
    Row("B15", "more of nothing", 1002, raw(MORE, b"x")),
    Row("B15", "a new message within one", 1002, raw(BINARY, b"x", flip=UNFINISHED) * 2),
    Row("B17", "2 MiB", 1009, raw(BINARY, bytes(2 * MIB))),
    Row("B17", "2 MiB of text", 1009, raw(TEXT, b" " * (2 * MIB)), JSON),
    Row("B17", "8 MiB", 1009, raw(BINARY, bytes(8 * MIB))),
    Row("B18", "a claim of 2^62", 1009, raw(BINARY, length=2**62)),
    Row("B18", "a claim of 2^63 - 1", 1009, raw(BINARY, length=2**63 - 1)),
    Row(
        "B19",
        "pieces that are too much together",
        1009,
        raw(BINARY, PART, flip=UNFINISHED) + raw(MORE, PART, flip=UNFINISHED) * 2,
    ),
    Row("B21", "a bomb that was not agreed on", 1002, raw(BINARY, bomb(), flip=COMPRESSED)),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.number} {row.what}")
async def test_what_breaks_the_rules_of_websocket_ends_its_own_socket(
    quiet: Quiet, row: Row
) -> None:
    async with quiet.wire("op1", row.encoding) as wire:
        await wire.join()
        with suppress(websockets.ConnectionClosed):
            wire.socket.transport.write(row.sent)
        await wire.until(lambda: wire.closed)
        assert wire.closed == row.code


async def test_compression_is_not_agreed_on(quiet: Quiet) -> None:
    offered = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}
    token = quiet.scene["op1"].token
    async with Wire(quiet.worker.ws_url, quiet.scene.session, token, MSGPACK, **offered) as wire:
        assert wire.socket.response is not None
        assert "Sec-WebSocket-Extensions" not in wire.socket.response.headers
        await wire.join()
        assert await answers(wire)


async def test_a_flood_of_pings_is_borne(quiet: Quiet) -> None:
    async with quiet.wire("op1") as wire:
        await wire.join()
        wire.socket.transport.write(raw(PING, b"x" * 100) * 20_000)
        assert await answers(wire)


async def test_a_frame_in_many_pieces_is_one(quiet: Quiet) -> None:
    whole = both({"frame": "read", "request_id": 1, "before": 3})[0]
    first, *middle, last = (whole[at : at + 1] for at in range(len(whole)))
    pieces = [raw(MORE, piece, flip=UNFINISHED) for piece in middle]
    async with quiet.wire("op1") as wire:
        await wire.join()
        wire.socket.transport.write(raw(BINARY, first, flip=UNFINISHED) + b"".join(pieces))
        wire.socket.transport.write(raw(MORE, last))
        pages = await wire.until(lambda: [f for f in wire.heard if isinstance(f, frames.Page)])
        assert [page.request_id for page in pages] == [1]
        assert await answers(wire)
