"""Who gives and takes which roles, and who comes by an invitation."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from collab.core import commands as c
from collab.core import events as e
from collab.core.codes import Refusal
from collab.core.people import INVITATION_LIMIT, covers
from collab.core.state import Grant, Invitation
from permissions.roles import ROLES, Permission
from tests.play import (
    OBSERVER,
    OPERATOR,
    OWNER,
    PEOPLE,
    START_TIME,
    SYSTEM,
    Play,
    open_session,
    someone,
    uid,
)

MODERATOR = someone(0xA5, "Mona", "moderator")
GUEST = uid(0xA9)
KEY = uid(0xF1)
HOUR = 3_600_000_000
UNTIL = START_TIME + HOUR


def invited(role: str = "operator", *, maker: str = "owner", **looked_up: Any) -> Play:
    """Give a session with one open invitation, and somebody who has its link."""
    play = open_session()
    play.do(OWNER, c.InvitationMake(KEY, role, UNTIL, "Nia"))
    play.looked_up = {
        "people": {**PEOPLE, GUEST: ("Nia", "person")},
        "makers": {KEY: ROLES[maker]},
    } | looked_up
    return play


def take(user: UUID = GUEST) -> c.InvitationTake:
    return c.InvitationTake(KEY, user)


def owned(owners: dict[UUID, bool]) -> Play:
    """Give a place whose lasting owners are these; True: by a group."""
    play = open_session()
    play.looked_up = {"owners": owners}
    return play


# nobody hands out what they lack


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("observer", {"moderator", "owner"}),
        ("operator", {"moderator", "owner"}),
        ("moderator", {"moderator", "owner"}),
        ("auditor", {"owner"}),
        ("owner", {"owner"}),
    ],
)
def test_a_role_is_given_by_those_who_may_do_all_of_it(role: str, may: set[str]) -> None:
    for giver in ("moderator", "owner"):
        assert covers(ROLES[giver], role) is (giver in may)
        who = someone(0xA5, "Mona", giver)
        play = open_session()
        outcome = play.ask(who, c.GrantGive(uid(0xA4), role, play.now + HOUR))
        assert isinstance(outcome, list) is (giver in may)
        asked = play.ask(who, c.InvitationMake(KEY, role, play.now + HOUR))
        assert isinstance(asked, list) is (giver in may)


def test_only_an_owner_lets_another_agent_act() -> None:
    command = c.GrantGive(uid(0xB2), "agent")
    assert open_session().why(MODERATOR, command) is Refusal.ABOVE_YOU
    open_session().do(OWNER, command)


@pytest.mark.parametrize(
    "command",
    [
        c.GrantGive(uid(0xA4), "observer"),
        c.GrantTake(uid(0xA4), "observer"),
        c.InvitationMake(KEY, "observer", 2**52),
        c.InvitationWithdraw(KEY),
    ],
)
def test_an_operator_neither_gives_nor_invites(command: c.Command) -> None:
    refused = open_session().refused(OPERATOR, command)
    assert (refused.refusal, refused.details) == (Refusal.FORBIDDEN, {"needs": "moderate"})


def test_a_moderator_takes_no_role_that_is_above_theirs() -> None:
    assert open_session().why(MODERATOR, c.GrantTake(uid(0xA1), "owner")) is Refusal.ABOVE_YOU


def test_a_role_that_was_given_beside_the_log_can_be_taken() -> None:
    play = open_session()
    assert play.why(OWNER, c.GrantTake(GUEST, "operator")) is Refusal.NO_GRANT
    play.looked_up = {"held": {GUEST: ("operator",)}}
    (event,) = play.do(OWNER, c.GrantTake(GUEST, "operator"))
    assert event.body == e.GrantTaken(GUEST, "operator")


def test_who_keeps_a_role_that_the_log_does_not_know_has_not_left() -> None:
    play = open_session()
    play.looked_up = {"held": {uid(0xA4): ("observer", "commenter")}}
    made = play.do(OWNER, c.GrantTake(uid(0xA4), "observer"))
    assert [event.type for event in made] == ["grant.taken"]


# the last owner stays


@pytest.mark.parametrize(
    "command",
    [c.GrantTake(uid(0xA1), "owner"), c.GrantGive(uid(0xA1), "owner", 2**52), c.ParticipantLeave()],
)
def test_the_last_owner_neither_goes_nor_ends(command: c.Command) -> None:
    assert owned({uid(0xA1): False}).why(OWNER, command) is Refusal.LAST_OWNER
    owned({uid(0xA1): False, uid(0xA2): False}).do(OWNER, command)
    owned({uid(0xA1): True}).do(OWNER, command)


def test_the_last_owner_may_lose_another_role() -> None:
    play = owned({uid(0xA1): False})
    play.do(OWNER, c.GrantGive(uid(0xA1), "auditor"))
    (taken,) = play.do(OWNER, c.GrantTake(uid(0xA1), "auditor"))
    assert taken.body == e.GrantTaken(uid(0xA1), "auditor")
    assert play.state.participants[uid(0xA1)].grants == (Grant("owner"),)


# invitations


def test_an_invitation_waits_until_it_is_used() -> None:
    play = invited()
    assert play.state.invitations[KEY] == Invitation("operator", UNTIL, "Nia")
    made = play.do(SYSTEM, take())
    assert [event.body for event in made] == [
        e.InvitationTaken(KEY, GUEST),
        e.ParticipantJoined(GUEST, "Nia"),
        e.GrantGiven(GUEST, "operator"),
    ]
    assert play.state.invitations == {}
    assert play.state.participants[GUEST].grants == (Grant("operator"),)


def test_who_is_here_already_gets_the_role_and_does_not_join_again() -> None:
    made = invited().do(SYSTEM, take(uid(0xA4)))
    assert [event.type for event in made] == ["invitation.taken", "grant.given"]


def test_who_holds_the_role_already_does_not_use_the_invitation_up() -> None:
    play = invited()
    assert play.why(SYSTEM, take(uid(0xA2))) is Refusal.ALREADY_GRANTED
    assert KEY in play.state.invitations


def test_an_invitation_is_used_once() -> None:
    play = invited()
    play.do(SYSTEM, take())
    assert play.why(SYSTEM, take(uid(0xA4))) is Refusal.NO_INVITATION


def test_nobody_comes_by_an_invitation_that_was_withdrawn() -> None:
    play = invited()
    play.do(OWNER, c.InvitationWithdraw(KEY, "a mistake"))
    assert play.why(SYSTEM, take()) is Refusal.NO_INVITATION
    assert play.why(OWNER, c.InvitationWithdraw(KEY)) is Refusal.NO_INVITATION


def test_nobody_comes_by_an_invitation_whose_time_has_passed() -> None:
    play = invited()
    play.now += HOUR
    assert play.why(SYSTEM, take()) is Refusal.NO_INVITATION


@pytest.mark.parametrize(("role", "maker"), [("operator", "observer"), ("owner", "moderator")])
def test_an_invitation_is_worth_no_more_than_its_maker_now(role: str, maker: str) -> None:
    assert invited(role, maker=maker).why(SYSTEM, take()) is Refusal.NO_INVITATION
    assert invited(role, makers={}).why(SYSTEM, take()) is Refusal.NO_INVITATION


def test_nobody_comes_who_is_not_an_active_person() -> None:
    assert invited(people={}).why(SYSTEM, take()) is Refusal.NO_PERSON
    assert invited().why(SYSTEM, take(uid(0xB2))) is Refusal.NO_PERSON


@pytest.mark.parametrize("role", ["agent", "king", ""])
def test_there_is_no_invitation_to_a_role_that_is_none(role: str) -> None:
    play = open_session()
    assert play.why(OWNER, c.InvitationMake(KEY, role, play.now + HOUR)) is Refusal.INVALID


def test_an_invitation_that_has_ended_already_is_not_made() -> None:
    play = open_session()
    assert play.why(OWNER, c.InvitationMake(KEY, "observer", play.now)) is Refusal.EXPIRED


def test_a_moderator_withdraws_no_invitation_to_more_than_their_own_role() -> None:
    assert invited("owner").why(MODERATOR, c.InvitationWithdraw(KEY)) is Refusal.ABOVE_YOU
    invited("operator").do(MODERATOR, c.InvitationWithdraw(KEY))


def test_only_so_many_invitations_are_open() -> None:
    play = open_session()
    for number in range(INVITATION_LIMIT):
        play.do(OWNER, c.InvitationMake(uid(0xF100 + number), "observer", play.now + HOUR))
    another = c.InvitationMake(KEY, "observer", play.now + 2 * HOUR)
    assert play.why(OWNER, another) is Refusal.TOO_MANY_INVITATIONS
    play.now += HOUR
    play.do(OWNER, another)
    assert list(play.state.invitations) == [KEY]


def test_a_closed_session_can_still_be_shown_to_somebody() -> None:
    play = invited("observer")
    play.do(OWNER, c.SessionClose())
    play.do(SYSTEM, take())
    assert play.state.participants[GUEST].grants == (Grant("observer"),)


def test_an_observer_holds_nothing_to_give() -> None:
    assert not covers(OBSERVER.permissions, "commenter")
    assert covers(Permission.VIEW, "observer")
