"""What one socket sends: at once where nothing waits, in order, and never two at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from collab.core.codes import Close
from collab.core.untrusted import Message
from collab.outbox import Outbox


class Peer:
    """Takes what is sent; where `stuck`, only when it is let go."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.events: deque[Message] = deque()
        self.go = asyncio.Event()
        self.go.set()
        self.at_once = self.most_at_once = 0
        self.outbox = Outbox(self.send, self.more)

    async def send(self, message: dict[str, Any]) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await self.go.wait()
        self.at_once -= 1
        self.sent.append(message.get("bytes", message.get("reason")))

    def more(self) -> Message | None:
        return self.events.popleft() if self.events else None


async def test_a_frame_is_sent_before_the_caller_goes_on() -> None:
    peer = Peer()
    peer.outbox.put(b"one")
    assert peer.sent == [b"one"]


async def test_events_follow_replies_and_a_close_ends_all() -> None:
    peer = Peer()
    peer.events.extend([b"event one", b"event two"])
    peer.outbox.put(b"reply")
    peer.outbox.close(Close.RESTARTING)
    peer.outbox.put(b"too late")
    assert peer.sent == [b"reply", b"event one", b"event two", "restarting"]


async def test_what_comes_while_a_send_waits_is_sent_after_it_and_once() -> None:
    peer = Peer()
    peer.go.clear()
    for frame in (b"one", b"two", b"three"):
        peer.outbox.put(frame)
        peer.outbox.wake()
    assert peer.sent == []
    await asyncio.sleep(0)
    peer.events.append(b"event")
    peer.go.set()
    for _ in range(10):
        await asyncio.sleep(0)
    assert peer.sent == [b"one", b"two", b"three", b"event"]
    assert peer.most_at_once == 1


async def test_a_peer_that_is_gone_ends_a_send_that_waits() -> None:
    peer = Peer()
    peer.go.clear()
    peer.outbox.put(b"one")
    peer.outbox.end()
    await asyncio.sleep(0)
    peer.go.set()
    for _ in range(5):
        await asyncio.sleep(0)
    assert peer.sent == []


async def test_a_send_that_fails_at_once_or_later_ends_the_outbox() -> None:
    for late in (False, True):
        peer = Peer()

        async def broken(message: dict[str, Any], late: bool = late) -> None:
            await asyncio.sleep(0) if late else None
            raise OSError("the peer went away")

        outbox = Outbox(broken, peer.more)
        outbox.put(b"one")
        for _ in range(5):
            await asyncio.sleep(0)
        outbox.put(b"two")
        assert outbox._ended


async def test_who_takes_nothing_is_closed_when_too_much_waits() -> None:
    peer = Peer()
    peer.go.clear()
    for _ in range(30):
        peer.outbox.put(bytes(100_000))
    peer.go.set()
    for _ in range(20):
        await asyncio.sleep(0)
    assert peer.sent[-1] == "too_slow"
    assert len(peer.sent) < 5
