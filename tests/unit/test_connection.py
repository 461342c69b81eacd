"""One socket's states: join first, once; what cannot be read is forgiven twice."""

from __future__ import annotations

import pytest

from collab.core import frames
from collab.core.codes import Close, Refusal, Refused
from collab.core.connection import STRIKES, STRIKING, Connection, Stage
from collab.core.encodings import JSON, MSGPACK, Encoding
from tests.play import uid

JOIN = frames.encode(frames.Join())
SUBMIT = frames.encode(frames.Submit(uid(1), {"type": "prompt.queue", "text": "go"}))
OTHERS = [SUBMIT, frames.encode(frames.Read(1, 5)), frames.encode(frames.Alive())]


def refused(heard: object) -> Refusal:
    assert isinstance(heard, Refused)
    return heard.refusal


def joined() -> Connection:
    connection = Connection("person")
    assert isinstance(connection.receive(JOIN), frames.Join)
    return connection


@pytest.mark.parametrize("data", OTHERS)
def test_nothing_is_heard_before_the_join(data: bytes) -> None:
    connection = Connection("person")
    assert refused(connection.receive(data)) is Refusal.NOT_JOINED
    assert connection.stage is Stage.OPEN


@pytest.mark.parametrize("data", OTHERS)
def test_everything_is_heard_after_the_join(data: bytes) -> None:
    assert joined().receive(data) == frames.decode(data, frames.LIMITS["person"])


def test_a_connection_joins_once() -> None:
    connection = joined()
    assert refused(connection.receive(JOIN)) is Refusal.ALREADY_JOINED
    assert connection.stage is Stage.JOINED


def test_a_join_may_follow_a_frame_that_came_too_early() -> None:
    connection = Connection("person")
    connection.receive(SUBMIT)
    assert isinstance(connection.receive(JOIN), frames.Join)


def test_frames_that_come_out_of_turn_never_end_patience() -> None:
    connection = joined()
    for _ in range(STRIKES * 3):
        assert refused(connection.receive(JOIN)) is Refusal.ALREADY_JOINED


BAD = {
    "malformed": b"\xc1",
    "too large": b"\xc4" * (64 * 1024 + 1),
    "too deep": b"\x81\xa1a" + b"\x91" * 100 + b"\x01",
    "text": frames.encode(frames.Submit(uid(1), {"a": "\0"})),
    "number": frames.encode(frames.Submit(uid(1), {"a": float("nan")})),
    "unknown frame": b"\x81\xa5frame\xa1x",
    "unknown field": b"\x82\xa5frame\xa4join\xa1x\x01",
    "invalid": b"\x82\xa5frame\xa4join\xa6deltas\x01",
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
@pytest.mark.parametrize("make", [lambda: Connection("person"), joined])
def test_the_third_frame_that_cannot_be_read_closes_the_socket(make: object, data: bytes) -> None:
    connection = make() if callable(make) else None
    assert isinstance(connection, Connection)
    for _ in range(STRIKES - 1):
        assert refused(connection.receive(data)) in STRIKING
    assert connection.receive(data) is Close.MALFORMED
    assert connection.stage is Stage.ENDED


def test_good_frames_in_between_do_not_buy_patience() -> None:
    connection = joined()
    answers = []
    for _ in range(STRIKES):
        connection.receive(SUBMIT)
        answers.append(connection.receive(b"\xc1"))
    assert answers[-1] is Close.MALFORMED


@pytest.mark.parametrize(("encoding", "other"), [(MSGPACK, JSON), (JSON, MSGPACK)])
def test_a_frame_in_the_other_encoding_counts_as_one_that_cannot_be_read(
    encoding: Encoding, other: Encoding
) -> None:
    connection, join = Connection("person", encoding), frames.Join()
    assert refused(connection.receive(other.encode(join))) is Refusal.MALFORMED
    connection.receive(other.encode(join))
    assert connection.receive(other.encode(join)) is Close.MALFORMED
    assert Connection("person", encoding).receive(encoding.encode(join)) == join


@pytest.mark.parametrize("data", [JOIN, *OTHERS])
def test_nothing_is_followed_after_the_end(data: bytes) -> None:
    connection = joined()
    for _ in range(STRIKES):
        connection.receive(b"\xc1")
    assert isinstance(connection.receive(data), Refused)
    assert connection.receive(b"\xc1") is Close.MALFORMED


def test_a_bad_command_in_a_good_frame_is_no_strike() -> None:
    connection = joined()
    odd = frames.encode(frames.Submit(uid(1), {"type": "no.such", "x": 1}))
    for _ in range(STRIKES * 2):
        assert isinstance(connection.receive(odd), frames.Submit)


def test_an_agent_may_send_more_at_once_than_a_person() -> None:
    large = frames.encode(frames.Submit(uid(1), {"text": "x" * 100_000}))
    agent, person = Connection("agent"), Connection("person")
    agent.receive(JOIN), person.receive(JOIN)
    assert isinstance(agent.receive(large), frames.Submit)
    assert refused(person.receive(large)) is Refusal.TOO_LARGE
