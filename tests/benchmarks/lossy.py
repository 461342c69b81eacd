"""The product with a planted fault: one frame of events never leaves. A bench must notice."""

import itertools
from typing import Any

from workspace.asgi import application as product

EVENTS = b"\xa5frame\xa6events"
"""How a frame of events begins, after its first byte."""

LOST = 500
"""Which of all such frames it is: not one of those that joiners get first, and not the last."""

_frames = itertools.count(1)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Pass everything on but one frame."""

    async def sending(message: Any) -> None:
        told = message.get("bytes") or b""
        if not told.startswith(EVENTS, 1) or next(_frames) != LOST:
            await send(message)

    await product(scope, receive, sending)
