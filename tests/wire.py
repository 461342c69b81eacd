"""A raw client for tests: one socket, every frame kept, and what a reader may conclude."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Any
from uuid import UUID, uuid4

import msgspec
import websockets
from websockets.asyncio.client import ClientConnection, connect

from collab.core import commands, events, frames
from collab.core import state as fold
from collab.core.encodings import MSGPACK, Encoding
from collab.core.events import Event
from collab.core.frames import Stub
from collab.core.state import State
from tests.plain import heard

PATIENCE = 45.0
"""Seconds that a test waits for what has to come."""


class Wire:
    """One connection; it reads by itself, checks that ranges have no gap, and folds."""

    def __init__(
        self,
        url: str,
        session: UUID,
        token: str = "",
        encoding: Encoding = MSGPACK,
        **headers: str,
    ) -> None:
        self.url = f"{url}/ws/sessions/{session}/"
        self.encoding = encoding
        self.offered: tuple[str, ...] = (encoding.subprotocol,)
        self.headers = dict(headers)
        if token:
            self.headers["Authorization"] = f"Bearer {token}"
        self.heard: list[frames.ServerFrame] = []
        self.events: list[Event | Stub] = []
        self.state: State | None = None
        self.people: list[frames.Present] = []
        self.cursor: tuple[int, int, bytes] | None = None
        self.closed: int | None = None
        self.epoch, self.first_seq = 0, 1
        self.answers: dict[UUID, frames.Reply | frames.RefusalFrame] = {}
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> Wire:
        self.socket: ClientConnection = await connect(
            self.url,
            subprotocols=[websockets.Subprotocol(name) for name in self.offered],
            additional_headers=self.headers,
            max_size=None,
            compression=None,
        )
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.socket.close()
        await self._reading

    async def _read(self) -> None:
        try:
            async for data in self.socket:
                assert isinstance(data, self.encoding.message)
                await self._take(heard(data))
        except websockets.ConnectionClosed:
            pass
        async with self._changed:
            self.closed = self.socket.close_code
            self._changed.notify_all()

    async def _take(self, frame: frames.ServerFrame) -> None:
        async with self._changed:
            self.heard.append(frame)
            if isinstance(frame, frames.Welcome):
                self._welcomed(frame)
            elif isinstance(frame, frames.Events):
                self._covered(frame)
            elif isinstance(frame, frames.Presence):
                self._showed(frame)
            elif isinstance(frame, frames.Reply | frames.RefusalFrame) and frame.command_id:
                self.answers.setdefault(frame.command_id, frame)
            self._changed.notify_all()

    def _welcomed(self, frame: frames.Welcome) -> None:
        self.epoch = frame.epoch
        self._next = self.first_seq = frame.first
        if bytes(frame.state) != frames.NIL:
            self.state = fold.decode(bytes(frame.state))
            self.events.clear()
        elif self.state is None and frame.first == 1:
            self.state = State()

    def _showed(self, frame: frames.Presence) -> None:
        first = not self.of(frames.Presence)[1:]
        assert frame.whole == first, "everyone is listed once, and first"
        self.people = frame.after(self.people)

    def _covered(self, frame: frames.Events) -> None:
        assert frame.first == self._next, f"a gap: {self._next} expected, got {frame.first}"
        self._next = frame.last + 1
        self.cursor = (self.epoch, frame.last, frame.mark)
        for raw in frame.events:
            event = frames.event_or_stub(raw)
            assert frame.first <= event.seq <= frame.last
            self.events.append(event)
            new = self.state is not None and self.state.seq < event.seq
            if self.state is not None and new and isinstance(event, Event):
                self.state = fold.apply(self.state, event)
        if self.state is not None and self.state.seq < frame.last:
            self.state = fold.replace(self.state, seq=frame.last)

    async def until(self, met: Callable[[], Any], seconds: float = PATIENCE) -> Any:
        """Wait until a condition holds, looked at after each frame."""
        async with self._changed:
            try:
                await asyncio.wait_for(self._changed.wait_for(met), seconds)
            except TimeoutError:
                last = [type(frame).__name__ for frame in self.heard[-5:]]
                raise AssertionError(f"waited in vain; closed={self.closed}, last {last}") from None
        return met()

    async def raw(self, data: bytes | str) -> None:
        """Send any bytes."""
        await self.socket.send(data)

    async def tell(self, frame: frames.ClientFrame) -> None:
        """Send a frame in the encoding that this socket speaks."""
        await self.raw(self.encoding.encode(frame))

    async def join(
        self,
        cursor: tuple[int, int, bytes] | None = None,
        *,
        deltas: bool = True,
        from_start: bool = False,
    ) -> frames.Welcome:
        """Join and wait for the welcome."""
        before = len(self.of(frames.Welcome))
        await self.tell(frames.Join(cursor, deltas, from_start))
        await self.until(lambda: len(self.of(frames.Welcome)) > before or self.closed)
        assert self.closed is None, f"closed with {self.closed}"
        welcome: frames.Welcome = self.of(frames.Welcome)[-1]
        return welcome

    def of(self, kind: type[Any]) -> list[Any]:
        """Give every frame of a kind so far."""
        return [frame for frame in self.heard if isinstance(frame, kind)]

    async def send(self, command: commands.Command, command_id: UUID | None = None) -> UUID:
        """Send a command without waiting."""
        fields = msgspec.to_builtins(command)
        command_id = command_id or uuid4()
        await self.tell(frames.Submit(command_id, fields))
        return command_id

    async def answer(self, command_id: UUID) -> frames.Reply | frames.RefusalFrame:
        """Wait for the answer to a command."""
        await self.until(lambda: command_id in self.answers or self.closed)
        assert command_id in self.answers, f"closed with {self.closed} before an answer"
        return self.answers[command_id]

    async def do(self, command: commands.Command, command_id: UUID | None = None) -> frames.Reply:
        """Send a command that must be followed."""
        answer = await self.answer(await self.send(command, command_id))
        assert isinstance(answer, frames.Reply), answer
        return answer

    async def refused(self, command: commands.Command) -> str:
        """Send a command that must be refused, and give the refusal's name."""
        answer = await self.answer(await self.send(command))
        assert isinstance(answer, frames.RefusalFrame), answer
        return answer.code

    async def event(self, kind: type[Any], after: int = 0) -> Any:
        """Wait for an event with a body of this kind."""

        def found() -> Any:
            return next(
                (
                    event
                    for event in self.events
                    if isinstance(event, Event)
                    and event.seq > after
                    and isinstance(event.body, kind)
                ),
                None,
            )

        return await self.until(found)

    async def at(self, seq: int) -> None:
        """Wait until this reader has covered a place."""
        await self.until(lambda: self.cursor is not None and self.cursor[1] >= seq)


__all__ = ["PATIENCE", "Wire", "events"]
