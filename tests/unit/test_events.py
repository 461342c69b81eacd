"""Facts: what is stored is what goes out, and every type can be read back."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from collab.core import events as e
from collab.core.events import Event
from tests.play import (
    ASKED,
    CHANGE,
    GROUP,
    PROMPT,
    RUN,
    SEAT,
    START_TIME,
    asks,
    message,
    opened,
    uid,
)

BODIES: list[e.Body] = [
    e.SessionOpened("Logs", SEAT),
    e.SessionOpened("Empty"),
    e.SessionRenamed("Other"),
    e.SessionClosed(),
    e.SessionClosed("done"),
    e.ParticipantJoined(uid(1), "Olga"),
    e.ParticipantJoined(uid(2), "Agent", "agent"),
    e.ParticipantLeft(uid(1), "bye"),
    e.GrantGiven(uid(1), "owner"),
    e.GrantGiven(uid(1), "owner", START_TIME),
    e.InvitationMade(uid(1), "operator", START_TIME, "Nia"),
    e.InvitationTaken(uid(1), uid(2)),
    e.InvitationWithdrawn(uid(1), "a mistake"),
    e.GrantTaken(uid(1), "owner"),
    e.PromptQueued(PROMPT, "tidy \u2713 \U0001f600"),
    e.PromptRecalled(PROMPT),
    e.PromptMoved(PROMPT, uid(0xD2)),
    e.AgentAttached("runner-1", 3),
    e.RunStarted(RUN, (PROMPT,), e.RunAgent("Night shift", "langgraph", "2.1.0", ("read_log",))),
    e.RunFinished(RUN),
    e.RunFailed(RUN, "unreachable", "It is away."),
    e.RunCancelled(RUN),
    e.OutputStreamed(RUN, opened()),
    e.OutputEmitted(RUN, message("hi"), cut=True),
    e.ApprovalRequested(RUN, asks(), "0" * 64),
    e.ApprovalDecided(ASKED, "approve_edited", "0" * 64, 7, args={"a": [1, None, 2.5]}),
    e.ApprovalDecided(ASKED, "respond", "0" * 64, 7, content="yes", option_id="o"),
    e.ApprovalDispatched((ASKED,), "runner-1", 3),
    e.ApprovalSettled(ASKED, "unknown", "lost", by_person=True),
    e.NoteWritten("look"),
    e.WorkspaceOpened("Team"),
    e.AgentAdded(SEAT, "http://agent"),
    CHANGE,
    e.AgentChanged(SEAT, "http://new", True),
    e.AgentRemoved(SEAT),
    e.ConnectionClosed(uid(1)),
    e.ConnectionClosed(uid(1), away=True, reason="noise"),
]


def event(body: e.Body) -> Event:
    return Event(7, body.type, START_TIME, body, uid(1), RUN, 6, "operators")


def test_there_is_an_example_of_every_event() -> None:
    assert {type(body) for body in BODIES} == set(get_args(e.Body))


def test_every_type_is_a_noun_and_what_was_done_to_it() -> None:
    for name in e.BODIES:
        noun, _, verb = name.partition(".")
        assert noun.isalpha()
        assert verb.isalpha()
        assert len(e.BODIES) == len(get_args(e.Body))


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.type)
def test_what_is_decoded_is_what_was_encoded(body: e.Body) -> None:
    assert e.decode(e.encode(event(body))) == event(body)


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.type)
def test_the_same_event_has_the_same_bytes_after_a_round_trip(body: e.Body) -> None:
    data = e.encode(event(body))
    assert e.encode(e.decode(data)) == data


def test_what_is_not_there_takes_no_room() -> None:
    plain = msgspec.msgpack.decode(e.encode(Event(1, "note.written", 5, e.NoteWritten("x"))))
    assert plain == {"seq": 1, "type": "note.written", "time": 5, "body": {"text": "x"}}


def test_ids_are_text_and_times_are_whole_microseconds_on_the_wire() -> None:
    plain = msgspec.msgpack.decode(e.encode(event(e.RunFinished(RUN))))
    assert plain["actor"] == str(uid(1))
    assert plain["run"] == str(RUN)
    assert plain["time"] == START_TIME


def test_a_type_of_a_newer_version_is_named() -> None:
    data = msgspec.msgpack.encode({"seq": 1, "type": "lease.given", "time": 1, "body": {"x": 1}})
    with pytest.raises(e.UnknownType, match=r"lease\.given"):
        e.decode(data)


def test_a_field_of_a_newer_version_is_passed_over() -> None:
    body = {"text": "x", "mood": "good"}
    data = msgspec.msgpack.encode(
        {"seq": 1, "type": "note.written", "time": 1, "body": body, "lang": "en"}
    )
    assert e.decode(data).body == e.NoteWritten("x")


@pytest.mark.parametrize(
    "data", [b"", b"\xc1", b"\x81", b"\x80", b"\x93\x01\x02\x03", e.encode(event(BODIES[0]))[:-1]]
)
def test_bytes_that_are_no_event_raise_one_kind_of_error(data: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        e.decode(data)


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.type)
def test_only_gathered_deltas_are_passing(body: e.Body) -> None:
    assert e.passing(body) == (body.type == "output.streamed")


def test_ag_ui_events_are_kept_unchanged() -> None:
    odd = {"type": "CUSTOM", "value": {"b": 1, "a": [1.5, None, True, "\u00e9"]}, "rawEvent": {}}
    read_back = e.decode(e.encode(event(e.OutputEmitted(RUN, (odd,))))).body
    assert isinstance(read_back, e.OutputEmitted)
    assert list(read_back.events[0]["value"]) == ["b", "a"]
    assert read_back.events == (odd,)


def test_a_request_carries_all_that_its_agent_needs_back() -> None:
    request = asks(
        message="Free some room.",
        response_schema={"type": "object"},
        options=(e.Option("once", "Once", "allow", "call"),),
        expires_at=START_TIME,
    )
    body = e.ApprovalRequested(RUN, request, "0" * 64)
    read_back = e.decode(e.encode(event(body))).body
    assert isinstance(read_back, e.ApprovalRequested)
    assert read_back.request == request
    assert read_back.request.group_id == GROUP
