"""What a page's sockets really carried, read off the wire beside the page.

It judges ranges and repeats; what the page made of it is on the page.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from playwright.async_api import Page, WebSocket

from collab.core import frames
from collab.core.events import Event, OutputStreamed
from collab.core.frames import Stub


class Heard:
    """Keep every event that came to a page; `faults` names what came twice or with a gap."""

    def __init__(self) -> None:
        self.events: dict[int, Event | Stub] = {}
        self.faults: list[str] = []
        self.joins: list[frames.Welcome] = []
        self.replies: dict[UUID, frames.Reply] = {}
        self.sent: list[dict[str, Any]] = []
        self.seq = 0
        self.begun = 0

    def listen(self, page: Page) -> None:
        """Hear every socket that the page opens from now on."""
        page.on("websocket", self._opened)

    def _opened(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._received)
        socket.on("framesent", self._sent)

    def _sent(self, data: bytes | str) -> None:
        if isinstance(data, bytes):
            self.sent.append(msgspec.msgpack.decode(data))

    def _received(self, data: bytes | str) -> None:
        if isinstance(data, str):
            self.faults.append("a frame of text")
            return
        match frames.decode_server(data):
            case frames.Welcome() as welcome:
                self._welcomed(welcome)
            case frames.Events() as covered:
                self._covered(covered)
            case frames.Reply() as reply:
                self.replies[reply.command_id] = reply
            case frames.Page(events=events):
                for raw in events:
                    self._again(frames.event_or_stub(raw))
            case _:
                pass

    def _welcomed(self, welcome: frames.Welcome) -> None:
        self.joins.append(welcome)
        if bytes(welcome.state) != frames.NIL:
            self.begun += 1
            self.events.clear()
        elif welcome.first != self.seq + 1:
            self.faults.append(f"came back at {self.seq}, was answered from {welcome.first}")
        self.seq = welcome.first - 1

    def _covered(self, frame: frames.Events) -> None:
        if frame.first != self.seq + 1:
            self.faults.append(f"after {self.seq} came {frame.first} to {frame.last}")
        self.seq = frame.last
        for raw in frame.events:
            event = frames.event_or_stub(raw)
            if not frame.first <= event.seq <= frame.last:
                self.faults.append(f"{event.seq} in {frame.first} to {frame.last}")
            self._keep(event)

    def _keep(self, event: Event | Stub) -> None:
        if event.seq in self.events:
            self.faults.append(f"{event.seq} came twice")
        self.events[event.seq] = event

    def _again(self, event: Event | Stub) -> None:
        """Keep an event of a page, which may be asked for again: it is always the same."""
        if self.events.setdefault(event.seq, event) != event:
            self.faults.append(f"{event.seq} is another than before")

    def whole(self) -> dict[int, Event | Stub]:
        """Give all but the pieces of sentences, which a finished sentence replaces."""
        return {
            seq: event
            for seq, event in sorted(self.events.items())
            if not (isinstance(event, Event) and isinstance(event.body, OutputStreamed))
        }
