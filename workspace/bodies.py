"""Ends a request whose body is larger than anything here takes, before it is stored anywhere.

Django writes a whole body to a file before it looks at it, however large it is.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

LARGEST = 1_048_576
"""Bytes: an agent's largest command."""

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[Any, Receive, Send], Awaitable[None]]

_TOO_LARGE = json.dumps(
    {"code": "too_large", "sentence": "That is too large to be accepted.", "retry": False}
).encode()


class TooLarge(Exception):
    """More came than is taken."""


async def within_limits(inner: Application, scope: Any, receive: Receive, send: Send) -> None:
    """Serve a request, or answer 413 where its body is too large."""
    if _announced(scope) > LARGEST:
        await _refuse(send)
        return
    counted = 0

    async def counting() -> Any:
        nonlocal counted
        message = await receive()
        counted += len(message.get("body", b""))
        if counted > LARGEST:
            raise TooLarge
        return message

    try:
        await inner(scope, counting, send)
    except TooLarge:
        await _refuse(send)


def _announced(scope: Any) -> int:
    length = dict(scope["headers"]).get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0


async def _refuse(send: Send) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(_TOO_LARGE)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": _TOO_LARGE})
