"""What a session is made of, over sockets: notes at full speed, and whole turns of an agent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID, uuid4

import websockets

from collab.core import chain
from collab.core import commands as c
from collab.core import events as e
from tests.wire import Wire

TEXT = ("Three ", "files ", "can go.")


def said(message: str, *parts: str, begun: bool, ended: bool) -> tuple[dict[str, Any], ...]:
    """Give a piece of a streamed message as AG-UI says it."""
    start = {"type": "TEXT_MESSAGE_START", "messageId": message, "role": "assistant"}
    end = {"type": "TEXT_MESSAGE_END", "messageId": message}
    content = [
        {"type": "TEXT_MESSAGE_CONTENT", "messageId": message, "delta": part} for part in parts
    ]
    return (*([start] if begun else []), *content, *([end] if ended else []))


def asked(args: dict[str, Any], group: UUID | None = None) -> e.ApprovalRequest:
    """Ask to run a tool with these arguments."""
    ref, action = e.AgentRef("ag-ui"), e.Action("delete", args)
    return e.ApprovalRequest(uuid4(), group or uuid4(), ref, "Delete files", action)


def approving(
    request: e.ApprovalRequest, shown: int, decision: e.Decision = "approve"
) -> c.ApprovalDecide:
    """Decide on what a request shows; `shown` is its seq, or a later one."""
    digest = chain.args_digest(request.action.args)
    return c.ApprovalDecide(request.approval_id, decision, digest, shown)


async def start_run(person: Wire, agent: Wire, claim: int) -> UUID:
    """Queue a prompt and begin to work on it."""
    prompt = uuid4()
    await person.do(c.PromptQueue("tidy up"), prompt)
    run = uuid4()
    await agent.do(c.RunStart(claim, run, (prompt,)))
    return run


async def stream(agent: Wire, claim: int, run: UUID, message: str) -> None:
    """Begin a message that is not finished."""
    for place, part in enumerate(TEXT):
        piece = said(message, part, begun=place == 0, ended=False)
        await agent.do(c.OutputStream(claim, run, piece))


async def emit(agent: Wire, claim: int, run: UUID, message: str) -> None:
    """Finish a message: one event holds all of it."""
    whole = said(message, "".join(TEXT), begun=True, ended=True)
    await agent.do(c.OutputEmit(claim, run, whole))


async def turn(person: Wire, agent: Wire, claim: int) -> int:
    """Go from a prompt to the end of its run, by a streamed answer and an approved call.

    Nobody waits for an event, only for replies, so this works where events are late.
    """
    run = await start_run(person, agent, claim)
    await stream(agent, claim, run, f"m-{run}")
    await emit(agent, claim, run, f"m-{run}")
    request = asked({"paths": ["a.log", "b.log"]})
    asking = await agent.do(c.ApprovalAsk(claim, run, (request,)))
    await person.do(approving(request, asking.seq))
    await agent.do(c.ApprovalDispatch(claim, run, request.group_id))
    await agent.do(c.ApprovalReport(claim, request.approval_id, "executed"))
    return (await agent.do(c.RunFinish(claim, run))).seq


class Flood:
    """Notes of one socket at full speed, a few always on their way."""

    IN_FLIGHT = 8

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.sent: list[UUID] = []
        self._ended = asyncio.Event()

    async def run(self) -> None:
        """Write until it is ended or the socket is closed."""
        with suppress(websockets.ConnectionClosed):
            while not self._ended.is_set() and self._wire.closed is None:
                self.sent.append(await self._wire.send(c.NoteWrite(f"note {len(self.sent)}")))
                await self._wire.until(self._room)

    def _room(self) -> bool:
        waiting = sum(sent not in self._wire.answers for sent in self.sent[-self.IN_FLIGHT :])
        return waiting < self.IN_FLIGHT or self._wire.closed is not None

    def end(self) -> None:
        """Write no more."""
        self._ended.set()


@asynccontextmanager
async def flooding(*wires: Wire) -> AsyncIterator[list[Flood]]:
    """Have sockets write at full speed; what they sent is answered at the end, or never will be."""
    floods = [Flood(wire) for wire in wires]
    tasks = [asyncio.create_task(flood.run()) for flood in floods]
    try:
        yield floods
    finally:
        for flood in floods:
            flood.end()
        await asyncio.gather(*tasks)
    for wire, flood in zip(wires, floods, strict=True):
        await _answered(wire, flood.sent)


async def _answered(wire: Wire, sent: list[UUID]) -> None:
    await wire.until(lambda: wire.closed is not None or all(key in wire.answers for key in sent))


def texts(wire: Wire) -> Iterator[str]:
    """Give the texts of the notes that a reader saw."""
    for event in wire.events:
        if isinstance(event, e.Event) and isinstance(event.body, e.NoteWritten):
            yield event.body.text
