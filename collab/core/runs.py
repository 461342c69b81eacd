"""The rules of runs: one at a time, fenced by the claim, with one end reason."""

from __future__ import annotations

from uuid import UUID

from collab.core import commands as c
from collab.core import events as e
from collab.core import streams
from collab.core.codes import Refusal, Refused
from collab.core.drafts import Draft, Who
from collab.core.state import GROWS, Item, Run, State

LOST = "runner_lost"
"""Why a run failed whose runner went away in the middle of it."""

End = e.RunFinished | e.RunFailed | e.RunCancelled


def fenced(state: State, claim: int, who: Who) -> Refused | None:
    """Refuse whoever does not hold the claim: its number can be read, so its agent must fit too."""
    seated = state.agent is not None and state.agent.user == who.user
    if state.claim is None or state.claim.number != claim or not seated:
        current = state.claim.number if state.claim else 0
        return Refused(Refusal.STALE_CLAIM, {"claim": current})
    return None


def attach(state: State, runner: str, who: Who, claim_alive: bool) -> list[Draft] | Refused:
    """Hand the session to a runner, and settle what the one before left in the air."""
    if state.agent is None or state.agent.user != who.user:
        return Refused(Refusal.NO_AGENT)
    if state.claim and state.claim.runner != runner and claim_alive:
        return Refused(Refusal.CLAIMED, {"runner": state.claim.runner})
    number = state.claim.number + 1 if state.claim else 1
    return [Draft(e.AgentAttached(runner, number)), *_orphans(state)]


def _orphans(state: State) -> list[Draft]:
    """End a run that nobody works on any more; one that only waits for people goes on."""
    run = state.run
    if run is None or (waits(state) and not run.items):
        return []
    sentence = "The runner that worked on this went away; nothing is repeated by itself."
    return end(state, e.RunFailed(run.run_id, LOST, sentence))


def waits(state: State) -> bool:
    """Say whether the run stands at requests of which none has been dispatched."""
    ours = [a for a in state.approvals.values() if state.run and a.run_id == state.run.run_id]
    return bool(ours) and all(approval.stage in ("requested", "decided") for approval in ours)


def start(state: State, command: c.RunStart) -> list[Draft] | Refused:
    """Take prompts out of the queue and begin."""
    if state.run is not None:
        return Refused(Refusal.RUN_BUSY, {"run_id": str(state.run.run_id)})
    if state.ended is not None and state.ended.run_id == command.run_id:
        return Refused(Refusal.RUN_OVER)
    if len(set(command.prompts)) < len(command.prompts):
        return Refused(Refusal.INVALID, {"problem": "a prompt is named twice"})
    queued = {prompt.prompt_id: prompt.seq for prompt in state.queue}
    if any(prompt not in queued for prompt in command.prompts):
        return Refused(Refusal.NO_PROMPT)
    body = e.RunStarted(command.run_id, command.prompts, command.agent)
    return [Draft(body, command.run_id, queued[command.prompts[0]])]


def cancel(state: State, command: c.RunCancel) -> list[Draft] | Refused:
    """End a run at once, whatever its agent does."""
    run = current(state, command.run_id)
    if isinstance(run, Refused):
        return run
    return end(state, e.RunCancelled(run.run_id, command.reason))


def finish(state: State, command: c.RunFinish | c.RunFail) -> list[Draft] | Refused:
    """End a run as its runner says."""
    run = current(state, command.run_id)
    if isinstance(run, Refused):
        return run
    if isinstance(command, c.RunFail):
        return end(state, e.RunFailed(run.run_id, command.reason, command.sentence))
    return end(state, e.RunFinished(run.run_id))


def output(state: State, command: c.OutputStream | c.OutputEmit) -> list[Draft] | Refused:
    """Keep what the agent made."""
    run = current(state, command.run_id)
    if isinstance(run, Refused):
        return run
    passing = isinstance(command, c.OutputStream)
    refused = streams.check(run.items, command.events, passing=passing)
    if refused is not None:
        return refused
    body = e.OutputStreamed if passing else e.OutputEmitted
    return [Draft(body(run.run_id, command.events), run.run_id, run.seq)]


def current(state: State, run_id: UUID) -> Run | Refused:
    """Give the run under way if it is this one."""
    if state.run is None:
        over = state.ended is not None and state.ended.run_id == run_id
        return Refused(Refusal.RUN_OVER if over else Refusal.NO_RUN)
    if state.run.run_id != run_id:
        return Refused(Refusal.RUN_OVER)
    return state.run


def end(state: State, body: End) -> list[Draft]:
    """Give a run's end: what was half streamed is kept, what was open is settled, then the end."""
    run = state.run
    if run is None:
        return []
    kept = [
        Draft(e.OutputEmitted(run.run_id, _whole(item), cut=True), run.run_id, run.seq)
        for item in run.items.values()
        if item.start.get("type") in _CONTENT
    ]
    return [*kept, *_settle_open(state), Draft(body, run.run_id, run.seq)]


def _settle_open(state: State) -> list[Draft]:
    """Settle what the run leaves: a dispatched call may have run, the others never will."""
    return [
        Draft(
            e.ApprovalSettled(key, "unknown", "The run ended before the result was known.")
            if approval.stage == "dispatched"
            else e.ApprovalSettled(key, "cancelled", "The run ended."),
            approval.run_id,
            approval.seq,
        )
        for key, approval in state.approvals.items()
        if approval.stage != "unknown"
    ]


_CONTENT = {
    "TEXT_MESSAGE_START": ("TEXT_MESSAGE_CONTENT", "TEXT_MESSAGE_END"),
    "TOOL_CALL_START": ("TOOL_CALL_ARGS", "TOOL_CALL_END"),
    "REASONING_MESSAGE_START": ("REASONING_MESSAGE_CONTENT", "REASONING_MESSAGE_END"),
}


def _whole(item: Item) -> tuple[e.AgUi, ...]:
    content, ended = _CONTENT[item.start["type"]]
    key = GROWS[content]
    name = {key: item.start.get(key)}
    middle = ({"type": content, **name, "delta": item.text},) if item.text else ()
    return (item.start, *middle, {"type": ended, **name})
