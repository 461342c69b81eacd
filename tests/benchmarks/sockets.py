"""A WebSocket client that costs little: one process of it outpaces the servers that it measures."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Callable
from typing import cast

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10

Heard = Callable[[bytes], None]


class Socket(asyncio.Protocol):
    """One connection; whole messages go to `heard`, and nothing is queued here."""

    def __init__(
        self, path: str, headers: dict[str, str], opened: Callable[[], None], heard: Heard
    ) -> None:
        self.joined: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the handshake is, or what the reader says first is answered."""
        self.closed = False
        self._path, self._headers = path, headers
        self._opened, self._heard = opened, heard
        self._open = False
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop has its own kinds
        headers = {
            "Host": "127.0.0.1",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            "Sec-WebSocket-Version": "13",
            **self._headers,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._transport.write(f"GET {self._path} HTTP/1.1\r\n{lines}\r\n".encode())

    def connection_lost(self, error: Exception | None) -> None:
        self.closed = True
        if not self.joined.done():
            self.joined.set_exception(ConnectionError(f"closed before it was joined: {error}"))

    def data_received(self, data: bytes) -> None:
        self._rest = self._rest + data if self._rest else data
        if self._open or self._shake_hands():
            self._frames()

    def _shake_hands(self) -> bool:
        """Read the answer to the request, and say whether the socket is open now."""
        head, found, rest = self._rest.partition(b"\r\n\r\n")
        if not found:
            return False
        if b" 101 " not in head.split(b"\r\n")[0]:
            self.joined.set_exception(ConnectionError(head.decode("latin-1")))
            return False
        self._rest, self._open = rest, True
        self._opened()
        return True

    def _frames(self) -> None:
        """Cut what came into messages; no server here sends one in pieces, or masks it."""
        data, at = self._rest, 0
        while len(data) - at >= 2:
            size, body = data[at + 1], at + 2
            if size > 125:
                body += 2 if size == 126 else 8
                size = int.from_bytes(data[at + 2 : body], "big")
            if body + size > len(data) or len(data) < body:
                break
            opcode, message = data[at] & 15, data[body : body + size]
            if opcode <= BINARY:
                self._heard(message)
            else:
                self._take(opcode, message)
            at = body + size
        self._rest = data[at:]

    def _take(self, opcode: int, message: bytes) -> None:
        if opcode == PING:
            self.send(message, PONG)
        elif opcode == CLOSE:
            self.close()

    def send(self, message: bytes, opcode: int) -> None:
        """Send one message; its mask is nought, so it goes as it is."""
        size = len(message)
        length = bytes([128 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
        self._transport.write(bytes([128 | opcode]) + length + b"\0\0\0\0" + message)

    def close(self) -> None:
        """Hang up."""
        self.closed = True
        self._transport.close()
