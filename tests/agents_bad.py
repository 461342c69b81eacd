"""An agent that misbehaves on purpose: the path of its URL says how. Run as a process.

It speaks raw HTTP over asyncio, because no framework lets one break the rules this freely.
"""

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.agents_saying import say

Write = Callable[[bytes], Awaitable[None]]

STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
STARTED = {"type": "RUN_STARTED", "threadId": "t", "runId": "r"}
FINISHED = {"type": "RUN_FINISHED", "threadId": "t", "runId": "r"}
OPEN = {"type": "TEXT_MESSAGE_START", "messageId": "m", "role": "assistant"}
END = {"type": "TEXT_MESSAGE_END", "messageId": "m"}


def said(text: str) -> dict[str, Any]:
    return {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": text}


async def send(write: Write, *events: Any) -> None:
    for event in events:
        await write(b"data: " + json.dumps(event).encode() + b"\n\n")


async def refuse(write: Write) -> None:
    await write(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")


async def limit(write: Write) -> None:
    await write(b"HTTP/1.1 429 Slow Down\r\nretry-after: 20\r\ncontent-length: 0\r\n\r\n")


async def fail(write: Write) -> None:
    await write(b"HTTP/1.1 503 Away\r\ncontent-length: 0\r\n\r\n")


async def elsewhere(write: Write) -> None:
    await write(b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n")


async def page(write: Write) -> None:
    await write(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 2\r\n\r\nhi")


async def nonsense(write: Write) -> None:
    await write(STREAM + b"data: {not json\n\n")


async def order(write: Write) -> None:
    await write(STREAM)
    await send(write, STARTED, said("a text that nobody began"))


async def unknown(write: Write) -> None:
    await write(STREAM)
    await send(write, STARTED, {"type": "WEATHER_CHANGED", "to": {"sun": [1, 2.5, None]}}, FINISHED)


async def nul(write: Write) -> None:
    await write(STREAM)
    await send(write, STARTED, OPEN, said("a\0b"), END, FINISHED)


async def number(write: Write) -> None:
    await write(STREAM)
    await send(write, STARTED, {"type": "CUSTOM", "name": "n", "value": 2**60}, FINISHED)


async def line(write: Write) -> None:
    await write(STREAM + b"data: ")
    while True:
        await write(b"x" * 65536)


async def event(write: Write) -> None:
    await write(STREAM)
    await send(write, STARTED, {"type": "CUSTOM", "name": "n", "value": "x" * 2_000_000})


async def message(write: Write) -> None:
    await write(STREAM)
    await send(write, STARTED, OPEN)
    while True:
        await send(write, said("x" * 50_000))


async def hang(write: Write) -> None:
    await write(STREAM)
    await send(write, STARTED, OPEN, said("I think "))
    await asyncio.Event().wait()


async def silent(write: Write) -> None:
    await asyncio.Event().wait()


async def drop(write: Write) -> None:
    await write(STREAM)
    await send(write, STARTED, OPEN, said("I was about to "))


async def error(write: Write) -> None:
    await write(STREAM)
    await send(write, STARTED, {"type": "RUN_ERROR", "message": "the model is on holiday"})


async def chunks(write: Write) -> None:
    await write(STREAM)
    start = {"type": "TEXT_MESSAGE_CHUNK", "messageId": "m", "role": "assistant", "delta": "one "}
    await send(write, STARTED, start, {"type": "TEXT_MESSAGE_CHUNK", "delta": "two"}, FINISHED)


WAYS: dict[str, Callable[[Write], Awaitable[None]]] = {
    way.__name__: way
    for way in (
        *(refuse, limit, fail, elsewhere, page, nonsense, order, unknown, nul, number),
        *(line, event, message, hang, silent, drop, error, chunks),
    )
}


def length_of(head: bytes) -> int:
    fields = (line.lower().split(b":") for line in head.split(b"\r\n") if b":" in line)
    return next((int(field[1]) for field in fields if field[0] == b"content-length"), 0)


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    async def write(data: bytes) -> None:
        writer.write(data)
        await writer.drain()

    try:
        head = await reader.readuntil(b"\r\n\r\n")
        # A close with the request unread would reset the connection, and lose what was said.
        await reader.readexactly(length_of(head))
        way = head.split()[1].decode().strip("/")
        if head.startswith(b"GET "):
            await say(way.removesuffix("/capabilities"), write)
        else:
            await WAYS[way](write)
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def main() -> None:
    flags = argparse.ArgumentParser()
    flags.add_argument("--port-file", type=Path, required=True)
    file = flags.parse_args().port_file
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    fresh = file.with_suffix(".new")
    fresh.write_text(str(server.sockets[0].getsockname()[1]))
    fresh.replace(file)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
