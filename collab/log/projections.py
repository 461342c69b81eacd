"""The fixed list of rows that follow from events, written in the events' own transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from collab.core import events as e
from collab.core.events import Event
from collab.log import claims
from collab.log.store import Connection, Head
from permissions import grants, invitations

SESSION = 1

_GRANTING = e.GrantGiven | e.GrantTaken
_INVITING = e.InvitationMade | e.InvitationTaken | e.InvitationWithdrawn
_TITLED = e.SessionOpened | e.SessionRenamed | e.SessionClosed


def grants_change(happened: Sequence[Event]) -> bool:
    """Say whether these events change who may do what, so that nothing may follow in the batch."""
    return any(isinstance(event.body, _GRANTING) for event in happened)


async def project(conn: Connection, head: Head, happened: Sequence[Event]) -> None:
    """Write the rows of grants and invitations, and a session's lease, title, status and agent."""
    log = head.log
    for event in happened:
        if isinstance(event.body, _GRANTING):
            await _grant(conn, head, event, event.body)
        elif isinstance(event.body, _INVITING):
            await _invitation(conn, event, event.body)
        elif isinstance(event.body, e.AgentAttached):
            await claims.take(conn, log, event.body.runner, event.body.claim)
        elif isinstance(event.body, _TITLED):
            await _session(conn, log, event.body)


async def _grant(conn: Connection, head: Head, event: Event, body: _GRANTING) -> None:
    if isinstance(body, e.GrantGiven):
        until = _moment(body.until) if body.until else None
        await grants.write_grant(
            conn, head.kind, head.log, body.user, body.role, until, event.actor
        )
    else:
        await grants.remove_grant(conn, head.kind, head.log, body.user, body.role, event.actor)


async def _invitation(conn: Connection, event: Event, body: _INVITING) -> None:
    key, at = body.invitation_id, _moment(event.time)
    match body:
        case e.InvitationMade():
            await invitations.made(conn, key, at, event.actor)
        case e.InvitationTaken(user=user):
            await invitations.taken(conn, key, at, user)
        case e.InvitationWithdrawn():
            await invitations.withdrawn(conn, key, at)


def _moment(micros: int) -> datetime:
    return datetime.fromtimestamp(micros / 1e6, UTC)


async def _session(conn: Connection, log: UUID, body: _TITLED) -> None:
    if isinstance(body, e.SessionClosed):
        await conn.execute("UPDATE collab_session SET status = 'closed' WHERE id = %s", (log,))
    elif isinstance(body, e.SessionRenamed):
        await conn.execute("UPDATE collab_session SET title = %s WHERE id = %s", (body.title, log))
    else:
        await conn.execute(
            "UPDATE collab_session SET title = %s, status = 'open', agent_id = %s WHERE id = %s",
            (body.title, body.agent.agent_id if body.agent else None, log),
        )
