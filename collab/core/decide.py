"""Decides: a state, a command and who sent it give events, or a refusal. Nothing else may."""

from __future__ import annotations

from typing import assert_never
from uuid import UUID

from collab.core import approvals, people, runs
from collab.core import commands as c
from collab.core import events as e
from collab.core.codes import Refusal, Refused
from collab.core.drafts import Draft, Facts, Who
from collab.core.state import Prompt, State, moved

_NOBODY = Refused(Refusal.NO_PERSON)

QUEUE_LIMIT = 100
"""Prompts that may wait in one session."""

Drafts = list[Draft] | Refused


def decide(
    state: State, command: c.Command, who: Who, command_id: UUID, now: int, facts: Facts
) -> Drafts:
    """Give what happens, or why not; `now` in microseconds since 1970, taken under the lock."""
    if facts.place not in command.places:
        return Refused(Refusal.WRONG_PLACE)
    refused = _may(state, command, who)
    if refused is not None:
        return refused
    drafts = _what(state, command, who, command_id, now, facts)
    if isinstance(drafts, Refused) or _known(state, command, who) or who.user is None:
        return drafts
    if any(_joins(draft, who) for draft in drafts):
        return drafts
    return [Draft(e.ParticipantJoined(who.user, who.name, who.kind)), *drafts]


def _known(state: State, command: c.Command, who: Who) -> bool:
    return who.user in state.participants or isinstance(command, _OPENING)


def _joins(draft: Draft, who: Who) -> bool:
    return isinstance(draft.body, e.ParticipantJoined) and draft.body.user == who.user


def _may(state: State, command: c.Command, who: Who) -> Refused | None:
    if command.sender != who.kind:
        return Refused(Refusal.WRONG_KIND)
    if command.permission not in who.permissions:
        needs = str(command.permission.name).lower()
        return Refused(Refusal.FORBIDDEN, {"needs": needs})
    if isinstance(command, _OPENING):
        return None if state.status == "new" else Refused(Refusal.ALREADY_OPEN)
    if state.status == "new":
        return Refused(Refusal.NOT_OPEN)
    if state.status == "closed" and not isinstance(command, _AFTER_CLOSE):
        return Refused(Refusal.CLOSED)
    if isinstance(command, c.ClaimedCommand):
        return runs.fenced(state, command.claim, who)
    return None


_OPENING = (c.SessionOpen, c.WorkspaceOpen)
_AFTER_CLOSE = (
    c.GrantGive,
    c.GrantTake,
    c.InvitationMake,
    c.InvitationTake,
    c.InvitationWithdraw,
    c.ApprovalSettle,
    c.ParticipantLeave,
    c.ConnectionClose,
)


def _what(  # noqa: C901  # one line a command
    state: State, command: c.Command, who: Who, command_id: UUID, now: int, facts: Facts
) -> Drafts:
    match command:
        # The most frequent first: each case above costs every command below it.
        case c.OutputStream() | c.OutputEmit():
            return runs.output(state, command)
        case c.NoteWrite(text=text, visibility=visibility):
            return [Draft(e.NoteWritten(text), visibility=visibility)]
        case c.PromptQueue(text=text):
            return _queue(state, text, command_id)
        case c.SessionOpen():
            opened = Draft(e.SessionOpened(command.title, command.agent))
            return [opened, *people.first(command.grants, who)]
        case c.WorkspaceOpen():
            return [Draft(e.WorkspaceOpened(command.name)), *people.first(command.grants, who)]
        case c.AgentAdd(agent=agent, url=url):
            return [Draft(e.AgentAdded(agent, url))]
        case c.AccessRecord(change=change):
            return [Draft(change, visibility="auditors")]
        case c.AgentChange(agent=agent, url=url, headers_changed=secrets):
            return [Draft(e.AgentChanged(agent, url, secrets))]
        case c.AgentRemove(agent=agent):
            return [Draft(e.AgentRemoved(agent))]
        case c.SessionRename(title=title):
            return _rename(state, title)
        case c.SessionClose(reason=reason):
            ended = runs.end(state, e.RunCancelled(state.run.run_id, reason)) if state.run else []
            return [*ended, Draft(e.SessionClosed(reason))]
        case c.ParticipantLeave(reason=reason):
            return people.leave(state, who, reason, facts)
        case c.GrantGive():
            return people.give(state, command, who, now, facts)
        case c.GrantTake():
            return people.take(state, command, who, facts)
        case c.InvitationMake():
            return people.invite(state, command, who, now)
        case c.InvitationTake():
            return people.accept(state, command, now, facts)
        case c.InvitationWithdraw():
            return people.withdraw(state, command, who)
        case c.PromptRecall(prompt_id=prompt_id):
            return _recall(state, prompt_id, who)
        case c.PromptMove():
            return _move(state, command, who)
        case c.RunCancel():
            return runs.cancel(state, command)
        case c.ApprovalDecide():
            return approvals.decide(state, command, who, now)
        case c.ApprovalSettle():
            return approvals.settle(state, command)
        case c.ConnectionClose(user=user, away=away, reason=reason):
            known = user in facts.people
            return [Draft(e.ConnectionClosed(user, away, reason))] if known else _NOBODY
        case c.AgentAttach(runner=runner):
            return runs.attach(state, runner, who, facts.claim_alive)
        case c.RunStart():
            return runs.start(state, command)
        case c.RunFinish() | c.RunFail():
            return runs.finish(state, command)
        case c.ApprovalAsk():
            return approvals.request(state, command)
        case c.ApprovalDispatch():
            return approvals.dispatch(state, command)
        case c.ApprovalReport():
            return approvals.report(state, command)
        case _ as never:
            assert_never(never)


def _rename(state: State, title: str) -> Drafts:
    if title == state.title:
        return Refused(Refusal.NOTHING_TO_DO)
    return [Draft(e.SessionRenamed(title))]


def _queue(state: State, text: str, command_id: UUID) -> Drafts:
    if state.agent is None:
        return Refused(Refusal.NO_AGENT)
    if len(state.queue) >= QUEUE_LIMIT:
        return Refused(Refusal.QUEUE_FULL, {"limit": QUEUE_LIMIT})
    if _prompted(state, command_id):
        return Refused(Refusal.COMMAND_ID_TAKEN)
    return [Draft(e.PromptQueued(command_id, text))]


def _prompted(state: State, prompt_id: UUID) -> bool:
    """Say whether another's prompt has this id: ids of commands are only unique for one actor."""
    waits = _waiting(state, prompt_id) is not None
    return waits or (state.run is not None and prompt_id in state.run.prompts)


def _recall(state: State, prompt_id: UUID, who: Who) -> Drafts:
    prompt = _own(state, prompt_id, who)
    if isinstance(prompt, Refused):
        return prompt
    return [Draft(e.PromptRecalled(prompt_id), cause=prompt.seq)]


def _move(state: State, command: c.PromptMove, who: Who) -> Drafts:
    """Reorder what waits; whoever counts on a neighbour that has gone meanwhile is told so."""
    prompt = _own(state, command.prompt_id, who)
    if isinstance(prompt, Refused):
        return prompt
    before = command.before
    if before is not None and _waiting(state, before) is None:
        sentence = "The prompt that it was to stand before is not in the queue any more."
        return Refused(Refusal.NO_PROMPT, {"before": str(before)}, sentence)
    if before == prompt.prompt_id or moved(state.queue, prompt.prompt_id, before) == state.queue:
        return Refused(Refusal.NOTHING_TO_DO)
    return [Draft(e.PromptMoved(prompt.prompt_id, before), cause=prompt.seq)]


def _own(state: State, prompt_id: UUID, who: Who) -> Prompt | Refused:
    """Give a waiting prompt to its author, or to whoever moderates."""
    prompt = _waiting(state, prompt_id)
    if prompt is None:
        return Refused(Refusal.NO_PROMPT)
    if prompt.author != who.user and not who.moderates:
        return Refused(Refusal.NOT_YOURS)
    return prompt


def _waiting(state: State, prompt_id: UUID) -> Prompt | None:
    return next((prompt for prompt in state.queue if prompt.prompt_id == prompt_id), None)
