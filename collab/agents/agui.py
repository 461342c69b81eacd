"""The AG-UI client: one POST, its stream of events, and a name for whatever goes wrong.

It knows HTTP and the form of AG-UI; what the events mean for a run is the runner's to say.
"""

from __future__ import annotations

import asyncio
import math
import ssl
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import msgspec

from collab.agents import recording
from collab.agents.failures import AgentFailure, AgUi, nonsense, too_much
from collab.agents.snapshots import Known
from collab.agents.stream import ERROR, Stream

PROTOCOL_VERSION = "1.0"
EVENT_STREAM = "text/event-stream"
HEADERS = {
    "content-type": "application/json",
    "accept": EVENT_STREAM,
    "accept-encoding": "identity",
}
PROBE_SECONDS = 5.0
DAY = 86_400.0


class Limits(NamedTuple):
    """What one answer may take: bytes of an event and of all, seconds of silence and of all."""

    event_bytes: int = 1_000_000
    total_bytes: int = 64_000_000
    silence: float = 300.0
    total: float = 3_600.0
    connecting: float = 5.0


class Address(NamedTuple):
    """Where an agent answers, the secret headers that it wants, and who signed its certificate:
    `ca` in PEM form is then the only authority that is trusted; empty means the usual ones."""

    url: str
    headers: Mapping[str, str] = {}
    ca: str = ""


def run_input(
    thread_id: str, run_id: str, messages: list[AgUi], resume: list[AgUi] | None = None
) -> bytes:
    """Give the body of a POST: AG-UI's RunAgentInput as JSON."""
    body: AgUi = {
        "threadId": thread_id,
        "runId": run_id,
        "protocolVersion": PROTOCOL_VERSION,
        "messages": messages,
        "state": {},
        "tools": [],
        "context": [],
        "forwardedProps": {},
    }
    return msgspec.json.encode(body | ({"resume": resume} if resume else {}))


def client(limits: Limits, record: Path | None = None) -> httpx.AsyncClient:
    """Make an HTTP client; this machine is never reached through a proxy.

    `record`: a folder in which to keep what is sent and answered.
    """
    timeout = httpx.Timeout(limits.silence, connect=limits.connecting)
    hooks = recording.hooks(record) if record else {}
    return httpx.AsyncClient(timeout=timeout, mounts=_HERE, event_hooks=hooks)


_HERE = dict.fromkeys(("all://127.0.0.1", "all://localhost", "all://[::1]"))


def trusting(ca: str) -> ssl.SSLContext:
    """Trust one authority and no other; raises ValueError where the text is no certificate."""
    try:
        return ssl.create_default_context(cadata=ca)
    except (ssl.SSLError, ValueError, TypeError) as error:
        raise ValueError("This is no certificate in PEM form.") from error


@asynccontextmanager
async def client_for(http: httpx.AsyncClient, address: Address) -> AsyncIterator[httpx.AsyncClient]:
    """Give the client, or one that trusts only the agent's own authority."""
    if not address.ca:
        yield http
        return
    try:
        only = trusting(address.ca)
    except ValueError as error:
        raise _distrusted() from error
    async with httpx.AsyncClient(
        timeout=http.timeout, mounts=_HERE, event_hooks=http.event_hooks, verify=only
    ) as own:
        yield own


async def answer(
    http: httpx.AsyncClient,
    address: Address,
    body: bytes,
    limits: Limits,
    known: Known | None = None,
) -> AsyncGenerator[AgUi]:
    """POST a run and give its events; raise AgentFailure for all that is not one whole run.

    `known`: what was said before, which a snapshot of messages may repeat.
    """
    stream = Stream(known)
    async with _posted(http, address, body) as response, aclosing(_data(response, limits)) as parts:
        async for part in parts:
            for event in stream.take(_decoded(part)):
                yield event
            if stream.end is not None:
                await _let_go(parts)
                return
    stream.over()


async def _let_go(parts: AsyncGenerator[bytes]) -> None:
    """Let an agent that has said its last word end the answer itself, so that it can clean up."""
    with suppress(TimeoutError, AgentFailure, httpx.HTTPError):
        async with asyncio.timeout(1):
            async for _ in parts:
                pass


@asynccontextmanager
async def _posted(
    http: httpx.AsyncClient, address: Address, body: bytes
) -> AsyncIterator[httpx.Response]:
    headers = {**address.headers, **HEADERS}
    try:
        async with (
            client_for(http, address) as client,
            client.stream("POST", address.url, content=body, headers=headers) as response,
        ):
            _accept(response)
            yield response
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol) as error:
        raise _distrusted() if _CERTIFICATE in str(error) else _unreachable() from error
    except (httpx.InvalidURL, UnicodeEncodeError) as error:
        raise _unreachable() from error
    except httpx.TimeoutException as error:
        raise _timed_out("it fell silent") from error
    except httpx.HTTPError as error:
        sentence = "The connection to the agent broke in the middle of its answer."
        raise AgentFailure("dropped", sentence) from error


def _accept(response: httpx.Response) -> None:
    status = response.status_code
    if status in (401, 403):
        sentence = f"The agent refused us ({status}); its headers may be wrong."
        raise AgentFailure("refused", sentence, acted=False)
    if status == 429:
        raise _too_often(retry_after(response.headers.get("retry-after", "")))
    if 300 <= status < 500:
        raise AgentFailure(
            "refused", f"The agent did not take the request ({status}).", acted=False
        )
    if status >= 500:
        raise AgentFailure("agent_error", f"The agent answered with an error ({status}).")
    if not response.headers.get("content-type", "").startswith(EVENT_STREAM):
        raise nonsense("an answer that is no stream of events")


def _too_often(seconds: float | None) -> AgentFailure:
    wait = "in a while" if seconds is None else f"in {counted(seconds)}"
    sentence = f"The agent is asked too often (429). It may be asked again {wait}."
    return AgentFailure("rate_limited", sentence, acted=False)


def retry_after(said: str) -> float | None:
    """Read a Retry-After header: seconds from now, a day at most; None if it says no time."""
    if said.strip().isdecimal():
        return min(float(said), DAY)
    try:
        moment = parsedate_to_datetime(said)
    except ValueError:
        return None
    return min(max(0.0, (moment - datetime.now(moment.tzinfo)).total_seconds()), DAY)


def counted(seconds: float) -> str:
    """Say a time to wait so that it is never too short."""
    if seconds <= 120:
        return f"{max(2, math.ceil(seconds))} seconds"
    return f"{math.ceil(seconds / 60)} minutes"


def _unreachable() -> AgentFailure:
    sentence = "The agent could not be reached. Is it running, and is its address right?"
    return AgentFailure("unreachable", sentence, acted=False)


_CERTIFICATE = "CERTIFICATE_VERIFY_FAILED"


def _distrusted() -> AgentFailure:
    sentence = "The agent's certificate is not trusted. Give the authority (CA) that signed it."
    return AgentFailure("unreachable", sentence, acted=False)


def _timed_out(what: str) -> AgentFailure:
    return AgentFailure("timed_out", f"The agent took too long: {what}.")


def _decoded(part: bytes) -> Any:
    try:
        return msgspec.json.decode(part)
    except (msgspec.DecodeError, RecursionError):
        raise nonsense("an event that is not JSON") from None


async def _data(response: httpx.Response, limits: Limits) -> AsyncGenerator[bytes]:
    """Give the data of each server-sent event; comments, names and ids are left out."""
    lines: list[bytes] = []
    size = 0
    async with aclosing(_lines(response, limits)) as every:
        async for line in every:
            if line.startswith(b"data:"):
                lines.append(line[5:].removeprefix(b" "))
                size += len(line)
            elif not line and lines:
                yield b"\n".join(lines)
                lines, size = [], 0
            if size > limits.event_bytes:
                raise too_much(f"one event is larger than {limits.event_bytes // 1000} kB")


async def _lines(response: httpx.Response, limits: Limits) -> AsyncGenerator[bytes]:
    """Give the lines of an answer, holding never more than one event's bytes."""
    rest, total = b"", 0
    ends = time.monotonic() + limits.total
    async with aclosing(_parts(response)) as parts:
        async for part in parts:
            total += len(part)
            if time.monotonic() > ends:
                raise _timed_out(f"{limits.total:.0f} seconds were not enough for its answer")
            if total > limits.total_bytes:
                raise too_much(f"its answer is larger than {limits.total_bytes // 1000} kB")
            *lines, rest = (rest + part).replace(b"\r\n", b"\n").split(b"\n")
            for line in lines:
                yield line
            if len(rest) > limits.event_bytes:
                raise too_much(f"one event is larger than {limits.event_bytes // 1000} kB")


async def _parts(response: httpx.Response) -> AsyncGenerator[bytes]:
    async for part in response.aiter_bytes():
        yield part


class Probe(NamedTuple):
    """What a test of a connection found; `events`: the types that came, in order."""

    ok: bool
    sentence: str
    events: list[str]


async def probe(address: Address) -> Probe:
    """Ask an agent for one short answer, for at most 5 seconds."""
    text = "This is a test of the connection. Please answer with one short sentence."
    message = {"id": str(uuid4()), "role": "user", "content": text}
    body = run_input(str(uuid4()), str(uuid4()), [message])
    limits = Limits(silence=2 * PROBE_SECONDS, total=2 * PROBE_SECONDS)
    seen: list[AgUi] = []
    try:
        async with asyncio.timeout(PROBE_SECONDS), client(limits) as http:
            async for event in answer(http, address, body, limits):
                seen.append(event)
    except AgentFailure as failure:
        return Probe(False, failure.sentence, _types(seen))
    except TimeoutError:
        return _slow(seen)
    return _found(seen)


def _slow(seen: list[AgUi]) -> Probe:
    if seen:
        return Probe(True, "The agent answers, but slowly.", _types(seen))
    return Probe(False, f"The agent said nothing for {PROBE_SECONDS:.0f} seconds.", [])


def _found(seen: list[AgUi]) -> Probe:
    if seen[-1]["type"] == ERROR:
        why = str(seen[-1].get("message") or "it did not say why")[:500]
        return Probe(False, f"The agent answers, but its run failed: {why}", _types(seen))
    return Probe(True, "The agent answers.", _types(seen))


def _types(seen: list[AgUi]) -> list[str]:
    return [event["type"] for event in seen]
