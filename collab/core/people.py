"""Decides who gets and loses roles, by whom and by which invitation. Pure."""

from __future__ import annotations

from uuid import UUID

from collab.core import commands as c
from collab.core import events as e
from collab.core.codes import Refusal, Refused
from collab.core.drafts import Draft, Facts, Who
from collab.core.state import State
from permissions.roles import NONE, ROLES, Permission

INVITATION_LIMIT = 100
"""Invitations to one session or workspace that may be open."""

Drafts = list[Draft] | Refused


def covers(permissions: Permission, role: str) -> bool:
    """Say whether whoever may do this much may hand out a role: nobody gives what they lack."""
    needed = Permission.MANAGE if role == "agent" else ROLES[role]
    return needed in permissions


def first(grants: tuple[c.FirstGrant, ...], who: Who) -> list[Draft]:
    """Give a new log's first people and their roles."""
    drafts: list[Draft] = []
    joined: set[UUID] = set()
    for each in grants:
        if each.user not in joined:
            drafts.append(Draft(e.ParticipantJoined(each.user, each.name, each.kind)))
            joined.add(each.user)
        drafts.append(Draft(e.GrantGiven(each.user, each.role)))
    if who.user is not None and who.user not in joined:
        drafts.append(Draft(e.ParticipantJoined(who.user, who.name, who.kind)))
    return drafts


def give(state: State, command: c.GrantGive, who: Who, now: int, facts: Facts) -> Drafts:
    """Give somebody a role, or another end to it."""
    known = facts.people.get(command.user)
    if known is None:
        return Refused(Refusal.NO_PERSON)
    if command.role not in ROLES or (command.role == "agent") != (known[1] == "agent"):
        return Refused(Refusal.INVALID, {"problem": f"no such role for this kind: {command.role}"})
    if not covers(who.permissions, command.role):
        return Refused(Refusal.ABOVE_YOU, {"role": command.role})
    if command.until is not None and command.until <= now:
        return Refused(Refusal.EXPIRED)
    if command.until is not None and command.role == "owner" and facts.only_owner(command.user):
        return Refused(Refusal.LAST_OWNER)
    if _holds(state, command.user, command.role, command.until):
        return Refused(Refusal.ALREADY_GRANTED)
    given = Draft(e.GrantGiven(command.user, command.role, command.until))
    return [*_joining(state, command.user, known), given]


def take(state: State, command: c.GrantTake, who: Who, facts: Facts) -> Drafts:
    """Take a role away, whether the log gave it or somebody did beside the log."""
    person = state.participants.get(command.user)
    roles = {grant.role for grant in person.grants} if person else set()
    roles.update(facts.held.get(command.user, ()))
    if command.role not in roles:
        return Refused(Refusal.NO_GRANT)
    if not covers(who.permissions, command.role):
        return Refused(Refusal.ABOVE_YOU, {"role": command.role})
    if command.role == "owner" and facts.only_owner(command.user):
        return Refused(Refusal.LAST_OWNER)
    taken = [Draft(e.GrantTaken(command.user, command.role, command.reason))]
    if person is not None and roles == {command.role}:
        taken.append(Draft(e.ParticipantLeft(command.user, command.reason)))
    return taken


def leave(state: State, who: Who, reason: str, facts: Facts) -> Drafts:
    """Give up all roles here."""
    person = state.participants.get(who.user) if who.user else None
    if person is None or who.user is None:
        return Refused(Refusal.NOTHING_TO_DO)
    if facts.only_owner(who.user):
        return Refused(Refusal.LAST_OWNER)
    taken = [Draft(e.GrantTaken(who.user, grant.role, reason)) for grant in person.grants]
    return [*taken, Draft(e.ParticipantLeft(who.user, reason))]


def invite(state: State, command: c.InvitationMake, who: Who, now: int) -> Drafts:
    """Make an invitation to a role that the maker has all of."""
    if command.role not in ROLES or command.role == "agent":
        return Refused(Refusal.INVALID, {"problem": f"no such role: {command.role}"})
    if not covers(who.permissions, command.role):
        return Refused(Refusal.ABOVE_YOU, {"role": command.role})
    if command.until <= now:
        return Refused(Refusal.EXPIRED)
    if sum(one.until > now for one in state.invitations.values()) >= INVITATION_LIMIT:
        return Refused(Refusal.TOO_MANY_INVITATIONS, {"limit": INVITATION_LIMIT})
    made = e.InvitationMade(command.invitation_id, command.role, command.until, command.name)
    return [Draft(made)]


def accept(state: State, command: c.InvitationTake, now: int, facts: Facts) -> Drafts:
    """Let somebody in by an invitation, if its maker could still make it."""
    invitation = state.invitations.get(command.invitation_id)
    if invitation is None or invitation.until <= now:
        return Refused(Refusal.NO_INVITATION)
    if not covers(facts.makers.get(command.invitation_id, NONE), invitation.role):
        return Refused(Refusal.NO_INVITATION)
    known = facts.people.get(command.user)
    if known is None or known[1] != "person":
        return Refused(Refusal.NO_PERSON)
    if _holds(state, command.user, invitation.role, None):
        return Refused(Refusal.ALREADY_GRANTED)
    return [
        Draft(e.InvitationTaken(command.invitation_id, command.user)),
        *_joining(state, command.user, known),
        Draft(e.GrantGiven(command.user, invitation.role)),
    ]


def withdraw(state: State, command: c.InvitationWithdraw, who: Who) -> Drafts:
    """Make an invitation useless."""
    invitation = state.invitations.get(command.invitation_id)
    if invitation is None:
        return Refused(Refusal.NO_INVITATION)
    if not covers(who.permissions, invitation.role):
        return Refused(Refusal.ABOVE_YOU, {"role": invitation.role})
    return [Draft(e.InvitationWithdrawn(command.invitation_id, command.reason))]


def _joining(state: State, user: UUID, known: tuple[str, e.Kind]) -> list[Draft]:
    return [] if user in state.participants else [Draft(e.ParticipantJoined(user, *known))]


def _holds(state: State, user: UUID, role: str, until: int | None) -> bool:
    person = state.participants.get(user)
    grants = person.grants if person else ()
    return any((grant.role, grant.until) == (role, until) for grant in grants)
