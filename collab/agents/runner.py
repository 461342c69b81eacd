"""The runner: serves every open session that has an agent, each in a task of its own.

Which sessions those are it asks whoever started it; it knows no database.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from collab.agents.endings import CommandRefused, StayAway
from collab.agents.serving import Assignment, ClaimLost, Means, Serving

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""How often assignments are looked up."""

FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0
"""Seconds before a session that could not be served is tried again."""

Assignments = Callable[[], Awaitable[Sequence[Assignment]]]


class Runner:
    """All sessions that this process serves."""

    def __init__(self, assignments: Assignments, means: Means) -> None:
        self._assignments, self._means = assignments, means
        self._served: dict[UUID, tuple[Serving, asyncio.Task[None]]] = {}

    async def run(self) -> None:
        """Serve until cancelled."""
        try:
            while True:
                await self._look()
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            tasks = [task for _, task in self._served.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _look(self) -> None:
        """Take up what is new, let go what is no longer ours."""
        try:
            wanted = {entry.session_id: entry for entry in await self._assignments()}
        except Exception as error:  # whatever stands behind it: what is served goes on
            logger.warning("the sessions to serve could not be looked up: %s", error)
            return
        for session_id in self._served.keys() - wanted.keys():
            self._served.pop(session_id)[1].cancel()
        for session_id, assignment in wanted.items():
            await self._assign(session_id, assignment)

    async def _assign(self, session_id: UUID, assignment: Assignment) -> None:
        if session_id in self._served:
            serving, _ = self._served[session_id]
            if serving.assignment != assignment:
                await serving.reassign(assignment)
            return
        serving = Serving(assignment, self._means)
        task = asyncio.create_task(_supervised(serving), name=f"session {session_id}")
        self._served[session_id] = serving, task


async def _supervised(serving: Serving) -> None:
    """Serve one session again and again; its errors are nobody else's."""
    delay = FIRST_DELAY
    while True:
        session = serving.assignment.session_id
        started = asyncio.get_running_loop().time()
        try:
            await serving.serve()
            return
        except ClaimLost:
            logger.info("session %s is served by another runner", session)
        except (CommandRefused, StayAway) as error:
            logger.warning("session %s cannot be served: %s", session, error)
        except Exception:
            logger.exception("session %s: serving it failed", session)
        lived = asyncio.get_running_loop().time() - started
        delay = FIRST_DELAY if lived > LONGEST_DELAY else min(delay * 2, LONGEST_DELAY)
        await asyncio.sleep(delay)
