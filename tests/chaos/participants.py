"""People who go on working while things are killed, and remember what they were promised."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID, uuid4

import httpx

from collab.agents.client import Beginning, Session, join, session_url
from collab.core.commands import NoteWrite, PromptQueue
from collab.core.events import (
    Event,
    OutputStreamed,
    RunCancelled,
    RunFailed,
    RunFinished,
    RunStarted,
)
from tests.house import House

End = RunFinished | RunFailed | RunCancelled
Found = TypeVar("Found")


class Participant:
    """One reader and writer; `read` is all that came, `promised` what was acknowledged."""

    def __init__(self, name: str, session: Session) -> None:
        self.name, self.session = name, session
        self.read: list[Event] = []
        self.promised: dict[int, str] = {}
        self._came = asyncio.Condition()

    async def follow(self) -> None:
        """Take every event, for ever."""
        async for event in self.session:
            async with self._came:
                self.read.append(event)
                self._came.notify_all()

    async def say(self, command: NoteWrite | PromptQueue) -> tuple[UUID, int]:
        """Say something, however often the connection breaks; give its id and its place."""
        key = uuid4()
        reply = await self.session.submit(command, key)
        self.promised[reply.seq] = command.text
        return key, reply.seq

    async def until(self, met: Callable[[], Found | None]) -> Found:
        """Wait until something that was read makes a condition give a value; give that."""
        async with self._came:
            await self._came.wait_for(lambda: met() is not None)
        found = met()
        assert found is not None
        return found

    async def has_read(self, seq: int) -> None:
        """Wait until everything up to a place has come."""
        await self.until(lambda: self.session.state.seq >= seq or None)

    async def asks(self, text: str) -> UUID:
        """Ask the agent and wait until it works on that; give the run."""
        prompt, _ = await self.say(PromptQueue(text=text))
        return await self.until(lambda: self._run_of(prompt))

    async def hears(self, run: UUID) -> None:
        """Wait until some of a run's sentences have come."""
        await self.until(lambda: self._has_heard(run) or None)

    def _has_heard(self, run: UUID) -> bool:
        streamed = (event.body for event in self.read if isinstance(event.body, OutputStreamed))
        return any(body.run_id == run for body in streamed)

    async def end_of(self, run: UUID) -> End:
        """Wait until a run has ended."""
        return await self.until(lambda: next(iter(self.ends(run)), None))

    def ends(self, run: UUID) -> list[End]:
        """Give the ends of a run; there should be one."""
        return [e.body for e in self.read if isinstance(e.body, End) and e.body.run_id == run]

    def runs(self) -> list[UUID]:
        """Give every run that has begun."""
        return [event.body.run_id for event in self.read if isinstance(event.body, RunStarted)]

    def _run_of(self, prompt: UUID) -> UUID | None:
        started = (event.body for event in self.read if isinstance(event.body, RunStarted))
        return next((body.run_id for body in started if prompt in body.prompts), None)

    def whole(self) -> list[Event]:
        """Give all but the pieces of sentences."""
        return [event for event in self.read if not isinstance(event.body, OutputStreamed)]


class Talk:
    """Two who write to each other: each note is acknowledged and read before the next."""

    def __init__(self, about: str, one: Participant, other: Participant) -> None:
        self._about = about
        self._pairs = ((one, other), (other, one))
        self._over = False
        self._heard: dict[str, float] = {one.name: 0.0, other.name: 0.0}
        self._went_on = asyncio.Condition()

    async def run(self) -> None:
        """Write until it is over."""
        async with asyncio.TaskGroup() as both:
            for writer, reader in self._pairs:
                both.create_task(self._write(writer, reader))

    def end(self) -> None:
        """Let both finish the note that they are at."""
        self._over = True

    async def _write(self, writer: Participant, reader: Participant) -> None:
        number = 0
        while not self._over:
            number, begun = number + 1, time.monotonic()
            _, seq = await writer.say(NoteWrite(text=f"{writer.name}, {self._about}, {number}"))
            await reader.has_read(seq)
            async with self._went_on:
                self._heard[writer.name] = begun
                self._went_on.notify_all()

    async def goes_on(self, since: float) -> float:
        """Wait until notes that were begun after a moment were read; give the seconds."""
        async with self._went_on:
            await self._went_on.wait_for(lambda: min(self._heard.values()) > since)
        return time.monotonic() - since


async def an_answer(person: Participant, since: float) -> float:
    """Ask until the agent answers to the end; give the seconds since a moment."""
    while True:
        run = await person.asks("list the notes folder")
        if isinstance(await person.end_of(run), RunFinished):
            return time.monotonic() - since


async def sockets(house: House) -> tuple[Session, Session]:
    """Give the sockets of two people: one comes with a token, one by a login."""
    url, begin = session_url(house.ws_url, house.session), Beginning(from_start=True)
    by_login = {"Cookie": await login(house, "operator2"), "Origin": house.url}
    by_token = join(url, house.token("operator"), begin=begin)
    return by_token, join(url, begin=begin, headers=by_login)


async def login(house: House, username: str) -> str:
    """Sign somebody in over HTTP; give the cookies as a header."""
    form: dict[str, Any] = {"username": username, "password": house.password(username)}
    async with httpx.AsyncClient(base_url=house.url, trust_env=False) as http:
        await http.get("/api/v1/me")
        token = {"X-CSRFToken": http.cookies["csrftoken"]}
        (await http.post("/api/v1/login", json=form, headers=token)).raise_for_status()
        return "; ".join(f"{name}={value}" for name, value in http.cookies.items())
