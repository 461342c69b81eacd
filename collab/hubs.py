"""All hubs of one process: one channel in all groups, and the look at the heads."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4
from weakref import WeakKeyDictionary

import msgspec
from channels.layers import get_channel_layer
from cryptography.fernet import InvalidToken

from collab.core import frames
from collab.failpoint import sendings
from collab.hub import Authorised, Hub
from collab.log import pool, store
from collab.log.store import Stored
from permissions.masks import Principal, heads_and_masks

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
"""How often the heads of all live logs are compared: what a lost last hint costs."""

BLIND_SECONDS = 5
"""How old the last look at the heads may be for a beat to vouch for them."""

QUIET_SECONDS = 30
"""How long a hub without readers is kept."""

HINT_BYTES = 32 * 1024
"""Above this a hint carries only the head, and the log is read."""

HINTS_WAITING = 1_000
"""Hints that may wait for Redis; more are dropped, since hints may be lost."""

Listener = Callable[[UUID, str, bytes], None]
"""Told of a hint: log, the process that sent it, the content."""

_events = msgspec.msgpack.Decoder(list[Stored])
_encode = msgspec.msgpack.Encoder().encode


class LogSource:
    """How this process's hubs read the log."""

    async def page(self, log: UUID, after: int, upto: int, passing_from: int) -> list[Stored]:
        """Read a page of events."""
        async with (await pool.shared()).connection() as conn:
            return await store.read(conn, log, after, upto, passing_from)

    async def authorise(self, log: UUID, principals: Sequence[Principal]) -> Authorised:
        """Read head and masks in one snapshot."""
        async with (await pool.shared()).connection() as conn:
            head, masks = await heads_and_masks(conn, log, principals)
        return Authorised(head.epoch, head.seq, head.acl_version, masks)


class Hubs:
    """The live logs of one process, and its one membership in the channel layer."""

    def __init__(self) -> None:
        self.process = f"{os.getpid()}-{uuid4().hex[:8]}"
        self.on_beat: list[Callable[[], None]] = []
        self._hubs: dict[UUID, Hub] = {}
        self._opening: dict[UUID, asyncio.Task[Hub | None]] = {}
        self._listeners: dict[str, Listener] = {}
        self._outbox: deque[tuple[str, dict[str, Any]]] = deque(maxlen=HINTS_WAITING)
        self._sending: asyncio.Task[None] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._errands: set[asyncio.Task[None]] = set()
        self._channel: str | None = None
        self._grouped: set[UUID] = set()
        self._layer = get_channel_layer()
        self._looked = time.monotonic()

    def listen(self, kind: str, listener: Listener) -> None:
        """Register who is told of a kind of hint."""
        self._listeners[kind] = listener

    def get(self, log: UUID) -> Hub | None:
        """Give the hub of a log, if it lives here."""
        return self._hubs.get(log)

    def live(self) -> list[Hub]:
        """Give every hub of this process."""
        return list(self._hubs.values())

    async def open(self, log: UUID) -> Hub | None:
        """Give the hub of a log, starting it if need be; None where there is no such log."""
        hub = self._hubs.get(log)
        if hub is not None and hub.epoch > 0:
            hub.quiet_since = time.monotonic()
            return hub
        task = self._opening.get(log)
        if task is None:
            task = self._opening[log] = asyncio.create_task(self._start(log))
            task.add_done_callback(lambda _: self._opening.pop(log, None))
        return await asyncio.shield(task)

    async def _start(self, log: UUID) -> Hub | None:
        """Subscribe first, then read: what comes in between is a hint too many, not too few."""
        self._run()
        await self._group("group_add", log)
        async with (await pool.shared()).connection() as conn:
            heads = await store.heads(conn, [log])
            if not heads:
                await self._group("group_discard", log)
                return None
            state = await store.load(conn, log, heads[0].seq)
        hub = self._hubs[log] = Hub(heads[0], state, LogSource())
        return hub

    def publish(self, log: UUID, epoch: int, stored: Sequence[Stored]) -> None:
        """Tell the local hub directly and the other processes by a hint; never wait."""
        hub = self._hubs.get(log)
        if hub is not None:
            hub.offer(epoch, stored)
        # Looked at before it is encoded: under load most would be encoded for nothing.
        content = _encode(stored) if sum(len(e.content) for e in stored) < HINT_BYTES else b""
        if not 0 < len(content) <= HINT_BYTES:
            content = _encode([])
        self.hint(log, "events", content, epoch=epoch, head=stored[-1].seq)

    def hint(self, log: UUID, kind: str, content: bytes, **more: int) -> None:
        """Send a hint to the other processes; it may be lost."""
        message = {"type": "hint", "kind": kind, "from": self.process, "log": log.hex, **more}
        message["content"] = content
        for seconds in sendings():
            if seconds:
                asyncio.get_running_loop().call_later(seconds, self._queue, log, message)
            else:
                self._queue(log, message)

    def _queue(self, log: UUID, message: dict[str, Any]) -> None:
        if self._layer is None:
            return
        self._outbox.append((_name(log), message))
        if self._sending is None:
            self._sending = asyncio.create_task(self._send())

    async def _send(self) -> None:
        try:
            await asyncio.sleep(0)  # those who were just answered first: their next batch can go
            while self._outbox:
                group, message = self._outbox.popleft()
                await self._layer.group_send(group, message)
        except Exception as error:
            logger.warning("a hint was lost: %s", error)
        finally:
            self._sending = None

    # what comes in

    def _run(self) -> None:
        if not self._tasks:
            self._tasks = [
                asyncio.create_task(_forever(work, pause))
                for work, pause in (
                    (self._receive, 0.2),
                    (self._regroup, LOOK_SECONDS),
                    (self._look, LOOK_SECONDS),
                    (self._beat, frames.BEAT_SECONDS),
                )
            ]

    async def _receive(self) -> None:
        """Hear hints until something breaks; the caller starts this again."""
        if self._layer is None:
            await asyncio.sleep(3600)
            return
        if self._channel is None:
            self._channel = await self._layer.new_channel("cohelm")
            await self._regroup()
        while True:
            with suppress(InvalidToken):  # not sealed by us: it costs nothing but its place
                self._take(await self._layer.receive(self._channel))

    async def _regroup(self) -> None:
        """Join the groups that could not be joined when their logs came to life."""
        if self._layer is not None and self._channel is not None:
            for log in {*self._hubs, *self._opening} - self._grouped:
                await self._layer.group_add(_name(log), self._channel)
                self._grouped.add(log)

    def _take(self, message: dict[str, Any]) -> None:
        """Hand a hint on; one that is not for the log it names, or not readable, is dropped."""
        try:
            log = UUID(message["log"])
            if message["from"] == self.process or log not in self._hubs:
                return
            if message["kind"] == "events":
                self._heard(log, message)
            elif (listener := self._listeners.get(message["kind"])) is not None:
                listener(log, message["from"], message["content"])
        except (LookupError, TypeError, AttributeError, ValueError, msgspec.DecodeError) as error:
            logger.warning("a hint could not be read: %s", error)

    def _heard(self, log: UUID, message: dict[str, Any]) -> None:
        hub = self._hubs[log]
        entries = _events.decode(message["content"])
        if not entries and message["epoch"] == hub.epoch:
            hub.reach(int(message["head"]))
        hub.offer(int(message["epoch"]), entries)

    async def _look(self) -> None:
        """Compare the heads of all live logs, and let go of hubs that nobody follows."""
        self._drop_quiet()
        ready = {log: hub.ready for log, hub in self._hubs.items()}
        if ready:
            async with (await pool.shared()).connection() as conn:
                for head in await store.heads(conn, list(ready)):
                    hub = self._hubs.get(head.log)
                    if hub is not None:
                        hub.heard(head, ready[head.log])
        self._looked = time.monotonic()

    def _drop_quiet(self) -> None:
        long_ago = time.monotonic() - QUIET_SECONDS
        for log, hub in list(self._hubs.items()):
            if hub.epoch < 0 or (not hub.readers and hub.quiet_since < long_ago):
                del self._hubs[log]
                self._later(self._group("group_discard", log))

    async def _beat(self) -> None:
        """Vouch for the head, and tell who is here; nobody vouches for a log out of reach."""
        if time.monotonic() - self._looked < BLIND_SECONDS:
            now = time.time_ns() // 1_000
            for hub in self.live():
                hub.show(frames.Beat(hub.head, now))
        for told in self.on_beat:
            told()

    async def _group(self, verb: str, log: UUID) -> None:
        """Join or leave a group; without Redis the look at heads does the work, only later."""
        if self._layer is None or self._channel is None:
            return
        self._grouped.discard(log)
        try:
            await getattr(self._layer, verb)(_name(log), self._channel)
            if verb == "group_add":
                self._grouped.add(log)
        except Exception as error:
            logger.warning("%s failed: %s", verb, error)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def close(self) -> None:
        """Send every reader away to come back, and stop."""
        for hub in self.live():
            hub.dismiss()
        if self._sending is not None:
            await asyncio.wait([self._sending], timeout=1)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _name(log: UUID) -> str:
    return f"log.{log.hex}"


async def _forever(work: Callable[[], Awaitable[None]], pause: float) -> None:
    """Do it again and again; an error is written down once for each new kind."""
    told = ""
    while True:
        try:
            await work()
            told = ""
        except Exception as error:
            if told != repr(error):
                logger.warning("%s: %s", work.__name__, error)
                told = repr(error)
        await asyncio.sleep(pause)


_all: WeakKeyDictionary[asyncio.AbstractEventLoop, Hubs] = WeakKeyDictionary()


def hubs() -> Hubs:
    """Give the hubs of this loop."""
    loop = asyncio.get_running_loop()
    found = _all.get(loop)
    if found is None:
        found = _all[loop] = Hubs()
    return found


def publish(log: UUID, epoch: int, stored: Sequence[Stored]) -> None:
    """Tell the world of new events; a hint, so failures are logged and never raised."""
    try:
        hubs().publish(log, epoch, stored)
    except Exception:
        logger.exception("publishing failed; readers will find it in the log")


async def shutdown() -> None:
    """Let everyone go and close the pool of this loop."""
    found = _all.pop(asyncio.get_running_loop(), None)
    if found is not None:
        await found.close()
    await pool.close()
