"""The sessions that somebody may see, and opening a new one through the write door."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated
from uuid import UUID, uuid5

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from collab import opening, replay
from collab.api import shelf
from collab.api.asking import asker
from collab.api.forms import Answer, Created, Id, Name, Named, Reason, Sent, Title
from collab.api.refusals import NotFollowed, Wrong
from collab.api.wishes import Followed, Key, follow
from collab.core.codes import Refusal, Refused
from collab.core.commands import FirstGrant, SessionClose, SessionRename
from collab.core.events import AgentSeat
from collab.limits import limits
from permissions import held
from permissions.credentials import Identity
from permissions.roles import ROLES, Permission, codenames

router = Router(tags=["sessions"])

MOST = 500
"""Sessions in one answer."""


class Invited(Sent):
    """Somebody who gets a role in the new session."""

    user_id: Id
    role: Name


class NewSession(Sent):
    """The form of a new session."""

    workspace_id: Id
    title: Title
    agent_id: Id | None = None
    people: Annotated[list[Invited], Field(max_length=100)] = []


class Standing(Answer):
    """How a session stands: what waits for people (approvals that nobody has answered, calls whose
    outcome is not known), prompts that wait for the agent, since when a run is under way
    (microseconds since 1970), how the last one ended (`finished`, `failed` or `cancelled`), and
    whether a runner is there to work."""

    approvals: int
    unknown_outcomes: int
    queued: int
    run_since: int | None
    last_run: str | None
    served: bool


class SessionCard(Answer):
    """A session as a list shows it, how it stands, and what the asker may do there."""

    id: UUID
    title: str
    status: str
    created_at: str
    workspace: Named
    agent: Named | None
    standing: Standing
    permissions: list[str]
    roles: list[str]


class Sessions(Answer):
    """Sessions, newest first; `next` is what to ask for `after` where there may be more."""

    sessions: list[SessionCard]
    next: UUID | None


class Changed(Sent):
    """What may be changed in a session."""

    title: Title


class End(Sent):
    """Why a session is closed."""

    reason: Reason = ""


@router.get("sessions", response=Sessions)
async def listed(
    request: HttpRequest,
    workspace: UUID | None = None,
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = MOST,
) -> Sessions:
    """Give the sessions that the asker may see, newest first, of one workspace or of all."""
    identity = asker(request)
    async with await shelf.database() as conn:
        roots = await held.roots_of(conn, identity.user)
        rows = await shelf.sessions(conn, roots, shelf.Part(workspace, after, limit))
        cards = await _cards(conn, identity, rows)
    return Sessions(sessions=cards, next=rows[-1].id if len(rows) == limit else None)


@router.get("sessions/{uuid:session}", response=SessionCard)
async def one(request: HttpRequest, session: UUID) -> SessionCard:
    """Give one session, and what the asker may do there."""
    async with await shelf.database() as conn:
        row = await shelf.session(conn, session)
        cards = await _cards(conn, asker(request), [row] if row else [])
    if not cards:
        raise NotFollowed(Refusal.NOT_FOUND)
    return cards[0]


async def _cards(
    conn: shelf.Connection, identity: Identity, rows: list[shelf.SessionRow]
) -> list[SessionCard]:
    roles = await held.roles_of(conn, identity.user)
    ids = [row.id for row in rows]
    stands = await replay.standings_of(conn, ids)
    permitted = await shelf.permitted(conn, identity, ids)
    return [
        _card(
            row,
            permitted[row.id],
            stands[row.id],
            (roles.get(row.id, []), roles.get(row.workspace.id, [])),
        )
        for row in rows
        if row.id in permitted
    ]


def _card(
    row: shelf.SessionRow,
    permissions: Permission,
    stands: replay.Stands,
    roles: Iterable[list[str]],
) -> SessionCard:
    return SessionCard(
        id=row.id,
        title=row.title,
        status=row.status,
        created_at=row.created_at,
        workspace=row.workspace,
        agent=row.agent,
        standing=Standing(**stands.standing._asdict(), served=stands.served),
        permissions=list(codenames(permissions)),
        roles=sorted({role for some in roles for role in some}),
    )


@router.post("sessions", response={201: Created})
async def create(request: HttpRequest, wish: NewSession, key: Key = None) -> Created:
    """Open a session: its creator owns it, its agent may act in it, those invited have roles.

    With the same `Idempotency-Key` it is opened once, however often this is sent.
    """
    identity = asker(request)
    async with await shelf.database() as conn:
        await shelf.require(conn, identity, wish.workspace_id, Permission.DRIVE)
        seat = await _seat(conn, wish)
        invited = await _invited(conn, wish)
    if (prolific := limits().prolific(identity)) is not None:
        raise NotFollowed.by(prolific)
    # Made of the sender and its key: nobody can name another's session, or learn that it is there.
    session = uuid5(identity.user, f"session:{key}") if key else None
    new = opening.new(wish.workspace_id, wish.title, seat, invited, session=session)
    outcome = await opening.open_session(identity, new)
    if isinstance(outcome, Refused):
        raise NotFollowed.by(outcome)
    return Created(id=new.id)


@router.patch("sessions/{uuid:session}", response=Followed)
async def rename(request: HttpRequest, session: UUID, wish: Changed, key: Key = None) -> Followed:
    """Give a session another title."""
    return await follow(request, "session", session, SessionRename(wish.title), key)


@router.post("sessions/{uuid:session}/close", response=Followed)
async def close(request: HttpRequest, session: UUID, wish: End, key: Key = None) -> Followed:
    """Close a session: it can be read, but not driven any more."""
    return await follow(request, "session", session, SessionClose(wish.reason), key)


async def _seat(conn: shelf.Connection, wish: NewSession) -> AgentSeat | None:
    if wish.agent_id is None:
        return None
    for agent in await shelf.agents(conn, [wish.workspace_id]):
        if agent.id == wish.agent_id:
            return AgentSeat(agent.user, agent.id, agent.name)
    raise NotFollowed(Wrong.NO_SUCH_AGENT)


async def _invited(conn: shelf.Connection, wish: NewSession) -> tuple[FirstGrant, ...]:
    if not wish.people:
        return ()
    people = {person.id: person for person in await held.people_of(conn, wish.workspace_id)}
    for guest in wish.people:
        if guest.user_id not in people:
            raise NotFollowed(Refusal.NO_PERSON)
        if guest.role not in ROLES or guest.role == "agent":
            raise NotFollowed(Refusal.INVALID, problem=f"no such role: {guest.role}")
    unique = dict.fromkeys((guest.user_id, guest.role) for guest in wish.people)
    return tuple(FirstGrant(user, people[user].name, "person", role) for user, role in unique)
