"""What the misbehaving agent says of itself: a whole HTTP answer for each path.

None of it but `good`, `odd` and `hostile` says anything that can be kept.
"""

import asyncio
import gzip
import json
from collections.abc import Awaitable, Callable
from typing import Any

Write = Callable[[bytes], Awaitable[None]]

GOOD: dict[str, Any] = {
    "identity": {
        "name": "Night shift",
        "type": "langgraph",
        "description": "Watches the logs.",
        "version": "2.1.0",
    },
    "transport": {"streaming": True},
    "tools": {"supported": True, "items": [{"name": "read_log"}, {"name": "restart"}]},
    "reasoning": {"supported": False},
    "humanInTheLoop": {"supported": True, "approvals": True},
    "custom": {"shift": 3},
}
TURNED = "\u202egnp.exe\u2066"
HOSTILE: dict[str, Any] = {
    "identity": {
        "name": f"<script>alert(1)</script>{TURNED}",
        "type": "\x1b[31mred\x07",
        "description": "one\r\ntwo\u200b" + "x" * 5_000,
        "version": ["no", "text"],
    },
    "tools": {"items": [{"name": f"tool {number}\n"} for number in range(70)] + [7, None, {}]},
    "humanInTheLoop": {"approvals": "yes", "interrupts": 1},
}


def answer(body: bytes, *fields: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", "content-type: application/json", *fields]
    return "\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode() + body


def nested(depth: int) -> bytes:
    return b'{"custom":' * depth + b"{}" + b"}" * depth


PLAIN: dict[str, bytes] = {
    "good": answer(json.dumps(GOOD).encode()),
    "odd": answer(json.dumps({**GOOD, "headers": {"X-Key": "hunter2"}, "tools": 7}).encode()),
    "hostile": answer(json.dumps(HOSTILE).encode()),
    "nothing": answer(b"{}"),
    "missing": b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
    "method": b"HTTP/1.1 405 Not Allowed\r\ncontent-length: 0\r\n\r\n",
    "refuse": b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n",
    "fail": b"HTTP/1.1 503 Away\r\ncontent-length: 0\r\n\r\n",
    "elsewhere": b"HTTP/1.1 302 Found\r\nlocation: /good/capabilities\r\ncontent-length: 0\r\n\r\n",
    "page": answer(b"<!doctype html><title>hi</title>"),
    "nonsense": answer(b"{not json"),
    "cut": answer(json.dumps(GOOD).encode()).removesuffix(b"}"),
    "twice": answer(b'{"identity":{"name":"a"},"identity":{"name":"b"}}'),
    "list": answer(b"[]"),
    "nan": answer(b'{"custom":{"a":NaN}}'),
    "number": answer(b'{"custom":{"a":1e999}}'),
    "nul": answer(b'{"identity":{"name":"a\\u0000b"}}'),
    "half": answer(b'{"identity":{"name":"\\ud800"}}'),
    "latin": answer('{"identity":{"name":"ü"}}'.encode("latin-1")),
    "deep": answer(nested(17)),
    "deeper": answer(nested(6_000)),
    "many": answer(json.dumps({"custom": {"a": [0] * 5_000}}).encode()),
    "large": answer(json.dumps({"custom": {"a": "x" * 64 * 1024}}).encode()),
    "squeezed": answer(gzip.compress(json.dumps(GOOD).encode()), "content-encoding: gzip"),
    "no_http": b"hello\r\n\r\n",
}


async def endless(write: Write) -> None:
    await write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        await write(b" " * 65536)


async def silent(_: Write) -> None:
    await asyncio.Event().wait()


async def trickle(write: Write) -> None:
    await write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
    while True:
        await write(b" ")
        await asyncio.sleep(0.05)


SLOW = {each.__name__: each for each in (endless, silent, trickle)}
WAYS = [*PLAIN, *SLOW]


async def say(way: str, write: Write) -> None:
    """Give the answer that a path names; where none does, nothing is there."""
    if way in SLOW:
        await SLOW[way](write)
    else:
        await write(PLAIN.get(way, PLAIN["missing"]))
