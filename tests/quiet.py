"""A scene in which nothing happens but what a test sends, and neighbours who must not notice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import msgpack
import pytest
import websockets
from websockets.asyncio.client import connect

from collab.core import frames
from collab.core.codes import Refusal
from collab.core.encodings import ENCODINGS, JSON, MSGPACK, Encoding
from collab.core.untrusted import Message
from tests.cluster import Cluster, Worker
from tests.record import head_of
from tests.scene import Scene
from tests.wire import PATIENCE, Wire


def both(tree: Any) -> tuple[bytes, str]:
    """Say the same in both encodings."""
    return msgpack.packb(tree), json.dumps(tree)


def wish(**command: Any) -> tuple[bytes, str]:
    """Give a frame with a command as its sender wrote it."""
    return both({"frame": "submit", "command_id": str(uuid4()), "command": command})


def spoken(message: Message) -> Encoding:
    """Give the encoding that a message is written in."""
    return JSON if isinstance(message, str) else MSGPACK


class Quiet(NamedTuple):
    """A scene, and the process at which nothing may be disturbed."""

    scene: Scene
    cluster: Cluster

    @property
    def worker(self) -> Worker:
        return self.cluster[0]

    def wire(self, who: str, encoding: Encoding = MSGPACK) -> Wire:
        """Open a socket at the neighbours' own process."""
        return Wire(self.worker.ws_url, self.scene.session, self.scene[who].token, encoding)


@pytest.fixture(scope="module")
async def neighbours(cluster: Cluster, shared_scene: Scene) -> AsyncIterator[dict[Encoding, Wire]]:
    """Follow the session in both encodings, from before a module's tests until after them."""
    token = shared_scene["auditor"].token
    one, two = (
        Wire(cluster[0].ws_url, shared_scene.session, token, encoding)
        for encoding in (MSGPACK, JSON)
    )
    async with one, two:
        await one.join()
        await two.join()
        yield {MSGPACK: one, JSON: two}


@pytest.fixture
async def quiet(
    database: None, cluster: Cluster, shared_scene: Scene, neighbours: dict[Encoding, Wire]
) -> AsyncIterator[Quiet]:
    """See that afterwards the head is where it was, that neighbours got nothing of it and are
    answered, and that no worker wrote a traceback."""
    head, logs = await head_of(shared_scene.session), written(cluster)
    seen = [len(wire.events) for wire in neighbours.values()]
    yield Quiet(shared_scene, cluster)
    assert await head_of(shared_scene.session) == head, "something was changed"
    for wire in neighbours.values():
        assert await answers(wire), "a neighbour was disturbed"
    assert [len(wire.events) for wire in neighbours.values()] == seen
    for before, now in zip(logs, written(cluster), strict=True):
        assert "Traceback" not in now[len(before) :], now[len(before) :]


def written(cluster: Cluster) -> list[str]:
    """Give what each worker has written so far."""
    return [Path(worker.log).read_text() for worker in cluster.workers]


async def answers(wire: Wire) -> bool:
    """Say whether a socket still answers."""
    pages = len(wire.of(frames.Page))
    await wire.tell(frames.Read(1, 3))
    await wire.until(lambda: len(wire.of(frames.Page)) > pages or wire.closed)
    return wire.closed is None


async def refusal(wire: Wire, sent: Message) -> frames.RefusalFrame:
    """Send a message and give the refusal that answers it."""
    await wire.raw(sent)
    await wire.until(lambda: wire.of(frames.RefusalFrame) or wire.closed)
    assert wire.closed is None, f"closed with {wire.closed}"
    found: frames.RefusalFrame = wire.of(frames.RefusalFrame)[0]
    assert found.code in {refusal.code for refusal in Refusal}
    assert found.sentence.endswith(".")
    return found


class End(NamedTuple):
    """How the server ended a socket, message by message."""

    frames: list[Message]
    code: int | None
    reason: str | None


async def end_of(
    worker: Worker,
    session: UUID,
    *sent: Message,
    path: str = "",
    offered: tuple[str, ...] = (),
    headers: Mapping[str, str] | None = None,
) -> End:
    """Open a socket with any headers, send, and take all until the server ends it."""
    names = offered or ((spoken(sent[0]).subprotocol,) if sent else tuple(ENCODINGS))
    protocols = [websockets.Subprotocol(name) for name in names]
    url = worker.ws_url + (path or f"/ws/sessions/{session}/")
    async with connect(url, subprotocols=protocols, additional_headers=headers) as socket:
        heard: list[Message] = []
        try:
            for data in sent:
                await socket.send(data)
            while True:
                heard.append(await asyncio.wait_for(socket.recv(), PATIENCE))
        except websockets.ConnectionClosed:
            return End(heard, socket.close_code, socket.close_reason)
