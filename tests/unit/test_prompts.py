"""Prompts and their queue, notes, workspaces and their agents: what is made, what is refused."""

from __future__ import annotations

import pytest

from collab.agents.serving import Start, next_work
from collab.core import commands as c
from collab.core import events as e
from collab.core import state as fold
from collab.core.codes import Refusal, Refused
from collab.core.decide import QUEUE_LIMIT, decide
from collab.core.drafts import Draft, Facts, Who
from collab.core.state import Grant, Participant, State
from permissions.roles import Permission
from tests.play import (
    AGENT,
    CHANGE,
    OPERATOR,
    OTHER_AGENT,
    OWNER,
    PEOPLE,
    PROMPT,
    RUN,
    SEAT,
    SECOND,
    START_TIME,
    Play,
    open_session,
    running_session,
    served_session,
    uid,
)

# prompts


def test_a_prompt_waits_under_the_id_of_its_command() -> None:
    play = open_session()
    play.do(OPERATOR, c.PromptQueue("go"), PROMPT)
    (prompt,) = play.state.queue
    assert (prompt.prompt_id, prompt.author, prompt.text) == (PROMPT, uid(0xA2), "go")
    assert prompt.seq == play.state.seq


def test_prompts_keep_their_order() -> None:
    play = open_session()
    for text in "abc":
        play.do(OPERATOR, c.PromptQueue(text))
    assert [prompt.text for prompt in play.state.queue] == ["a", "b", "c"]


def test_without_an_agent_there_is_nobody_to_prompt() -> None:
    play = Play()
    play.do(OWNER, c.SessionOpen("Empty"))
    assert play.why(OWNER, c.PromptQueue("go")) is Refusal.NO_AGENT


def test_the_queue_has_an_end() -> None:
    play = open_session()
    for _ in range(QUEUE_LIMIT):
        play.do(OPERATOR, c.PromptQueue("go"))
    refused = play.refused(SECOND, c.PromptQueue("one more"))
    assert refused.refusal is Refusal.QUEUE_FULL
    assert refused.refusal.retry


def test_another_person_cannot_put_a_prompt_under_an_id_that_waits_already() -> None:
    play = open_session()
    play.do(OPERATOR, c.PromptQueue("mine"), PROMPT)
    refused = play.refused(SECOND, c.PromptQueue("yours"), PROMPT)
    assert refused.refusal is Refusal.COMMAND_ID_TAKEN


def test_nor_under_an_id_that_the_agent_works_on() -> None:
    refused = running_session().refused(SECOND, c.PromptQueue("again"), PROMPT)
    assert refused.refusal is Refusal.COMMAND_ID_TAKEN


def test_its_author_takes_a_prompt_back() -> None:
    play = open_session()
    (queued,) = play.do(OPERATOR, c.PromptQueue("go"), PROMPT)
    (event,) = play.do(OPERATOR, c.PromptRecall(PROMPT))
    assert event.cause == queued.seq
    assert play.state.queue == ()


def test_another_operator_does_not_take_it_back() -> None:
    play = open_session()
    play.do(OPERATOR, c.PromptQueue("go"), PROMPT)
    assert play.why(SECOND, c.PromptRecall(PROMPT)) is Refusal.NOT_YOURS


def test_a_moderator_takes_anyones_prompt_back() -> None:
    play = open_session()
    play.do(OPERATOR, c.PromptQueue("go"), PROMPT)
    play.do(OWNER, c.PromptRecall(PROMPT))
    assert play.state.queue == ()


def test_a_prompt_that_the_agent_has_cannot_be_taken_back() -> None:
    assert running_session().why(OPERATOR, c.PromptRecall(PROMPT)) is Refusal.NO_PROMPT


# the order of the queue


def queue_of(texts: str = "abcd") -> Play:
    """Give a session in which prompts wait, the id of each made of its letter; SECOND's is c."""
    play = open_session()
    for text in texts:
        play.do(SECOND if text == "c" else OPERATOR, c.PromptQueue(text), uid(ord(text)))
    return play


def order(play: Play) -> str:
    return "".join(prompt.text for prompt in play.state.queue)


@pytest.mark.parametrize(
    ("moved", "before", "expected"),
    [("d", "a", "dabc"), ("a", "c", "bacd"), ("a", "d", "bcad"), ("a", None, "bcda")],
)
def test_its_author_moves_a_prompt_to_any_place(
    moved: str, before: str | None, expected: str
) -> None:
    play = queue_of()
    command = c.PromptMove(uid(ord(moved)), uid(ord(before)) if before else None)
    (event,) = play.do(OPERATOR, command)
    assert order(play) == expected
    assert event.cause == next(p.seq for p in play.state.queue if p.text == moved)


def test_only_its_author_or_a_moderator_moves_a_prompt() -> None:
    play = queue_of()
    assert play.why(OPERATOR, c.PromptMove(uid(ord("c")), uid(ord("a")))) is Refusal.NOT_YOURS
    play.do(OWNER, c.PromptMove(uid(ord("c")), uid(ord("a"))))
    assert order(play) == "cabd"


@pytest.mark.parametrize(("moved", "before"), [("a", "b"), ("a", "a"), ("d", None)])
def test_where_a_prompt_stands_already_it_is_not_moved(moved: str, before: str | None) -> None:
    command = c.PromptMove(uid(ord(moved)), uid(ord(before)) if before else None)
    assert queue_of().why(OPERATOR, command) is Refusal.NOTHING_TO_DO


def test_a_prompt_that_the_agent_has_is_not_moved_and_nothing_is_moved_before_it() -> None:
    play = queue_of()
    play.do(AGENT, c.AgentAttach("runner-1"))
    play.do(AGENT, c.RunStart(1, RUN, (uid(ord("a")),)))
    assert play.why(OPERATOR, c.PromptMove(uid(ord("a")))) is Refusal.NO_PROMPT
    refused = play.refused(OPERATOR, c.PromptMove(uid(ord("d")), uid(ord("a"))))
    assert refused.refusal is Refusal.NO_PROMPT
    assert refused.words.startswith("The prompt that it was to stand before")
    assert order(play) == "bcd"


def test_the_agent_gets_the_prompts_in_the_order_that_people_gave_them() -> None:
    play = queue_of()
    play.do(AGENT, c.AgentAttach("runner-1"))
    play.do(OPERATOR, c.PromptMove(uid(ord("d")), uid(ord("a"))))
    assert next_work(play.state, "runner-1", 0) == Start(uid(ord("d")))


# notes, workspaces, agents


@pytest.mark.parametrize("visibility", ["everyone", "operators"])
def test_a_note_says_whom_it_is_for(visibility: e.Visibility) -> None:
    play = open_session()
    command = c.parse({"type": "note.write", "text": "look", "visibility": visibility})
    assert not isinstance(command, Refused)
    (event,) = play.do(OPERATOR, command)
    assert event.visibility == visibility


def test_a_note_changes_no_state_but_the_place() -> None:
    play = open_session()
    before = play.state
    play.do(OPERATOR, c.NoteWrite("look"))
    assert fold.replace(play.state, seq=before.seq) == before


def test_a_workspace_has_a_log_of_its_own() -> None:
    facts = Facts("workspace", PEOPLE)
    first = c.FirstGrant(uid(0xA1), "Olga", "person", "owner")
    drafts = decide(State(), c.WorkspaceOpen("Team", (first,)), OWNER, uid(1), START_TIME, facts)
    assert not isinstance(drafts, Refused)
    bodies = [draft.body for draft in drafts]
    state = State()
    for seq, body in enumerate([*bodies, e.AgentAdded(SEAT, "http://agent")], 1):
        state = fold.apply(state, e.Event(seq, body.type, START_TIME, body))
    assert (state.status, state.title) == ("open", "Team")
    assert state.participants[uid(0xA1)].grants == (Grant("owner"),)
    assert state.agents == {SEAT.agent_id: SEAT}


def test_an_agent_is_added_to_a_workspace() -> None:
    state = State(status="open", participants={uid(0xA1): Participant("Olga", "person")})
    command = c.AgentAdd(SEAT, "http://agent")
    drafts = decide(state, command, OWNER, uid(1), START_TIME, Facts("workspace"))
    assert not isinstance(drafts, Refused)
    assert [draft.body for draft in drafts] == [e.AgentAdded(SEAT, "http://agent")]


def test_a_change_of_grants_is_told_to_those_who_audit_a_workspace_and_changes_no_state() -> None:
    state = State(status="open", participants={uid(0xA1): Participant("Olga", "person")})
    command = c.AccessRecord(CHANGE)
    drafts = decide(state, command, OWNER, uid(1), START_TIME, Facts("workspace"))
    assert drafts == [Draft(CHANGE, visibility="auditors")]
    event = e.Event(1, CHANGE.type, START_TIME, CHANGE)
    assert fold.apply(state, event) == fold.replace(state, seq=1)


def test_an_agent_of_a_workspace_is_changed_and_removed() -> None:
    renamed = e.AgentSeat(SEAT.user, SEAT.agent_id, "Another")
    state = State(status="open", participants={uid(0xA1): Participant("Olga", "person")})
    agents = []
    wishes: tuple[c.Command, ...] = (
        c.AgentAdd(SEAT, "http://a"),
        c.AgentChange(renamed, "http://b"),
        c.AgentRemove(renamed),
    )
    for number, command in enumerate(wishes, 1):
        drafts = decide(state, command, OWNER, uid(number), START_TIME, Facts("workspace"))
        assert not isinstance(drafts, Refused)
        (draft,) = drafts
        state = fold.apply(state, e.Event(number, draft.body.type, START_TIME, draft.body))
        agents.append(dict(state.agents))
    assert agents == [{SEAT.agent_id: SEAT}, {SEAT.agent_id: renamed}, {}]


def test_a_participant_who_lost_a_permission_is_refused_at_once() -> None:
    play = served_session()
    stripped = Who(uid(0xA2), "Omar", "person", Permission.VIEW)
    refused = play.refused(stripped, c.PromptQueue("go"))
    assert (refused.refusal, refused.details) == (Refusal.FORBIDDEN, {"needs": "drive"})


def test_another_agent_does_not_take_a_seat_that_is_not_its_own() -> None:
    assert open_session().why(OTHER_AGENT, c.AgentAttach("runner-x")) is Refusal.NO_AGENT
