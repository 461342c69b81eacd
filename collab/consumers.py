"""The sockets: messages in, messages out. One connection of one reader to one session."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from uuid import UUID

from collab import doorkeeper, replay
from collab.core import commands, frames
from collab.core.codes import Close, Refusal, Refused
from collab.core.frames import Alive, ClientFrame, Cursor, Join, Read, Submit, Welcome, You
from collab.core.pace import Haste
from collab.core.untrusted import Message
from collab.hub import Hub
from collab.hubs import hubs
from collab.limits import limits
from collab.log import claims, pool
from collab.presence import Person, roster
from collab.ring import Behind
from collab.socket import JOIN_SECONDS, Socket
from collab.submit import Committed, submit
from permissions.masks import Mask
from permissions.roles import Permission, codenames

logger = logging.getLogger(__name__)

IN_FLIGHT = 64
"""Commands of one connection that may wait for their commit."""

NOTHING = Mask(Permission(0), None)


class SessionConsumer(Socket):
    """Joins a socket to one session: commands in, and what its reader may see out."""

    def __init__(self) -> None:
        super().__init__()
        self.mask, self.deltas, self.cursor = NOTHING, True, -1
        self._hub: Hub | None = None
        self._claim: int | None = None
        self._present = self._reading = False
        self._page: Message | None = None
        self._haste = Haste()

    def heard(self, frame: ClientFrame) -> None:
        """Have a frame's work be done."""
        match frame:
            case Join():
                self._do(self._join(frame))
            case Submit():
                self._wish(frame)
            case Read():
                self._do(self._read(frame))
            case Alive(claim=claim):
                self._alive(claim)

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
        elif outcome.refusal is Refusal.NOT_FOUND and self.cursor < 0:
            # Before the join has answered: whichever is first, this or that, it is the same.
            self._outbox.close(Close.NOT_FOUND)
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
        self._timer.cancel()  # or it would close, for not joining, who just then loses access
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

    def more(self) -> Message | None:
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

    def gone(self) -> None:
        """Leave nothing behind; a commit that is under way goes on without its sender."""
        super().gone()
        if self._hub is not None:
            self._hub.remove(self)
        if self._present:
            roster().went(self._log, self._person)
        if self._claim is not None:
            self._do(self._lease(claims.fade))
