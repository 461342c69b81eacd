"""The sockets: messages in, messages out. One connection of one reader to one session."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import ExitStack
from typing import Any
from uuid import UUID

from channels.consumer import AsyncConsumer

from collab import doorkeeper, replay
from collab.core import commands, frames
from collab.core.codes import Close, Refusal, Refused
from collab.core.connection import Connection
from collab.core.encodings import ENCODINGS
from collab.core.frames import Cursor, Join, Read, ServerFrame, Submit, Welcome, You
from collab.core.pace import Haste
from collab.core.untrusted import Message
from collab.hub import Hub
from collab.hubs import hubs
from collab.limits import limits
from collab.log import claims, pool
from collab.outbox import Outbox
from collab.presence import Person, roster
from collab.ring import Behind
from collab.submit import Committed, sender_of, submit
from permissions.credentials import Identity
from permissions.masks import Mask, Principal
from permissions.roles import Permission, codenames

logger = logging.getLogger(__name__)

JOIN_SECONDS = 10
"""How long a socket may stay without joining."""

IN_FLIGHT = 64
"""Commands of one connection that may wait for their commit."""

NOTHING = Mask(Permission(0), None)


class SessionConsumer(AsyncConsumer):  # type: ignore[misc]  # channels has no types
    """Speaks one encoding; it has no channel of its own and never waits while receiving."""

    def __init__(self) -> None:
        self.mask, self.deltas, self.cursor = NOTHING, True, -1
        self._tasks: set[asyncio.Task[None]] = set()
        self._hub: Hub | None = None
        self._claim: int | None = None
        self._live = self._present = self._reading = False
        self._page: Message | None = None
        self._seats, self._haste = ExitStack(), Haste()

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        """Serve one socket until it ends."""
        self.scope = scope
        self._outbox = Outbox(send, self._more)
        try:
            while (message := await receive())["type"] != "websocket.disconnect":
                await self.dispatch(message, send)
        finally:
            self._gone()

    async def dispatch(
        self, message: dict[str, Any], send: Callable[[dict[str, Any]], Awaitable[None]]
    ) -> None:
        """Accept once; after that only the outbox sends, and nothing here waits."""
        if message["type"] == "websocket.connect":
            offered = self.scope.get("subprotocols", [])
            chosen = next((name for name in offered if name in ENCODINGS), None)
            await send({"type": "websocket.accept", "subprotocol": chosen})
            await self._accepted(chosen)
        else:
            self._take(message)

    async def _accepted(self, subprotocol: str | None) -> None:
        """Find out who this is; closes come after accept, since a browser sees no other."""
        if subprotocol is None:
            self._outbox.close(Close.UPGRADE)
            return
        self.encoding = ENCODINGS[subprotocol]
        identity = await self._identified()
        if isinstance(identity, Close):
            self._outbox.close(identity)
            return
        self._identity: Identity = identity
        self._sender = sender_of(identity)
        self.principal: Principal = self._sender.principal
        self._connection = Connection(self._sender.kind, self.encoding)
        self._timer = asyncio.get_running_loop().call_later(JOIN_SECONDS, self._late)

    async def _identified(self) -> Identity | Close:
        """Find out who this is, unless too much comes from the address, or from them."""
        if not limits().opens((self.scope.get("client") or ("",))[0], self._seats):
            return Close.TOO_MUCH
        found = await doorkeeper.identify(self.scope)
        if isinstance(found, Close) or limits().enters(found, self._seats):
            return found
        return Close.TOO_MUCH

    def _late(self) -> None:
        if not self._live:
            self._outbox.close(Close.NO_JOIN)

    # bytes in

    def _take(self, message: dict[str, Any]) -> None:
        if not hasattr(self, "_connection"):
            return
        data = message.get("bytes")
        heard = self._connection.receive(message["text"] if data is None else data)
        match heard:
            case Close():
                self._outbox.close(heard)
            case Refused():
                self._refuse(heard)
            case Join():
                self._do(self._join(heard))
            case Submit():
                self._wish(heard)
            case Read():
                self._do(self._read(heard))
            case frames.Alive(claim=claim):
                self._alive(claim)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a frame could not be answered", exc_info=error)
            self._refuse(Refused(Refusal.FAULT))

    def _tell(self, frame: ServerFrame) -> None:
        self._outbox.put(self.encoding.encode(frame))

    def _refuse(self, refused: Refused, command_id: UUID | None = None) -> None:
        self._tell(frames.refusal(refused, command_id))

    def _wish(self, wish: Submit) -> None:
        hasty = limits().hasty(self._identity)
        if hasty is not None:
            self._refuse(hasty, wish.command_id)
            if self._haste.again(time.monotonic()):
                self._outbox.close(Close.TOO_MUCH)
            return
        command = commands.parse(wish.command)
        if isinstance(command, Refused):
            self._refuse(command, wish.command_id)
        elif len(self._tasks) >= IN_FLIGHT:
            self._refuse(Refused(Refusal.SLOW_DOWN), wish.command_id)
        else:
            self._do(self._submit(wish.command_id, command))

    async def _submit(self, command_id: UUID, command: commands.Command) -> None:
        outcome = await submit(self._log, self._sender, command_id, command)
        if isinstance(outcome, Committed):
            self._tell(frames.Reply(command_id, *outcome))
        elif outcome.refusal is Refusal.NOT_FOUND and not self._live:
            self._outbox.close(Close.NOT_FOUND)  # whichever is first, this or the join: the same
        else:
            self._refuse(outcome, command_id)

    async def _read(self, wanted: Read) -> None:
        if self._hub is None or not self._live:
            self._refuse(Refused(Refusal.NOT_JOINED))
        else:
            await self._hub.check()  # a page is authorised by the grants in force now
            if self.mask.permissions & Permission.VIEW:
                # What is committed meanwhile may be newer than these grants.
                before = min(wanted.before, self._hub.ready + 1)
                wanted = Read(wanted.request_id, before, wanted.limit)
                self._tell(await replay.page(self._log, wanted, self.mask))

    def _alive(self, claim: int | None) -> None:
        doorkeeper.noticed(self._identity)
        if claim is not None and self._sender.kind == "agent":
            self._claim = claim
            self._do(self._lease(claims.renew))

    async def _lease(self, change: Callable[..., Awaitable[None]]) -> None:
        async with (await pool.shared()).connection() as conn:
            await change(conn, self._log, self._claim)

    # joining

    @property
    def _log(self) -> UUID:
        return UUID(str(self.scope["url_route"]["kwargs"]["session"]))

    async def _join(self, join: Join) -> None:
        """Subscribe first, then read: what is committed in between arrives either way."""
        self.deltas = join.deltas
        try:
            hub = await hubs().open(self._log)
            if hub is None:
                self._outbox.close(Close.NOT_FOUND)
                return
            self._hub = hub
            await asyncio.wait_for(hub.add(self), JOIN_SECONDS)
            await self._begin(hub, join)
        except Exception as error:
            logger.warning("a join failed: %s", error)
            self._outbox.close(Close.UNAVAILABLE)

    async def _begin(self, hub: Hub, join: Join) -> None:
        beginning = session = None
        if self.mask.permissions & Permission.VIEW:
            beginning = await self._beginning(hub, join)
            session = await doorkeeper.card(self._log)
        # Looked at again after the last wait: nothing may come between this and going live.
        if beginning is None or session is None or not self.mask.permissions & Permission.VIEW:
            self._outbox.close(Close.NOT_FOUND)
            return
        self._tell(self._welcome(hub, beginning, session))
        page = replay.first_frame(beginning, self.mask)
        if page is not None:
            self._tell(page)
        self.cursor, self._live = beginning.cursor, True
        self._arrive()

    async def _beginning(self, hub: Hub, join: Join) -> replay.Beginning:
        if join.cursor is not None:
            cursor = Cursor(*join.cursor)
            lost = await replay.check(hub, cursor)
            if lost is None:
                return replay.after(cursor.seq)
            self._tell(lost)
        return replay.after(0) if join.from_start else await replay.latest(hub)

    def _welcome(self, hub: Hub, beginning: replay.Beginning, card: frames.SessionCard) -> Welcome:
        person = self._identity
        names = codenames(self.mask.permissions)
        return Welcome(
            self.encoding.subprotocol,
            card,
            You(person.user, person.name, self._sender.kind, names),
            hub.epoch,
            hub.ready,
            beginning.page[0].seq if beginning.page else beginning.cursor + 1,
            beginning.state,
            beginning.state_seq,
            hub.acl_version,
        )

    def _arrive(self) -> None:
        if self._connection.stage.value == "ended" or self._present:
            return
        self._present = True
        roster().came(self._log, self._person, self)
        self._outbox.wake()

    @property
    def _person(self) -> Person:
        return Person(self._identity.user, self._identity.name, self._sender.kind)

    # what the hub says

    def wake(self) -> None:
        """Send what is new."""
        if self._live:
            self._outbox.wake()

    def access(self, mask: Mask, acl_version: int, last: int) -> None:
        """Tell the reader what it may do now; without a view there is nothing left to tell."""
        if not self._live:
            return
        if mask.permissions & Permission.VIEW:
            names = codenames(mask.permissions)
            self._tell(frames.Access(names, acl_version))
            roster().changed(self._log)
        else:
            self._live = False
            self._refuse(Refused(Refusal.NOT_FOUND, {"last": min(self.cursor, last)}))
            self._do(self._shut())

    async def _shut(self) -> None:
        """Close for what access ended by: whoever is signed in no more can sign in again."""
        close = Close.NO_ACCESS
        try:
            if await doorkeeper.identify(self.scope) is Close.NOT_SIGNED_IN:
                close = Close.NOT_SIGNED_IN
        finally:
            self._outbox.close(close)

    def show(self, frame: Message) -> None:
        """Send a frame that is not part of the log."""
        if self._live:
            self._outbox.put(frame)

    def leave(self, close: Close = Close.RESTARTING) -> None:
        """End the connection: the server stops, the log is another one, or somebody cut it."""
        self._outbox.close(close)

    def _more(self) -> Message | None:
        """Give the next frame of events, if it need not be read from the log first."""
        page, self._page = self._page, None
        if self._hub is None or self._reading or not self._live:
            return None
        if page is not None:
            return page
        try:
            return self._hub.frame(self)
        except Behind:
            self._reading = True
            self._do(self._behind(self._hub))
            return None

    async def _behind(self, hub: Hub) -> None:
        """Read from the log, which may be away: then the reader comes back for the rest."""
        try:
            self._page = await hub.page(self)
        except Exception as error:
            logger.warning("a reader's page could not be read: %s", error)
            self._outbox.close(Close.UNAVAILABLE)
        finally:
            self._reading = False
        if self._page is not None:
            self._outbox.wake()

    def _gone(self) -> None:
        """Leave nothing behind; a commit that is under way goes on without its sender."""
        self._live = False
        self._outbox.end()
        self._seats.close()
        if hasattr(self, "_timer"):
            self._timer.cancel()
        if self._hub is not None:
            self._hub.remove(self)
        if self._present:
            roster().went(self._log, self._person)
        if self._claim is not None:
            self._do(self._lease(claims.fade))
