"""Tries an agent's address with one small run and says in a sentence what came back."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import uuid4

import httpx
import msgspec

SECONDS = 5.0
LARGEST_LINE = 65_536
ENOUGH = 5
QUESTION = "This is a test of the connection. Answer with one word."


class Tried(msgspec.Struct, frozen=True):
    """What came of it; `events` names the first AG-UI events."""

    ok: bool
    sentence: str
    events: list[str] = []


async def probe(url: str, headers: dict[str, str]) -> Tried:
    """POST one run and read its first events."""
    seen: list[str] = []
    try:
        async with asyncio.timeout(SECONDS):
            return await _post(url, headers, seen)
    except TimeoutError:
        if seen:
            return Tried(True, "The agent answers.", seen)
        return Tried(False, f"The agent did not answer within {SECONDS:.0f} seconds.")
    except httpx.ConnectError:
        return Tried(False, "Nothing answers at this address.")
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError):
        return Tried(False, "The connection broke before an answer came.")


async def _post(url: str, headers: dict[str, str], seen: list[str]) -> Tried:
    # No redirect is followed: it would carry the secret headers somewhere else.
    async with (
        httpx.AsyncClient(timeout=SECONDS, trust_env=False) as client,
        client.stream("POST", url, json=_run(), headers=_asking(headers)) as answer,
    ):
        if answer.status_code in (401, 403):
            return Tried(False, "The agent refuses these headers.")
        if answer.status_code != 200:
            return Tried(False, f"The agent answered with status {answer.status_code}.")
        if "text/event-stream" not in answer.headers.get("content-type", ""):
            return Tried(False, "Something answers there, but it does not speak AG-UI.")
        return await _events(answer, seen)


async def _events(answer: httpx.Response, seen: list[str]) -> Tried:
    rest = b""
    async for part in answer.aiter_bytes():
        *lines, rest = (rest + part).split(b"\n")
        for line in lines:
            if line.startswith(b"data:"):
                seen.append(_type(line[5:]))
        if len(rest) > LARGEST_LINE or "" in seen:
            return Tried(False, "Something answers there, but it does not speak AG-UI.")
        if len(seen) >= ENOUGH:
            break
    if seen and seen[0] == "RUN_STARTED":
        return Tried(True, "The agent answers.", seen)
    return Tried(False, "The agent answered, but no run began.", seen)


def _type(data: bytes) -> str:
    try:
        said: Any = json.loads(data)
    except ValueError:
        return ""
    kind = said.get("type", "") if isinstance(said, dict) else ""
    return kind[:64] if isinstance(kind, str) else ""


def _run() -> dict[str, Any]:
    return {
        "protocolVersion": "1.0",
        "threadId": str(uuid4()),
        "runId": str(uuid4()),
        "messages": [{"id": str(uuid4()), "role": "user", "content": QUESTION}],
        "tools": [],
        "context": [],
        "state": {},
        "forwardedProps": {},
    }


def _asking(headers: dict[str, str]) -> dict[str, str]:
    return {**headers, "Accept": "text/event-stream"}
