"""Opens a session: its row first, then the command that begins its log. Decides nothing."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID, uuid4, uuid5

from collab.core.codes import Refusal, Refused
from collab.core.commands import FirstGrant, SessionOpen
from collab.core.events import AgentSeat
from collab.models import Session
from collab.submit import Outcome, sender_of, submit
from permissions.credentials import Identity


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


async def open_session(by: Identity, new: New) -> Outcome:
    """Make a session and open its log; asked again, it goes on where it stopped.

    A refusal leaves no session behind, unless it is not known whether the log has begun.
    """
    await Session.objects.aget_or_create(
        id=new.id,
        defaults={
            "workspace_id": new.workspace,
            "title": new.title,
            "agent_id": new.agent.agent_id if new.agent else None,
            "created_by_id": by.user,
        },
    )
    outcome = await submit(new.id, sender_of(by), uuid5(new.id, "session.open"), _command(by, new))
    if isinstance(outcome, Refused) and outcome.refusal not in (Refusal.UNAVAILABLE, Refusal.FAULT):
        await Session.objects.filter(id=new.id, status=Session.OPENING).adelete()
    return outcome


def _command(by: Identity, new: New) -> SessionOpen:
    owner = FirstGrant(by.user, by.name, "person", "owner")
    agent = new.agent
    acting = (FirstGrant(agent.user, agent.name, "agent", "agent"),) if agent else ()
    invited = tuple(grant for grant in new.invited if grant != owner)
    return SessionOpen(new.title, agent, (owner, *acting, *invited))
