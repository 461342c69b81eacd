"""The fixed list of rows that follow from events, written in the events' own transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import get_args
from uuid import UUID

from collab.core import events as e
from collab.core.events import Event
from collab.log import claims
from collab.log.store import Connection, Head
from permissions import grants, invitations

SESSION = 1

_Granting = e.GrantGiven | e.GrantTaken
_Inviting = e.InvitationMade | e.InvitationTaken | e.InvitationWithdrawn
_Titled = e.SessionOpened | e.SessionRenamed | e.SessionClosed

GRANTING = frozenset(get_args(_Granting))
"""Bodies that change who may do what, so that nothing may follow them in a batch."""

FOLLOWED = GRANTING | {*get_args(_Inviting), *get_args(_Titled), e.AgentAttached}
"""Bodies from which rows follow."""


async def project(conn: Connection, head: Head, happened: Sequence[Event]) -> None:
    """Write the rows of grants and invitations, and a session's lease, title, status and agent."""
    log = head.log
    for event in happened:
        if isinstance(event.body, _Granting):
            await _grant(conn, head, event, event.body)
        elif isinstance(event.body, _Inviting):
            await _invitation(conn, event, event.body)
        elif isinstance(event.body, e.AgentAttached):
            await claims.take(conn, log, event.body.runner, event.body.claim)
        elif isinstance(event.body, _Titled):
            await _session(conn, log, event.body)


async def _grant(conn: Connection, head: Head, event: Event, body: _Granting) -> None:
    if isinstance(body, e.GrantGiven):
        until = _moment(body.until) if body.until else None
        await grants.write_grant(
            conn, head.kind, head.log, body.user, body.role, until, event.actor
        )
    else:
        await grants.remove_grant(conn, head.kind, head.log, body.user, body.role, event.actor)


async def _invitation(conn: Connection, event: Event, body: _Inviting) -> None:
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


async def _session(conn: Connection, log: UUID, body: _Titled) -> None:
    if isinstance(body, e.SessionClosed):
        await conn.execute("UPDATE collab_session SET status = 'closed' WHERE id = %s", (log,))
    elif isinstance(body, e.SessionRenamed):
        await conn.execute("UPDATE collab_session SET title = %s WHERE id = %s", (body.title, log))
    else:
        await conn.execute(
            "UPDATE collab_session SET title = %s, status = 'open', agent_id = %s WHERE id = %s",
            (body.title, body.agent.agent_id if body.agent else None, log),
        )
