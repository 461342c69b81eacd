"""Keeps what agents are sent and what they answer, byte for byte, for whoever debugs one.

It only watches: the secret headers are not kept, and a folder that cannot be written to stops
nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec

logger = logging.getLogger(__name__)

Hooks = dict[str, list[Callable[[httpx.Response], Awaitable[None]]]]


def hooks(folder: Path) -> Hooks:
    """Give what an HTTP client needs to keep each exchange below a folder."""

    async def keep(response: httpx.Response) -> None:
        assert isinstance(response.stream, httpx.AsyncByteStream)
        try:
            answer = _begin(folder, response.request)
        except (OSError, msgspec.DecodeError) as error:
            logger.warning("what an agent says cannot be recorded: %s", error)
        else:
            response.stream = _Watched(response.stream, answer)

    return {"response": [keep]}


def _begin(folder: Path, request: httpx.Request) -> Path:
    """Keep what was sent, and name the file for the answer, beside it."""
    body = request.content
    said: dict[str, Any] = msgspec.json.decode(body, type=dict[str, Any])
    place = folder / _plain(said.get("threadId"))
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    sent = place / f"{time.time_ns() // 1000}-{_plain(said.get('runId'))}.json"
    sent.touch(mode=0o600)
    sent.write_bytes(body)
    answer = sent.with_suffix(".sse")
    answer.touch(mode=0o600)
    return answer


def _plain(name: Any) -> str:
    """Give an id as it may be part of a path."""
    return "".join(char for char in str(name) if char.isalnum() or char == "-")[:64] or "none"


class _Watched(httpx.AsyncByteStream):
    """An answer's bytes as they come; each goes into a file as well."""

    def __init__(self, stream: httpx.AsyncByteStream, file: Path) -> None:
        self._stream = stream
        self._file = file

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            self._keep(part)
            yield part

    def _keep(self, part: bytes) -> None:
        try:
            with self._file.open("ab") as file:
                file.write(part)
        except OSError as error:
            logger.warning("%s cannot be written: %s", self._file, error)

    async def aclose(self) -> None:
        await self._stream.aclose()
