"""Begins logs: a workspace's, a session's, and an agent's place in a workspace. Decides nothing.

A row is made first and the command that begins its log follows, because a log needs its head. Asked
again after a crash between the two, each goes on where it stopped: the command's id is fixed.
"""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID, uuid4, uuid5

from django.db import IntegrityError

from collab.core.codes import Refusal, Refused
from collab.core.commands import AgentAdd, FirstGrant, SessionOpen, WorkspaceOpen
from collab.core.events import AgentSeat
from collab.models import Session
from collab.submit import SYSTEM, Outcome, Sender, sender_of, submit
from permissions.credentials import Identity

NOT_KNOWN = (Refusal.UNAVAILABLE, Refusal.FAULT)
"""Refusals after which the log may have begun all the same."""


class New(NamedTuple):
    """A session that is to be opened."""

    id: UUID
    workspace: UUID
    title: str
    agent: AgentSeat | None
    invited: tuple[FirstGrant, ...]


def new(
    workspace: UUID,
    title: str,
    agent: AgentSeat | None,
    invited: tuple[FirstGrant, ...] = (),
    *,
    session: UUID | None = None,
) -> New:
    """Name a new session; with the id of one whose opening was cut short, go on with that."""
    return New(session or uuid4(), workspace, title, agent, invited)


async def open_session(by: Identity, wish: New) -> Outcome:
    """Make a session and open its log; a refusal leaves no session behind."""
    try:
        session = await _row(by, wish)
    except IntegrityError:
        if wish.agent is None:
            raise
        return Refused(Refusal.NO_AGENT, sentence="That agent has just been removed.")
    if session.workspace_id != wish.workspace:
        return Refused(Refusal.COMMAND_ID_TAKEN)
    command = _command(by, wish)
    outcome = await submit(wish.id, sender_of(by), uuid5(wish.id, "session.open"), command)
    if isinstance(outcome, Refused) and outcome.refusal not in NOT_KNOWN:
        await Session.objects.filter(id=wish.id, status=Session.OPENING).adelete()
    return outcome


async def _row(by: Identity, wish: New) -> Session:
    """Give a session's row, which is made with its first asking. Raises IntegrityError."""
    session, _ = await Session.objects.aget_or_create(
        id=wish.id,
        defaults={
            "workspace_id": wish.workspace,
            "title": wish.title,
            "agent_id": wish.agent.agent_id if wish.agent else None,
            "created_by_id": by.user,
        },
    )
    return session


def _command(by: Identity, wish: New) -> SessionOpen:
    owner = FirstGrant(by.user, by.name, "person", "owner")
    agent = wish.agent
    acting = (FirstGrant(agent.user, agent.name, "agent", "agent"),) if agent else ()
    invited = tuple(grant for grant in wish.invited if grant != owner)
    return SessionOpen(wish.title, agent, (owner, *acting, *invited))


async def open_workspace(workspace: UUID, name: str, first: tuple[FirstGrant, ...]) -> Outcome:
    """Begin a workspace's log with those who hold it: the server's own act, nobody is there yet."""
    command = WorkspaceOpen(name, first)
    return await submit(workspace, SYSTEM, uuid5(workspace, "workspace.open"), command)


async def add_agent(by: Sender, workspace: UUID, seat: AgentSeat, url: str) -> Outcome:
    """Record in a workspace's log that an agent can be put behind its sessions."""
    command_id = uuid5(seat.agent_id, "agent.add")
    return await submit(workspace, by, command_id, AgentAdd(seat, url))
