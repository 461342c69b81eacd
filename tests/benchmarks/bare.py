"""The limit of fanning out in Python: `websockets` and its `broadcast`, with no rules at all."""

from __future__ import annotations

import http
import sys

import msgspec
import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.http11 import Request, Response

READERS: set[ServerConnection] = set()
SEQ = iter(range(1, sys.maxsize))


async def reader(connection: ServerConnection) -> None:
    """Number what one connection says, and give it to all."""
    READERS.add(connection)
    try:
        async for message in connection:
            text = message.decode() if isinstance(message, bytes) else message
            broadcast(READERS, msgspec.msgpack.encode({"seq": next(SEQ), "body": text}))
    finally:
        READERS.discard(connection)


def health(connection: ServerConnection, request: Request) -> Response | None:
    """Say that it runs."""
    if request.path != "/healthz":
        return None
    return connection.respond(http.HTTPStatus.OK, "well\n")


async def main() -> None:
    """Serve on the port that the command line names, until killed."""
    port = int(sys.argv[1])
    async with serve(
        reader, "127.0.0.1", port, compression=None, process_request=health, ping_interval=15
    ) as server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
