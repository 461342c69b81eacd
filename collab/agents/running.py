"""One run: the agent is called, what it makes goes into the log, and it ends with one reason.

It decides nothing about when a run begins or is answered; that is read from the log.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx

from collab.agents import agui, approvals
from collab.agents.endings import CommandRefused
from collab.agents.failures import AgentFailure, AgUi, nonsense, too_much
from collab.agents.following import Followed
from collab.agents.gather import Gatherer, Output
from collab.agents.outcomes import Answered, Outcomes, Settlement
from collab.agents.stream import ERROR
from collab.core import commands as c
from collab.core.codes import Refusal

OVER = {Refusal.RUN_OVER.code, Refusal.NO_RUN.code, Refusal.CLOSED.code}
TOO_MUCH = {Refusal.TOO_LARGE.code, Refusal.TOO_DEEP.code}
UNREADABLE = {
    Refusal.INVALID.code,
    Refusal.INVALID_NUMBER.code,
    Refusal.INVALID_TEXT.code,
    Refusal.MALFORMED.code,
}


KEPT_OUTPUTS = 10_000
"""What one call of an agent may leave in the log, deltas not counted."""


class RunOver(Exception):
    """The run has ended in the log, whoever ended it; nothing more is to be said."""


class Place(NamedTuple):
    """What a run works with: the session that is followed, the claim on it, and the agent."""

    followed: Followed
    claim: int
    http: httpx.AsyncClient
    address: agui.Address
    limits: agui.Limits


class Running:
    """A run under way, from one call of the agent to its end or its next question."""

    def __init__(self, place: Place, run_id: UUID, group: list[Answered]) -> None:
        self._place, self._run_id = place, run_id
        self._outcomes = Outcomes(group)
        self._resume = [approvals.resume(*entry) for entry in group]
        self._agent_run = str(uuid4() if group else run_id)
        self._end: AgUi = {}
        self._last_seq = self._kept = 0

    async def go(self) -> None:
        """Call the agent and follow it to its end; return when the log says what came of it."""
        try:
            await self._called()
        except AgentFailure as failure:
            await self._failed(failure)

    async def fail(self, failure: AgentFailure) -> None:
        """End the run without calling the agent."""
        await self._failed(failure)

    async def _called(self) -> None:
        place = self._place
        history = place.followed.history
        thread, messages = place.followed.thread, history.messages()
        body = agui.run_input(thread, self._agent_run, messages, self._resume)
        known = history.known
        await self._relay(agui.answer(place.http, place.address, body, place.limits, known))
        await self._settle(self._outcomes.finished())
        await self._ended()

    async def _relay(self, events: AsyncGenerator[AgUi]) -> None:
        """Take events as they come and append them as they are due."""
        gatherer = Gatherer()
        coming = asyncio.ensure_future(anext(events, None))
        try:
            while True:
                await asyncio.wait({coming}, timeout=gatherer.due(time.monotonic()))
                if coming.done():
                    event = coming.result()
                    if event is None:
                        break
                    gatherer.add(event, time.monotonic())
                    coming = asyncio.ensure_future(anext(events, None))
                if gatherer.due(time.monotonic()) == 0:
                    await self._append(gatherer.take())
        finally:
            coming.cancel()
            await asyncio.wait({coming})
            await events.aclose()
            await self._append_rest(gatherer)

    async def _append_rest(self, gatherer: Gatherer) -> None:
        """Keep what was said before the agent failed; a run that was cancelled keeps its own."""
        task = asyncio.current_task()
        if task is not None and not task.cancelling():
            with contextlib.suppress(RunOver):
                await self._append(gatherer.take())

    async def _append(self, outputs: list[Output]) -> None:
        for output in outputs:
            self._count(output)
            kind = c.OutputStream if output.passing else c.OutputEmit
            await self._submit_output(kind, output.events)
            for event in output.events:
                self._end = event
                await self._settle(self._outcomes.take(event))

    def _count(self, output: Output) -> None:
        self._kept += not output.passing
        if self._kept > KEPT_OUTPUTS:
            raise too_much(f"more than {KEPT_OUTPUTS} events in one run")

    async def _submit_output(
        self, kind: type[c.OutputStream | c.OutputEmit], events: list[AgUi]
    ) -> None:
        command = kind(self._place.claim, self._run_id, tuple(events))
        try:
            await self._submit(command)
        except CommandRefused as refused:
            clean = [_without_nul(event) for event in events]
            if refused.code != Refusal.INVALID_TEXT.code or clean == events:
                raise _named(refused) from None
            await self._submit_output(kind, clean)

    async def _submit(self, command: c.Command) -> None:
        try:
            reply = await self._place.followed.session.submit(command)
            self._last_seq = reply.seq
        except CommandRefused as refused:
            if refused.code in OVER:
                raise RunOver from None
            raise

    async def _settle(self, settled: list[Settlement]) -> None:
        for key, outcome, reason in settled:
            await self._submit(c.ApprovalReport(self._place.claim, key, outcome, reason[:2000]))

    async def _ended(self) -> None:
        """Do what the agent's last event says."""
        end = self._end
        outcome = end.get("outcome") or {}
        kind = outcome.get("type") if isinstance(outcome, dict) else None
        if end["type"] == ERROR:
            why = str(end.get("message") or "it did not say why")
            raise AgentFailure("agent_error", f"The agent reported an error: {why}")
        if kind == "cancelled":
            raise AgentFailure("agent_stopped", "The agent stopped this run by itself.")
        if kind == "interrupt":
            await self._ask(outcome.get("interrupts"))
        else:
            await self._submit(c.RunFinish(self._place.claim, self._run_id))

    async def _ask(self, interrupts: Any) -> None:
        """Put the agent's questions to people; the log brings their answers."""
        followed = self._place.followed
        await followed.seen(self._last_seq)
        asked = approvals.requests(interrupts, followed.history.calls, self._agent_run, uuid4())
        try:
            await self._submit(c.ApprovalAsk(self._place.claim, self._run_id, tuple(asked)))
        except CommandRefused as refused:
            raise _named(refused) from None

    async def _failed(self, failure: AgentFailure) -> None:
        if not failure.acted:
            await self._settle(self._outcomes.not_sent(failure.sentence))
        sentence = failure.sentence.replace("\0", "\ufffd")[:2000]
        command = c.RunFail(self._place.claim, self._run_id, failure.reason, sentence)
        await self._submit(command)


def _named(refused: CommandRefused) -> Exception:
    """Turn a refusal of what the agent made into a reason that people can read."""
    if refused.code in TOO_MUCH:
        return too_much("one event is larger or deeper than can be kept")
    if refused.code in UNREADABLE:
        return nonsense(f"something that cannot be kept ({refused.code})")
    return refused


def _without_nul(value: Any) -> Any:
    """Show the one character that no log can hold as U+FFFD."""
    match value:
        case str():
            return value.replace("\0", "\ufffd")
        case dict():
            return {_without_nul(key): _without_nul(item) for key, item in value.items()}
        case list():
            return [_without_nul(item) for item in value]
        case _:
            return value
