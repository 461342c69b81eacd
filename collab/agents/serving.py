"""Serves one session: claims it, takes prompts one run at a time, carries decisions to the agent.

All that it does next is read from the log's state, so a runner that comes later goes on from there.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple
from uuid import UUID, uuid4

import httpx

from collab.agents import agui
from collab.agents.client import Beginning, Session, join
from collab.agents.endings import CommandRefused
from collab.agents.failures import AgentFailure
from collab.agents.following import Followed
from collab.agents.outcomes import Answered
from collab.agents.running import Place, Running, RunOver
from collab.core import commands as c
from collab.core.codes import Refusal
from collab.core.events import RunAgent
from collab.core.state import Approval, State

CLAIM_SECONDS = 1.0
"""How long to wait before asking again for a session that another runner serves."""

DISPATCH_SECONDS = 5.0
"""How old a claim to execute may be when the agent is called; far below the lease."""

MOVED_ON = {
    Refusal.NO_PROMPT.code,
    Refusal.RUN_BUSY.code,
    Refusal.NOT_DECIDED.code,
    Refusal.ALREADY_DECIDED.code,
    Refusal.NO_APPROVAL.code,
    Refusal.RUN_OVER.code,
    Refusal.NO_RUN.code,
}
"""Refusals that say that the log has moved on since we looked."""


class Assignment(NamedTuple):
    """A session to be served: where it is, as whom to join it, its agent, and what that says."""

    session_id: UUID
    url: str
    token: str
    agent: agui.Address
    says: RunAgent | None = None


class Means(NamedTuple):
    """What a runner works with; `dispatched` is called when a claim to execute is in the log."""

    name: str
    http: httpx.AsyncClient
    limits: agui.Limits
    dispatched: Callable[[], None]


class Start(NamedTuple):
    """A prompt is to be given to the agent."""

    prompt_id: UUID


class Answer(NamedTuple):
    """A whole group is decided and is to be told to the agent."""

    run_id: UUID
    group_id: UUID


class Expire(NamedTuple):
    """A request was not answered in time."""

    run_id: UUID
    approval_id: UUID


class Close(NamedTuple):
    """The session is closed; nothing is left to do."""


Work = Start | Answer | Expire | Close


class ClaimLost(Exception):
    """Another runner serves this session now."""


def next_work(state: State, runner: str, now: float) -> Work | None:
    """Read from the state what is to be done; `now` in seconds since 1970."""
    if state.claim is None or state.claim.runner != runner:
        raise ClaimLost
    if state.run is None:
        return Start(state.queue[0].prompt_id) if state.queue else None
    waiting = [a for a in state.approvals.values() if a.run_id == state.run.run_id]
    for approval in waiting:
        if _too_late(approval, now):
            return Expire(approval.run_id, approval.request.approval_id)
    if waiting and all(approval.stage == "decided" for approval in waiting):
        return Answer(waiting[0].run_id, waiting[0].request.group_id)
    return None


def _too_late(approval: Approval, now: float) -> bool:
    ends = approval.request.expires_at
    return approval.stage == "requested" and ends is not None and ends <= now * 1_000_000


class Serving:
    """One session while this runner serves it."""

    def __init__(self, assignment: Assignment, means: Means) -> None:
        self.assignment = assignment
        self._means = means
        self._session: Session | None = None
        self._claim = 0

    async def serve(self) -> None:
        """Serve until the session is closed or cannot be followed any more (raises why)."""
        at = self.assignment
        begin = Beginning(from_start=True, deltas=False)
        async with join(at.url, at.token, begin=begin) as session:
            self._session = session
            followed = Followed(session)
            following = asyncio.ensure_future(followed.follow())
            working = asyncio.ensure_future(self._work(followed))
            try:
                await asyncio.wait({following, working}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                working.cancel()
                following.cancel()
                ended = await asyncio.gather(working, following, return_exceptions=True)
            _raise_first(ended)

    async def reassign(self, assignment: Assignment) -> None:
        """Take a new address, new headers or a new token, without a break."""
        renewed = assignment.token != self.assignment.token
        self.assignment = assignment
        if renewed and self._session is not None:
            await self._session.use_token(assignment.token)

    async def _work(self, followed: Followed) -> None:
        await self._attach(followed)
        while followed.state.status != "closed":
            await self._step(followed)

    async def _attach(self, followed: Followed) -> None:
        """Claim the session, as soon as no other runner that lives does."""
        while True:
            try:
                reply = await followed.session.submit(c.AgentAttach(self._means.name))
                break
            except CommandRefused as refused:
                if refused.code != Refusal.CLAIMED.code:
                    raise
            await asyncio.sleep(CLAIM_SECONDS)
        await followed.seen(reply.seq)
        claim = followed.state.claim
        if claim is None or claim.runner != self._means.name:
            raise ClaimLost
        self._claim = claim.number
        await followed.session.keep_claim(self._claim)

    async def _step(self, followed: Followed) -> None:
        """Wait for the next thing to do, and do it; what the log has overtaken is left."""
        work = await self._next(followed)
        seq = followed.state.seq
        try:
            await self._do(followed, work)
        except RunOver:
            await followed.until(lambda state: state.run is None or None)
        except CommandRefused as refused:
            if refused.code not in MOVED_ON:
                raise
            await followed.seen(seq + 1)

    async def _next(self, followed: Followed) -> Work:
        """Wait for work, but not beyond the next second in which a request may expire."""
        while True:
            try:
                async with asyncio.timeout(1 if _may_expire(followed.state) else None):
                    return await followed.until(self._found)
            except TimeoutError:
                continue

    def _found(self, state: State) -> Work | None:
        if state.status == "closed":
            return Close()
        return next_work(state, self._means.name, time.time())

    async def _do(self, followed: Followed, work: Work) -> None:
        match work:
            case Start(prompt_id=prompt_id):
                await self._start(followed, prompt_id)
            case Answer():
                await self._answer(followed, work)
            case Expire():
                await self._expire(followed, work)
            case Close():
                pass

    async def _start(self, followed: Followed, prompt_id: UUID) -> None:
        run_id = uuid4()
        command = c.RunStart(self._claim, run_id, (prompt_id,), self.assignment.says)
        reply = await followed.session.submit(command)
        await followed.seen(reply.seq)
        await self._run(followed, run_id, [])

    async def _answer(self, followed: Followed, work: Answer) -> None:
        """Claim the execution in the log, then call the agent, unless we were held up."""
        group = _group(followed, work.group_id)
        claimed_at = time.monotonic()
        command = c.ApprovalDispatch(self._claim, work.run_id, work.group_id)
        reply = await followed.session.submit(command)
        self._means.dispatched()
        await followed.seen(reply.seq)
        running = Running(self._place(followed), work.run_id, group)
        if time.monotonic() - claimed_at > DISPATCH_SECONDS:
            sentence = "The decision reached the runner too late, so it was not carried out."
            await running.fail(AgentFailure("held_up", sentence, acted=False))
        else:
            await self._until_over(followed, work.run_id, running)

    async def _expire(self, followed: Followed, work: Expire) -> None:
        report = c.ApprovalReport(self._claim, work.approval_id, "expired", "Nobody answered.")
        await followed.session.submit(report)
        sentence = "A request of the agent was not answered in time."
        await followed.session.submit(c.RunFail(self._claim, work.run_id, "expired", sentence))

    async def _run(self, followed: Followed, run_id: UUID, group: list[Answered]) -> None:
        running = Running(self._place(followed), run_id, group)
        await self._until_over(followed, run_id, running)

    async def _until_over(self, followed: Followed, run_id: UUID, running: Running) -> None:
        """Let a run work until it is done or the log says that it is over."""
        over = asyncio.ensure_future(followed.until(lambda state: _is_over(state, run_id)))
        going = asyncio.ensure_future(running.go())
        try:
            await asyncio.wait({over, going}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            over.cancel()
            going.cancel()
            ended = await asyncio.gather(going, return_exceptions=True)
        _raise_first(ended)

    def _place(self, followed: Followed) -> Place:
        means = self._means
        return Place(followed, self._claim, means.http, self.assignment.agent, means.limits)


def _is_over(state: State, run_id: UUID) -> bool | None:
    return (state.run is None or state.run.run_id != run_id) or None


def _may_expire(state: State) -> bool:
    return any(a.request.expires_at is not None for a in state.approvals.values())


def _group(followed: Followed, group_id: UUID) -> list[Answered]:
    decisions = followed.history.decisions
    return [
        Answered(approval.request, decisions[key])
        for key, approval in followed.state.approvals.items()
        if approval.request.group_id == group_id
    ]


def _raise_first(ended: Sequence[BaseException | None]) -> None:
    for error in ended:
        if isinstance(error, Exception):
            raise error
