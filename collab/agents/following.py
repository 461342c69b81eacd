"""A session as its runner follows it: the state and the history at one place of the log.

It only reads, and lets others wait for what the log will say.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar
from uuid import uuid5

from collab.agents.client import Session
from collab.agents.history import History
from collab.core.state import State

T = TypeVar("T")


class Followed:
    """Folds a session's events as they come; `state` and `history` are always of one seq."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.history = History()
        self._moved = asyncio.Condition()

    @property
    def state(self) -> State:
        """Give the state at the last event taken."""
        return self.session.state

    @property
    def thread(self) -> str:
        """Give the name under which the agent knows this session: its own, until a run broke off.

        What an agent keeps by that name may then say other than the log: half an answer, a request
        that was dropped, a question that nobody will answer. By a new name it has the log alone.
        """
        assert self.session.welcome is not None
        session, broken = self.session.welcome.session.id, self.history.broken
        return str(uuid5(session, str(broken)) if broken else session)

    async def follow(self) -> None:
        """Take events for ever; raises what ends the session."""
        async for event in self.session:
            self.history.apply(event)
            async with self._moved:
                self._moved.notify_all()

    async def until(self, found: Callable[[State], T | None]) -> T:
        """Wait until the state holds what is looked for, and give it."""
        async with self._moved:
            while (what := found(self.state)) is None:
                await self._moved.wait()
            return what

    async def seen(self, seq: int) -> None:
        """Wait until the log was followed up to a place."""
        await self.until(lambda state: state.seq >= seq or None)
