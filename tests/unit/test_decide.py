"""What a command makes of a session and its people, and why it is not followed."""

from __future__ import annotations

import pytest

from collab.core import commands as c
from collab.core import events as e
from collab.core.codes import Refusal
from collab.core.state import Grant, Participant
from permissions.roles import ROLES
from tests.play import (
    AGENT,
    OBSERVER,
    OPERATOR,
    OWNER,
    PROMPT,
    RUN,
    SEAT,
    SECOND,
    SYSTEM,
    Play,
    asking_session,
    open_session,
    opening,
    running_session,
    someone,
    uid,
    unsure_session,
)

NEWCOMER = someone(0xA9, "Nia", "operator")

# sessions


def test_a_session_opens_with_its_people_and_their_roles() -> None:
    play = open_session()
    assert play.state.status == "open"
    assert play.state.title == "Logs"
    assert play.state.agent == SEAT
    assert play.state.participants[uid(0xA2)] == Participant("Omar", "person", (Grant("operator"),))
    assert play.state.participants[uid(0xB1)].kind == "agent"


def test_whoever_opens_a_session_is_a_participant_even_without_a_grant_of_their_own() -> None:
    play = Play()
    play.do(OPERATOR, c.SessionOpen("Alone"))
    assert play.kinds() == ["session.opened", "participant.joined"]
    assert play.state.participants == {uid(0xA2): Participant("Omar", "person")}


def test_the_system_opens_a_session_and_is_no_participant() -> None:
    play = Play()
    play.do(SYSTEM, c.SessionOpen("Demo"))
    assert play.state.participants == {}


def test_someone_with_two_first_grants_joins_once() -> None:
    play = Play()
    grants = tuple(c.FirstGrant(uid(0xA1), "Olga", "person", role) for role in ("owner", "auditor"))
    play.do(OWNER, c.SessionOpen("Logs", None, grants))
    assert play.kinds().count("participant.joined") == 1
    assert play.state.participants[uid(0xA1)].grants == (Grant("owner"), Grant("auditor"))


def test_a_session_opens_only_once() -> None:
    assert open_session().why(OWNER, opening()) is Refusal.ALREADY_OPEN


def test_a_closed_session_does_not_open_again() -> None:
    play = open_session()
    play.do(OWNER, c.SessionClose())
    assert play.why(OWNER, opening()) is Refusal.ALREADY_OPEN


def test_a_session_gets_another_title() -> None:
    play = open_session()
    play.do(OPERATOR, c.SessionRename("Old logs"))
    assert play.state.title == "Old logs"


def test_renaming_to_the_same_title_is_nothing_to_do() -> None:
    assert open_session().why(OPERATOR, c.SessionRename("Logs")) is Refusal.NOTHING_TO_DO


def test_closing_ends_the_run_and_empties_the_queue_before_the_session_closes() -> None:
    play = asking_session()
    play.do(SECOND, c.PromptQueue("next"))
    made = play.do(OWNER, c.SessionClose("we are done"))
    assert [event.type for event in made] == [
        "approval.settled",
        "run.cancelled",
        "session.closed",
    ]
    assert play.last(e.RunCancelled) == e.RunCancelled(RUN, "we are done")
    assert play.state.status == "closed"
    assert play.state.run is None
    assert play.state.queue == ()


@pytest.mark.parametrize(
    "command",
    [
        c.PromptQueue("go"),
        c.PromptRecall(PROMPT),
        c.SessionRename("x"),
        c.NoteWrite("x"),
        c.RunCancel(RUN),
        c.SessionClose(),
    ],
)
def test_a_closed_session_is_not_driven(command: c.Command) -> None:
    play = running_session()
    play.do(OWNER, c.SessionClose())
    assert play.why(OWNER, command) is Refusal.CLOSED


@pytest.mark.parametrize(
    "command", [c.AgentAttach("runner-2"), c.RunFinish(1, RUN), c.RunStart(1, uid(1), (PROMPT,))]
)
def test_an_agent_does_nothing_in_a_closed_session(command: c.Command) -> None:
    play = running_session()
    play.do(OWNER, c.SessionClose())
    assert play.why(AGENT, command) is Refusal.CLOSED


def test_grants_can_be_changed_after_the_close() -> None:
    play = open_session()
    play.do(OWNER, c.SessionClose())
    play.do(OWNER, c.GrantTake(uid(0xA4), "observer"))
    play.do(OWNER, c.GrantGive(uid(0xA4), "auditor"))
    play.do(OBSERVER, c.ParticipantLeave())
    assert uid(0xA4) not in play.state.participants


def test_what_is_not_known_can_still_be_settled_after_the_close() -> None:
    play = unsure_session()
    play.do(OWNER, c.SessionClose())
    play.do(OPERATOR, c.ApprovalSettle(uid(0xE1), "failed", "I looked."))
    assert play.state.approvals == {}


# people


def test_who_first_acts_becomes_a_participant_before_what_they_do() -> None:
    play = open_session()
    made = play.do(NEWCOMER, c.PromptQueue("hello"))
    assert [event.type for event in made] == ["participant.joined", "prompt.queued"]
    assert made[0].body == e.ParticipantJoined(uid(0xA9), "Nia", "person")


def test_who_acts_again_does_not_join_again() -> None:
    play = open_session()
    play.do(NEWCOMER, c.PromptQueue("one"))
    assert [event.type for event in play.do(NEWCOMER, c.NoteWrite("two"))] == ["note.written"]


def test_who_is_refused_does_not_join() -> None:
    play = open_session()
    play.refused(NEWCOMER, c.SessionRename("Logs"))
    assert uid(0xA9) not in play.state.participants


def test_the_system_acts_without_joining() -> None:
    made = open_session().do(SYSTEM, c.NoteWrite("The server was restarted."))
    assert [event.type for event in made] == ["note.written"]
    assert made[0].actor is None


def test_who_leaves_gives_up_all_roles() -> None:
    play = open_session()
    play.do(OWNER, c.GrantGive(uid(0xA2), "auditor"))
    made = play.do(OPERATOR, c.ParticipantLeave("bye"))
    assert [event.type for event in made] == ["grant.taken", "grant.taken", "participant.left"]
    assert uid(0xA2) not in play.state.participants


def test_who_is_no_participant_cannot_leave() -> None:
    assert open_session().why(NEWCOMER, c.ParticipantLeave()) is Refusal.NOTHING_TO_DO


def test_the_system_cannot_leave() -> None:
    assert open_session().why(SYSTEM, c.ParticipantLeave()) is Refusal.NOTHING_TO_DO


def test_a_role_is_given_until_a_time() -> None:
    play = open_session()
    until = play.now + 10_000_000
    play.do(OWNER, c.GrantGive(uid(0xA4), "operator", until))
    grants = play.state.participants[uid(0xA4)].grants
    assert grants == (Grant("observer"), Grant("operator", until))


def test_a_role_given_again_with_another_end_replaces_the_first() -> None:
    play = open_session()
    play.do(OWNER, c.GrantGive(uid(0xA4), "observer", play.now + 10_000_000))
    assert len(play.state.participants[uid(0xA4)].grants) == 1


def test_who_is_given_a_role_becomes_a_participant() -> None:
    play = Play()
    play.do(OWNER, c.SessionOpen("Logs"))
    made = play.do(OWNER, c.GrantGive(uid(0xA4), "observer"))
    assert [event.type for event in made] == ["participant.joined", "grant.given"]


def test_a_role_of_ones_own_makes_one_join_only_once() -> None:
    play = Play()
    play.do(SYSTEM, c.SessionOpen("Logs"))
    made = play.do(OWNER, c.GrantGive(uid(0xA1), "owner"))
    assert [event.type for event in made] == ["participant.joined", "grant.given"]
    assert play.state.participants[uid(0xA1)].grants == (Grant("owner"),)


def test_the_same_role_again_is_refused() -> None:
    play = open_session()
    assert play.why(OWNER, c.GrantGive(uid(0xA4), "observer")) is Refusal.ALREADY_GRANTED


def test_a_role_is_not_given_to_nobody() -> None:
    assert open_session().why(OWNER, c.GrantGive(uid(0xFF), "observer")) is Refusal.NO_PERSON


def test_a_role_is_not_given_until_a_time_that_has_passed() -> None:
    play = open_session()
    moment = play.now + 1_000  # at which the next command is decided
    assert play.why(OWNER, c.GrantGive(uid(0xA4), "operator", moment)) is Refusal.EXPIRED
    play.now = moment - 1_000
    play.do(OWNER, c.GrantGive(uid(0xA4), "operator", moment + 1))


@pytest.mark.parametrize(
    ("user", "role"), [(0xA4, "king"), (0xA4, "agent"), (0xB2, "owner"), (0xB2, "observer")]
)
def test_a_role_has_to_exist_and_fit_the_kind_of_participant(user: int, role: str) -> None:
    assert open_session().why(OWNER, c.GrantGive(uid(user), role)) is Refusal.INVALID


@pytest.mark.parametrize("role", sorted(ROLES))
def test_every_role_can_be_given(role: str) -> None:
    play = open_session()
    play.do(SYSTEM, c.SessionClose())
    user = uid(0xB2) if role == "agent" else uid(0xA3)
    if role == "operator":
        play.do(OWNER, c.GrantTake(user, role))
    play.do(OWNER, c.GrantGive(user, role))
    assert Grant(role) in play.state.participants[user].grants


def test_who_loses_the_last_role_is_no_participant_any_more() -> None:
    play = open_session()
    made = play.do(OWNER, c.GrantTake(uid(0xA4), "observer", "moved on"))
    assert [event.type for event in made] == ["grant.taken", "participant.left"]


def test_who_keeps_a_role_stays_a_participant() -> None:
    play = open_session()
    play.do(OWNER, c.GrantGive(uid(0xA4), "commenter"))
    play.do(OWNER, c.GrantTake(uid(0xA4), "observer"))
    assert play.state.participants[uid(0xA4)].grants == (Grant("commenter"),)


@pytest.mark.parametrize("user", [0xA4, 0xFF])
def test_a_role_that_is_not_held_cannot_be_taken(user: int) -> None:
    assert open_session().why(OWNER, c.GrantTake(uid(user), "operator")) is Refusal.NO_GRANT


# connections


def test_the_connections_of_somebody_who_is_known_are_cut() -> None:
    play = open_session()
    (event,) = play.do(OWNER, c.ConnectionClose(uid(0xA4), away=True, reason="noise"))
    assert event.body == e.ConnectionClosed(uid(0xA4), away=True, reason="noise")
    assert play.why(OWNER, c.ConnectionClose(uid(0xFF))) is Refusal.NO_PERSON
    assert play.why(OPERATOR, c.ConnectionClose(uid(0xA4))) is Refusal.FORBIDDEN


def test_connections_are_cut_also_where_a_session_is_closed() -> None:
    play = open_session()
    play.do(OWNER, c.SessionClose())
    assert play.do(OWNER, c.ConnectionClose(uid(0xA4)))
