"""A beat vouches for the head of the log: whoever cannot look at the log does not send one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest
from django.conf import settings

from collab import hubs
from collab.core import frames
from collab.core.codes import Close
from collab.core.encodings import MSGPACK
from collab.core.untrusted import Message
from collab.hub import Hub
from permissions.masks import Principal
from tests.overhear import NOBODY
from tests.plain import heard
from tests.scene import Scene

BEAT = 0.05
BLIND = 0.4


class Listener:
    """A connection that keeps the beats."""

    def __init__(self, principal: Principal) -> None:
        self.principal, self.mask, self.deltas, self.cursor = principal, NOBODY, True, 0
        self.encoding = MSGPACK
        self.beats: asyncio.Queue[frames.Beat] = asyncio.Queue()

    def wake(self) -> None: ...
    def access(self, *_: object) -> None: ...
    def leave(self, close: Close = Close.RESTARTING) -> None: ...

    def show(self, frame: Message) -> None:
        beat = heard(frame)
        assert isinstance(beat, frames.Beat)
        self.beats.put_nowait(beat)

    async def beat(self) -> frames.Beat:
        return await asyncio.wait_for(self.beats.get(), 60)


@pytest.fixture
async def hub(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hub]:
    """Give a hub of this process, in one that beats and looks in quick time."""
    monkeypatch.setattr(frames, "BEAT_SECONDS", BEAT)
    monkeypatch.setattr(hubs, "LOOK_SECONDS", BEAT)
    monkeypatch.setattr(hubs, "BLIND_SECONDS", BLIND)
    found = await hubs.hubs().open(scene.session)
    assert found
    yield found
    await hubs.shutdown()


async def test_no_beat_while_the_log_cannot_be_looked_at_and_beats_again_after(
    scene: Scene, hub: Hub
) -> None:
    person = scene["op1"]
    reader = Listener(Principal(person.user, 0, None))
    await hub.add(reader)
    assert (await reader.beat()).head == hub.ready
    async with await psycopg.AsyncConnection.connect(settings.LOG_OWNER_DSN) as conn:
        await conn.execute("LOCK TABLE collab_head IN ACCESS EXCLUSIVE MODE")
        await asyncio.sleep(BLIND + 2 * BEAT)
        while not reader.beats.empty():
            reader.beats.get_nowait()
        await asyncio.sleep(10 * BEAT)
        assert reader.beats.empty(), "a beat vouched for a log that nobody could read"
    assert (await reader.beat()).head == hub.ready
