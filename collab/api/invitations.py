"""Inviting people by a link, seeing and withdrawing open invitations, and accepting one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID, uuid4

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router
from pydantic import Field, StringConstraints

from collab import inviting, submit
from collab.api import newcomers, shelf
from collab.api.asking import asker, by_login, from_our_page
from collab.api.document import PUBLIC
from collab.api.forms import Answer, Created, Id, Named, Nothing, Sent
from collab.api.login import Me, me_of
from collab.api.newcomers import NewPerson
from collab.api.refusals import NotFollowed, Wrong
from collab.core.codes import Refusal, Refused
from collab.core.commands import Place
from permissions import invitations
from permissions.invitations import Invitation, Wanted
from permissions.roles import Permission

DAYS, MOST_DAYS = 7, 365

router = Router(tags=["invitations"])

Days = Annotated[int, Field(ge=1, le=MOST_DAYS)]
Role = Literal["observer", "commenter", "suggester", "operator", "moderator", "auditor", "owner"]
Text = Annotated[str, StringConstraints(max_length=200)]
"""What a link carries after its #."""


class NewInvitation(Sent):
    """The form of a new invitation: to a workspace, or to one session."""

    workspace_id: Id | None = None
    session_id: Id | None = None
    role: Role
    name: Annotated[str, StringConstraints(max_length=100)] = ""
    days: Days = DAYS


class Invited(Created):
    """A new invitation; its link is told this once."""

    link: str
    until: datetime


class InvitationCard(Answer):
    """An invitation that nobody has used yet."""

    id: UUID
    session: Named | None
    workspace: Named
    role: str
    name: str
    until: datetime
    made_by: str | None


class Invitations(Answer):
    """Open invitations, newest first."""

    invitations: list[InvitationCard]


class Shown(Sent):
    """The secret of a link."""

    token: Text


class NewGuest(NewPerson):
    """The form of somebody who comes by an invitation and has no account yet."""

    token: Text


class Accepted(Answer):
    """Who came, and where to."""

    me: Me
    session_id: UUID | None


@router.get("invitations", response=Invitations)
async def listed(
    request: HttpRequest, workspace: UUID | None = None, session: UUID | None = None
) -> Invitations:
    """Give the open invitations to a workspace or to a session."""
    place, log = _one_place(workspace, session)
    async with await shelf.database() as conn:
        await shelf.require_at(conn, asker(request), place, log, Permission.MODERATE)
        found = await invitations.open_of(conn, log)
    return Invitations(invitations=[_card(invitation) for invitation in found])


@router.post("invitations", response={201: Invited})
async def create(request: HttpRequest, wish: NewInvitation) -> Invited:
    """Make a link with which somebody gets a role, once."""
    identity = asker(request)
    place, log = _one_place(wish.workspace_id, wish.session_id)
    async with await shelf.database() as conn:
        await shelf.require_at(conn, identity, place, log, Permission.MODERATE)
    until = timezone.now() + timedelta(days=wish.days)
    session, workspace = wish.session_id, wish.workspace_id
    wanted = Wanted(uuid4(), session, workspace, wish.role, wish.name, until, identity.user)
    made = await inviting.invite(submit.sender_of(identity), wanted)
    if isinstance(made, Refused):
        raise NotFollowed.by(made)
    base = settings.PUBLIC_URL or request.build_absolute_uri("/")
    return Invited(id=wanted.id, link=inviting.link(base, made), until=until)


@router.delete("invitations/{uuid:key}", response=Nothing)
async def withdraw(request: HttpRequest, key: UUID) -> Nothing:
    """Make a link useless that nobody has used yet."""
    identity = asker(request)
    async with await shelf.database() as conn:
        invitation = await invitations.by_id(conn, key)
    if invitation is None:
        raise NotFollowed(Refusal.NO_INVITATION)
    outcome = await inviting.withdraw(submit.sender_of(identity), invitation)
    if isinstance(outcome, Refused):
        # Whose invitation it is stays hidden from those who may not see the place.
        hidden = outcome.refusal is Refusal.NOT_FOUND
        raise NotFollowed(Refusal.NO_INVITATION if hidden else outcome.refusal)
    return Nothing()


@router.post("invitations/look", auth=from_our_page, response=InvitationCard, openapi_extra=PUBLIC)
async def look(request: HttpRequest, wish: Shown) -> InvitationCard:
    """Say what a link is for, to whoever has it."""
    return _card(await _shown(wish.token))


@router.post("invitations/accept", response=Accepted)
async def accept(request: HttpRequest, wish: Shown) -> Accepted:
    """Give the role to whoever is signed in."""
    identity = by_login(request)
    invitation = await _shown(wish.token, identity.user)
    await _let_in(invitation, identity.user)
    return Accepted(me=await me_of(identity), session_id=invitation.session)


@router.post(
    "invitations/signup", auth=from_our_page, response={201: Accepted}, openapi_extra=PUBLIC
)
async def sign_up(request: HttpRequest, wish: NewGuest) -> Accepted:
    """Make an account for somebody who has none, give them the role, and sign them in."""
    invitation = await _shown(wish.token)
    user = await sync_to_async(newcomers.account)(wish)
    try:
        await _let_in(invitation, user.id)
    except NotFollowed as refusal:
        if refusal.why not in (Refusal.UNAVAILABLE, Refusal.FAULT):
            await sync_to_async(user.delete)()
        raise
    me = await newcomers.welcome(request, user)
    return Accepted(me=me, session_id=invitation.session)


def _one_place(workspace: UUID | None, session: UUID | None) -> tuple[Place, UUID]:
    if session and not workspace:
        return "session", session
    if workspace and not session:
        return "workspace", workspace
    raise NotFollowed(Refusal.INVALID, problem="name a workspace or a session, and not both")


def _card(invitation: Invitation) -> InvitationCard:
    session, title = invitation.session, invitation.session_title or ""
    return InvitationCard(
        id=invitation.id,
        session=Named(id=session, name=title) if session else None,
        workspace=Named(id=invitation.workspace, name=invitation.workspace_name),
        role=invitation.role,
        name=invitation.name,
        until=invitation.until,
        made_by=invitation.made_by,
    )


async def _shown(token: str, user: UUID | None = None) -> Invitation:
    """Find the invitation of a link that still works, or did for this very person."""
    async with await shelf.database() as conn:
        invitation = await invitations.by_text(conn, token)
    if invitation is None:
        raise NotFollowed(Wrong.WRONG_LINK)
    if invitation.taken_at is not None and invitation.taken_by != user:
        raise NotFollowed(Refusal.NO_INVITATION, _USED)
    if invitation.withdrawn_at is not None:
        raise NotFollowed(Refusal.NO_INVITATION, _WITHDRAWN)
    if invitation.until <= timezone.now() and invitation.taken_at is None:
        raise NotFollowed(Refusal.NO_INVITATION, _OVER)
    return invitation


_USED = "Somebody has used this link already. Ask for a new one."
_WITHDRAWN = "This invitation was withdrawn. Ask whoever sent it."
_OVER = "The time of this invitation has passed. Ask for a new one."


async def _let_in(invitation: Invitation, user: UUID) -> None:
    """Let somebody in; whoever came by this very invitation before is in already."""
    outcome = await inviting.accept(invitation, user)
    if not isinstance(outcome, Refused) or invitation.taken_by == user:
        return
    if outcome.refusal is Refusal.NO_INVITATION:
        raise NotFollowed(Refusal.NO_INVITATION, f"{outcome.words} Ask for a new one.")
    raise NotFollowed(outcome.refusal, outcome.words)
