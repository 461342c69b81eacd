"""People at a session for tests of the runner: what they see, what they ask, what they decide."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar

from collab.agents.client import Beginning, Session, join, session_url
from collab.core import commands as c
from collab.core import events as e
from collab.core.state import State
from tests.scene import Scene

PATIENCE = 120.0
T = TypeVar("T", bound=e.Fact)


class Runners:
    """Starts runner processes and ends them with the test."""

    def __init__(self, log: Path) -> None:
        self.log, self.started = log, list[subprocess.Popen[bytes]]()

    def start(self, url: str, *flags: str, **environ: str) -> subprocess.Popen[bytes]:
        argv = [sys.executable, "manage.py", "runner", "--url", url, *flags]
        with self.log.open("ab") as log:
            process = subprocess.Popen(argv, env=os.environ | environ, stdout=log, stderr=log)
        self.started.append(process)
        return process

    def stop(self) -> None:
        for process in self.started:
            process.kill()
            process.wait()


class Desk:
    """Someone at a session: all events so far, and waiting for the next."""

    def __init__(self, session: Session) -> None:
        self.session, self.events = session, list[e.Event]()
        self._moved = asyncio.Condition()
        self._reading = asyncio.ensure_future(self._read())

    @property
    def state(self) -> State:
        return self.session.state

    async def _read(self) -> None:
        async for event in self.session:
            self.events.append(event)
            async with self._moved:
                self._moved.notify_all()

    async def body(self, kind: type[T], after: int = 0) -> T:
        """Wait for the first body of a kind behind a place."""
        event = await self.event(kind, after)
        assert isinstance(event.body, kind)
        return event.body

    async def event(self, kind: type[e.Fact], after: int = 0) -> e.Event:
        def found() -> e.Event | None:
            matching = (x for x in self.events if isinstance(x.body, kind) and x.seq > after)
            return next(matching, None)

        async with asyncio.timeout(PATIENCE), self._moved:
            while (event := found()) is None:
                await self._moved.wait()
            return event

    def all(self, kind: type[T]) -> list[T]:
        return [event.body for event in self.events if isinstance(event.body, kind)]

    async def ask(self, text: str) -> int:
        return (await self.session.submit(c.PromptQueue(text))).seq

    async def decide(self, decision: e.Decision, after: int = 0, **more: Any) -> int:
        """Answer the next request."""
        event = await self.event(e.ApprovalRequested, after)
        assert isinstance(event.body, e.ApprovalRequested)
        command = c.ApprovalDecide(
            event.body.request.approval_id, decision, event.body.args_digest, event.seq, **more
        )
        return (await self.session.submit(command)).seq

    def said(self) -> str:
        """Give all finished text."""
        return "\n".join(
            event["delta"]
            for body in self.all(e.OutputEmitted)
            for event in body.events
            if event["type"] == "TEXT_MESSAGE_CONTENT"
        )


class Room:
    """Opens desks that close with the test."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack

    async def desk(self, url: str, scene: Scene, who: str = "op1") -> Desk:
        joining = join(
            session_url(url, scene.session), scene[who].token, begin=Beginning(from_start=True)
        )
        return Desk(await self._stack.enter_async_context(joining))
