"""How a session stands: what of its state a list of sessions tells. Pure."""

from __future__ import annotations

from typing import NamedTuple

from collab.core import events as e
from collab.core.state import State

TELLING = tuple(
    body.type
    for body in (
        e.PromptQueued,
        e.PromptRecalled,
        e.SessionClosed,
        e.RunStarted,
        e.RunFinished,
        e.RunFailed,
        e.RunCancelled,
        e.ApprovalRequested,
        e.ApprovalDecided,
        e.ApprovalDispatched,
        e.ApprovalSettled,
    )
)
"""The types of the events that change how a session stands: folding them alone tells it."""


class Standing(NamedTuple):
    """What waits in a session, and its runs; `run_since` in microseconds since 1970."""

    approvals: int = 0
    unknown_outcomes: int = 0
    queued: int = 0
    run_since: int | None = None
    last_run: str | None = None


def standing(state: State) -> Standing:
    """Read off a state how its session stands."""
    stages = [approval.stage for approval in state.approvals.values()]
    return Standing(
        approvals=stages.count("requested"),
        unknown_outcomes=stages.count("unknown"),
        queued=len(state.queue),
        run_since=state.run.time if state.run else None,
        last_run=state.ended.outcome if state.ended else None,
    )
