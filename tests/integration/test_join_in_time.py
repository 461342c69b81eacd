"""Who has joined is not sent away for not joining, whatever else ends the socket meanwhile."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from collab import hubs, socket, submit
from collab.consumers import SessionConsumer
from collab.core import frames
from collab.core.encodings import MSGPACK
from collab.models import Session
from permissions import grants
from permissions.models import User
from tests.loops import apart
from tests.plain import heard
from tests.scene import Scene

JOIN_SECONDS = 2.0


class Caller:
    """Be the server's side of one socket: what it is given, and what it sends."""

    def __init__(self, scene: Scene, who: str) -> None:
        self.scope = {
            "type": "websocket",
            "subprotocols": [MSGPACK.subprotocol],
            "headers": [(b"authorization", f"Bearer {scene[who].token}".encode())],
            "url_route": {"kwargs": {"session": scene.session}},
            "client": ("127.0.0.1", 1),
        }
        self.given: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.welcomed, self.closed = asyncio.Event(), asyncio.Event()
        self.code = 0
        self.accepted = 0.0

    async def take(self, message: dict[str, Any]) -> None:
        match message:
            case {"type": "websocket.accept"}:
                self.accepted = time.monotonic()
            case {"type": "websocket.close", "code": code}:
                self.code = code
                self.closed.set()
            case {"bytes": bytes(data)}:
                self._frame(heard(data))

    def _frame(self, frame: frames.ServerFrame) -> None:
        if isinstance(frame, frames.Welcome):
            self.welcomed.set()
        elif isinstance(frame, frames.RefusalFrame):
            # Access has just ended. What closes the socket is on its way when the time to join
            # is over: so the whole process stands still until then.
            time.sleep(max(0, self.accepted + JOIN_SECONDS + 0.5 - time.monotonic()))


async def test_who_loses_access_when_the_time_to_join_ends_is_told_of_the_access(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "JOIN_SECONDS", JOIN_SECONDS)
    caller = Caller(scene, "op2")
    serving = asyncio.create_task(SessionConsumer()(caller.scope, caller.given.get, caller.take))
    await caller.given.put({"type": "websocket.connect"})
    await caller.given.put(
        {"type": "websocket.receive", "text": None, "bytes": MSGPACK.encode(frames.Join())}
    )
    await asyncio.wait_for(caller.welcomed.wait(), 60)
    await apart(lambda: taken(scene))
    await (await opened(scene)).check()
    await asyncio.wait_for(caller.closed.wait(), 60)
    await caller.given.put({"type": "websocket.disconnect"})
    await serving
    await submit.close()
    await hubs.shutdown()
    assert caller.code == 4503


def taken(scene: Scene) -> None:
    user, session = User.objects.get(id=scene["op2"].user), Session.objects.get(id=scene.session)
    grants.take(user, session, "operator")


async def opened(scene: Scene) -> Any:
    hub = await hubs.hubs().open(scene.session)
    assert hub
    return hub
