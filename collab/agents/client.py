"""The Python SDK: follow a session and act in it over the same socket as people.

It needs no Django: the wire is `collab.core.frames`. A lost connection is its own affair; what
it gives is every event once and in order, and for each command one reply or one refusal.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple, Self, assert_never
from uuid import UUID, uuid4

import msgspec

from collab.agents.endings import AGAIN, Closed, CommandRefused, LogChanged, StayAway, read
from collab.agents.link import FIRST_DELAY, LONGEST_DELAY, Link, spread
from collab.core import commands, feed, frames
from collab.core import state as fold
from collab.core.codes import Refused
from collab.core.events import Event
from collab.core.frames import Cursor, Present, Reply, Welcome
from collab.core.state import State

__all__ = ["CommandRefused", "Cursor", "LogChanged", "Session", "StayAway", "join", "session_url"]

logger = logging.getLogger(__name__)


NIL = b"\xc0"
"""A state that is not given, as it stands in a frame."""


class Beginning(NamedTuple):
    """Where to start: after a cursor, from the first event on, or at the last page."""

    cursor: Cursor | None = None
    from_start: bool = False
    deltas: bool = True


FROM_THE_LAST_PAGE = Beginning()


def session_url(base: str, session_id: UUID | str) -> str:
    """Give a session's socket address for a server's http(s) or ws(s) address."""
    return f"{base.rstrip('/').replace('http', 'ws', 1)}/ws/sessions/{session_id}/"


def join(
    url: str,
    token: str | None = None,
    *,
    begin: Beginning = FROM_THE_LAST_PAGE,
    headers: Mapping[str, str] | None = None,
) -> Session:
    """Give a session to be entered with `async with`; a token goes into a header, never a URL."""
    known = {"Authorization": f"Bearer {token}"} if token else {}
    return Session(url, {**known, **(headers or {})}, begin)


class Session:
    """One session as one reader follows it; iterate over it for its events.

    `state` is the fold up to the last event given, unless one begins after a cursor;
    `welcome.you` is who this reader is taken for.
    Raises StayAway from whatever is being waited for when coming back cannot help.
    """

    def __init__(self, url: str, headers: Mapping[str, str], begin: Beginning) -> None:
        self.state = State()
        self.welcome: Welcome | None = None
        self.presence: tuple[Present, ...] = ()
        self.permissions: tuple[str, ...] = ()
        self.cursor = begin.cursor
        self._begin, self._folds = begin, begin.cursor is None
        self._link = Link(url, headers, self._greeting, self._take)
        self._received = begin.cursor or Cursor(0, 0, b"")
        self._ready: deque[Event] = deque()
        self._behind = begin.cursor
        self._arrived: asyncio.Queue[_Covered | None] = asyncio.Queue()
        self._pending: dict[UUID, tuple[bytes, asyncio.Future[Reply]]] = {}
        self._joined: asyncio.Future[Welcome] = asyncio.get_running_loop().create_future()
        self._ended: Exception | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._live())
        try:
            await asyncio.shield(self._joined)
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Leave; whatever waits is told that the connection is over."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._end(Closed("This session was left."))

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        """Give the next event that one may see: each once, in order, until one leaves."""
        while not self._ready:
            await self._next_frame()
        event = self._ready.popleft()
        if not self._ready:
            self.cursor = self._behind
        if self._folds and event.seq > self.state.seq:
            self.state = fold.apply(self.state, event)
        return event

    async def _next_frame(self) -> None:
        covered = await self._arrived.get()
        if covered is None:
            self._arrived.put_nowait(None)
            assert self._ended is not None
            raise StopAsyncIteration if isinstance(self._ended, Closed) else self._ended
        self._ready.extend(covered.events)
        self._behind = covered.cursor
        if not covered.events:
            self.cursor = self._behind

    async def submit(self, command: commands.Command, command_id: UUID | None = None) -> Reply:
        """Send a command and give its place in the log, whatever happens to the connection.

        The same id makes a retry harmless. Raises CommandRefused, StayAway.
        """
        key = command_id or uuid4()
        data = self._frame(key, command)
        delay = FIRST_DELAY
        while True:
            try:
                return await self._ask(key, data)
            except CommandRefused as refused:
                if refused.code not in AGAIN:
                    raise
            await asyncio.sleep(spread(delay))
            delay = min(delay * 2, LONGEST_DELAY)

    async def use_token(self, token: str) -> None:
        """Come back with a new token; nothing is missed in between."""
        await self._link.renew({"Authorization": f"Bearer {token}"})

    async def keep_claim(self, claim: int) -> None:
        """Keep a runner's claim alive, now and with each beat."""
        self._link.claim = claim
        await self._link.beat()

    def _frame(self, key: UUID, command: commands.Command) -> bytes:
        """Give a command's frame, unless the server could not read it."""
        fields = msgspec.msgpack.decode(commands.encode(command))
        data = frames.encode(frames.Submit(key, fields))
        kind = self.welcome.you.kind if self.welcome else "person"
        read_back = frames.decode(data, frames.LIMITS[kind])
        if isinstance(read_back, Refused):
            raise CommandRefused(frames.refusal(read_back, key))
        return data

    async def _ask(self, key: UUID, data: bytes) -> Reply:
        if self._ended is not None:
            raise self._ended
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._pending[key] = data, answer
        try:
            await self._link.send(data)
            return await answer
        finally:
            self._pending.pop(key, None)

    async def _live(self) -> None:
        try:
            await self._link.run()
        except Exception as error:  # whatever ended it, whoever waits is told
            self._end(error)

    def _greeting(self) -> list[bytes]:
        """Give what a new connection begins with: where we are, and what was never answered."""
        place = tuple(self._received) if self._placed else None
        begin = self._begin
        wanted = frames.Join(place, begin.deltas, begin.from_start)  # type: ignore[arg-type]
        return [frames.encode(wanted), *(data for data, _ in self._pending.values())]

    @property
    def _placed(self) -> bool:
        """Say whether anything was received; before that, one begins as at first."""
        return bool(self._received.mark)

    # what comes

    def _take(self, frame: frames.ServerFrame) -> None:  # noqa: C901  # one line a frame
        match frame:
            case Welcome():
                self._welcomed(frame)
            case frames.Events():
                self._covered(frame)
            case Reply(command_id=key):
                if key in self._pending and not self._pending[key][1].done():
                    self._pending[key][1].set_result(frame)
            case frames.RefusalFrame():
                self._refused(frame)
            case frames.Presence():
                self.presence = tuple(frame.after(self.presence))
            case frames.Access(permissions=permissions):
                self.permissions = permissions
            case frames.Resync(sentence=sentence):
                raise LogChanged(sentence)
            case frames.Page() | frames.Beat():
                pass
            case _ as never:
                assert_never(never)

    def _welcomed(self, welcome: Welcome) -> None:
        self.welcome, self.permissions = welcome, welcome.you.permissions
        if not self._placed:
            self._received = Cursor(welcome.epoch, welcome.first - 1, b"")
            if welcome.state is not None and bytes(welcome.state) != NIL:
                self.state = fold.decode(welcome.state)
        if not self._joined.done():
            self._joined.set_result(welcome)

    def _covered(self, frame: frames.Events) -> None:
        """Take a frame's events; what was seen before is left out, a gap is a lost connection."""
        assert self.welcome is not None
        seen = self._received.seq
        kind = feed.kind(seen, frame.first, frame.last)
        if kind == "gap":
            raise ConnectionError("A frame is missing.")
        if kind == "known":
            return
        fresh = [event for raw in frame.events if (event := read(raw)) and event.seq > seen]
        self._received = Cursor(self.welcome.epoch, frame.last, frame.mark)
        self._arrived.put_nowait(_Covered(fresh, self._received))

    def _refused(self, frame: frames.RefusalFrame) -> None:
        if frame.command_id is None:
            logger.warning("the server refused a frame: %s %s", frame.code, frame.details)
            return
        answer = self._pending.get(frame.command_id)
        if answer is not None and not answer[1].done():
            answer[1].set_exception(CommandRefused(frame))

    def _end(self, error: Exception) -> None:
        if self._ended is not None:
            return
        self._ended = error
        self._arrived.put_nowait(None)
        waiting: list[asyncio.Future[Any]] = [answer for _, answer in self._pending.values()]
        for future in (self._joined, *waiting):
            if not future.done():
                future.set_exception(error)
                future.exception()  # whoever waits sees it; if nobody does, nothing is logged


class _Covered(NamedTuple):
    """The events of one frame, and the cursor behind them."""

    events: list[Event]
    cursor: Cursor
