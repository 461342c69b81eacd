"""Bytes that nobody vouches for: never an exception, always a frame or a named refusal."""

from __future__ import annotations

import json
from typing import Any

import msgpack
from hypothesis import example, given
from hypothesis import strategies as st

from collab.core import commands as c
from collab.core import frames
from collab.core.chain import args_digest
from collab.core.codes import Close, Refused
from collab.core.connection import Connection
from collab.core.encodings import as_json
from collab.core.frames import LIMITS, ClientFrame
from tests.play import AGENT, OPERATOR, OWNER, asking_session
from tests.unit.test_commands import EXAMPLES

PERSON = LIMITS["person"]
LARGEST = 2**53 - 1

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-LARGEST, LARGEST)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
values = st.recursive(
    leaves, lambda v: st.lists(v, max_size=4) | st.dictionaries(texts, v, max_size=4), max_leaves=15
)
anything = st.recursive(
    leaves | st.binary(max_size=8) | st.floats() | st.integers(-(2**63), 2**64 - 1),
    lambda v: st.lists(v, max_size=4) | st.dictionaries(texts | st.integers(0, 9), v, max_size=4),
    max_leaves=20,
)
seqs = st.integers(0, LARGEST)
valid: st.SearchStrategy[ClientFrame] = st.one_of(
    st.builds(
        frames.Join,
        st.none() | st.tuples(seqs, seqs, st.binary(max_size=8)),
        st.booleans(),
        st.booleans(),
    ),
    st.builds(frames.Submit, st.uuids(), st.dictionaries(texts, values, max_size=5)),
    st.builds(frames.Read, st.integers(0, 2**31 - 1), seqs, st.integers(1, frames.PAGE_LIMIT)),
    st.builds(frames.Alive, st.none() | st.integers(-LARGEST, LARGEST)),
)


def is_named(heard: object) -> bool:
    return isinstance(heard, ClientFrame | Refused)


@given(st.binary(max_size=300))
@example(b"\x81\xa5frame\xc7\x00\x05")
def test_any_bytes_are_a_frame_or_a_named_refusal(data: bytes) -> None:
    assert is_named(frames.decode(data, PERSON))


@given(anything)
def test_any_tree_is_a_frame_or_a_named_refusal(tree: Any) -> None:
    assert is_named(frames.decode(msgpack.packb(tree), PERSON))


json_like = st.text(st.sampled_from(r'{}[]",:\ud80eE+-.019nulltrefasNI '), max_size=60)


@given(st.text(max_size=100) | json_like | st.recursive(json_like, lambda t: t.map("[{}]".format)))
def test_any_text_is_a_frame_or_a_named_refusal(text: str) -> None:
    assert is_named(frames.decode(text, PERSON))


@given(anything.filter(lambda tree: not isinstance(tree, bytes)))
def test_any_tree_in_json_is_a_frame_or_a_named_refusal(tree: Any) -> None:
    assert is_named(frames.decode(json.dumps(tree, default=str), PERSON))


@given(valid)
def test_a_valid_frame_is_read_back_as_it_was(frame: ClientFrame) -> None:
    assert frames.decode(frames.encode(frame), PERSON) == frame
    assert frames.decode(as_json(frame), PERSON) == frame


@given(valid, st.data())
def test_a_damaged_frame_is_a_frame_or_a_named_refusal(
    frame: ClientFrame, data: st.DataObject
) -> None:
    damaged = bytearray(frames.encode(frame))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, max(0, len(damaged) - 1)))
        match data.draw(st.sampled_from(["flip", "cut", "insert", "drop"])):
            case "flip" if damaged:
                damaged[place] ^= 1 << data.draw(st.integers(0, 7))
            case "cut":
                del damaged[place:]
            case "drop":
                del damaged[place : place + 1]
            case _:
                damaged[place:place] = data.draw(st.binary(min_size=1, max_size=6))
    assert is_named(frames.decode(bytes(damaged), PERSON))


@given(valid)
def test_a_frame_with_anything_behind_it_is_refused(frame: ClientFrame) -> None:
    assert isinstance(frames.decode(frames.encode(frame) + b"\xc0", PERSON), Refused)


@given(st.lists(st.binary(max_size=40) | valid.map(frames.encode), max_size=12))
def test_a_connection_answers_whatever_comes_and_joins_once(arriving: list[bytes]) -> None:
    connection, joins, ended = Connection("person"), 0, False
    for data in arriving:
        heard = connection.receive(data)
        assert is_named(heard) or isinstance(heard, Close)
        joins += isinstance(heard, frames.Join)
        assert not (ended and isinstance(heard, ClientFrame)), "heard after the end"
        ended = ended or isinstance(heard, Close)
    assert joins <= 1


@given(st.sampled_from(sorted(c.COMMANDS)), st.dictionaries(texts, values, max_size=5))
def test_any_fields_are_a_command_or_a_named_refusal(name: str, fields: dict[str, Any]) -> None:
    parsed = c.parse(fields | {"type": name})
    assert isinstance(parsed, Refused) or c.parse(_plain(parsed)) == parsed


@given(
    st.sampled_from(sorted(c.COMMANDS)),
    st.data(),
    st.sampled_from([OWNER, OPERATOR, AGENT]),
)
def test_a_command_with_an_odd_field_is_decided_or_refused(
    name: str, data: st.DataObject, who: Any
) -> None:
    """Put anything into one field of a well-formed command and let it be decided."""
    fields = _plain(EXAMPLES[name][0])
    key = data.draw(st.sampled_from(sorted(set(fields) - {"type"}) or ["x"]))
    parsed = c.parse(fields | {key: data.draw(values)})
    if not isinstance(parsed, Refused):
        play = asking_session()
        before = play.state
        made = play.ask(who, parsed)
        assert not isinstance(made, Refused) or play.state is before


@given(values)
def test_whatever_a_frame_can_hold_has_a_digest(value: Any) -> None:
    assert len(args_digest({"a": value})) == 64


def _plain(command: c.Command) -> dict[str, Any]:
    plain: dict[str, Any] = msgpack.unpackb(c.encode(command))
    return plain
