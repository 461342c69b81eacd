"""Two encodings, one meaning; what is stored is turned into JSON once, and little of it is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgpack
import msgspec
import pytest
from msgspec import inspect

from collab.core import encodings, frames, window
from collab.core import events as e
from collab.core import state as fold
from collab.core.codes import Refusal, Refused
from collab.core.encodings import ENCODINGS, JSON, MSGPACK, Transcripts
from collab.core.frames import LIMITS, ClientFrame, ServerFrame
from collab.core.window import Lens
from tests.plain import heard, packed, plain
from tests.play import ASKED, START_TIME, asking_session, uid
from tests.unit.test_frames import HEARD, TOLD
from tests.unit.test_window import lying

PERSON = LIMITS["person"]


def submit(value: str) -> str:
    """Give a frame's text with any text as the value of a command's field."""
    command = f'{{"type": "note.write", "text": {value}}}'
    return f'{{"frame": "submit", "command_id": "{uid(1)}", "command": {command}}}'


def why(text: str) -> Refusal:
    refused = frames.decode(text, PERSON)
    assert isinstance(refused, Refused), refused
    return refused.refusal


def test_each_encoding_is_asked_for_by_its_subprotocol() -> None:
    assert ENCODINGS == {"cohelm.v1.msgpack": MSGPACK, "cohelm.v1.json": JSON}


@pytest.mark.parametrize("frame", TOLD, ids=lambda frame: type(frame).__name__)
def test_both_encodings_of_what_the_server_sends_say_the_same(frame: ServerFrame) -> None:
    text = encodings.as_json(frame)
    assert json.loads(text) == plain(msgpack.unpackb(frames.encode(frame)))
    assert heard(text) == heard(frames.encode(frame)) == frame


@pytest.mark.parametrize("frame", HEARD, ids=lambda frame: type(frame).__name__)
def test_what_a_client_sends_as_json_is_what_the_server_reads(frame: ClientFrame) -> None:
    assert frames.decode(encodings.as_json(frame), PERSON) == frame


def test_a_session_reads_the_same_in_both_encodings() -> None:
    play = asking_session()
    entries = [msgspec.Raw(e.encode(event)) for event in play.events]
    told = frames.Events(1, len(entries), b"12345678", entries)
    assert packed(encodings.as_json(told)) == frames.encode(told)
    state = msgspec.Raw(fold.encode(play.state))
    welcome = msgspec.structs.replace(TOLD[0], state=state)
    shown = json.loads(encodings.as_json(welcome))
    assert str(ASKED) in shown["state"]["approvals"]
    assert shown["state"] == plain(msgpack.unpackb(bytes(state)))


def test_a_withheld_event_has_its_digest_in_hex() -> None:
    told = window.frame(1, [lying(1, visibility=1)], Lens(1, True), 0)
    (stub,) = json.loads(encodings.as_json(told))["events"]
    assert stub == {"seq": 1, "time": START_TIME + 1, "digest": "01" * 32, "stub": True}


def types(found: inspect.Type) -> Iterator[inspect.Type]:
    """Give a type and all that it is made of."""
    yield found
    for name in getattr(found, "__struct_fields__", ()):
        part = getattr(found, name)
        for inner in part if isinstance(part, tuple) else (part,):
            if isinstance(inner, inspect.Field):
                yield from types(inner.type)
            elif isinstance(inner, inspect.Type):
                yield from types(inner)


@pytest.mark.parametrize("kept", [*e.BODIES.values(), fold.State], ids=lambda kept: kept.__name__)
def test_nothing_that_is_stored_holds_bytes_where_they_would_not_be_turned_into_hex(
    kept: type[msgspec.Struct],
) -> None:
    assert not [found for found in types(inspect.type_info(kept)) if found == inspect.BytesType()]


def test_bytes_would_be_found() -> None:
    assert inspect.BytesType() in types(inspect.type_info(frames.Page | frames.Events))


# once each, and not for ever


def test_an_event_is_turned_into_json_once() -> None:
    transcripts, content = Transcripts(1_000), msgpack.packb({"seq": 1})
    assert transcripts.of(content) is transcripts.of(bytes(bytearray(content)))


def test_what_is_kept_has_a_bound_and_the_newest_stays() -> None:
    transcripts = Transcripts(1_000)
    contents = [msgpack.packb({"seq": seq, "text": "x" * 50}) for seq in range(40)]
    made = [transcripts.of(content) for content in contents]
    assert transcripts.of(contents[-1]) is made[-1]
    assert transcripts.of(contents[0]) is not made[0]
    assert transcripts.of(contents[0]) == made[0]
    assert transcripts._size == sum(len(a) + len(b) for a, b in transcripts._kept.items()) <= 1_000


def test_what_is_larger_than_all_room_is_turned_all_the_same() -> None:
    large = msgpack.packb({"text": "x" * 2_000})
    assert json.loads(Transcripts(1_000).of(large)) == {"text": "x" * 2_000}


# text that nobody vouches for

NO_FRAME = {
    "nothing": "",
    "a list": "[]",
    "a number": "7",
    "two frames": '{"frame": "alive"} {"frame": "alive"}',
    "cut short": '{"frame": "alive"',
    "a comma too many": '{"frame": "alive",}',
    "single quotes": "{'frame': 'alive'}",
    "a comment": '{"frame": "alive"} // x',
    "a byte order mark": '\ufeff{"frame": "alive"}',
    "a key that is a number": '{"frame": "alive", 1: 2}',
    "a control character": '{"frame": "a\nlive"}',
    "a frame twice": '{"frame": "join", "frame": "alive"}',
    "a key twice, deep": submit('[{"a": {"b": 1, "b": 1}}]'),
    "a key twice, once escaped": submit(r'{"a": 1, "\u0061": 1}'),
    "hexadecimal": submit("0x10"),
    "a leading zero": submit("01"),
}
TEXTS = {
    "NUL": (submit(r'"a\u0000b"'), Refusal.INVALID_TEXT),
    "NUL in a key": (submit(r'{"a\u0000": 1}'), Refusal.INVALID_TEXT),
    "half a surrogate": (submit(r'"\ud800"'), Refusal.INVALID_TEXT),
    "half a surrogate in a key": (submit(r'{"\udc00": 1}'), Refusal.INVALID_TEXT),
    "not a number": (submit("NaN"), Refusal.INVALID_NUMBER),
    "infinity": (submit("-Infinity"), Refusal.INVALID_NUMBER),
    "1e400": (submit("1e400"), Refusal.INVALID_NUMBER),
    "2^53": (submit(str(2**53)), Refusal.INVALID_NUMBER),
    "5,000 digits": (submit("1" * 5_000), Refusal.INVALID_NUMBER),
    "too deep": (submit("[" * 31 + "]" * 31), Refusal.TOO_DEEP),
    "without end": ("[" * 60_000, Refusal.TOO_DEEP),
    "too many values": (submit("[" + "0," * 2_000 + "0]"), Refusal.TOO_LARGE),
    "too large": (submit('"' + "x" * 66_000 + '"'), Refusal.TOO_LARGE),
    "too large in bytes": (submit('"' + "\u2713" * 22_000 + '"'), Refusal.TOO_LARGE),
}


@pytest.mark.parametrize("text", NO_FRAME.values(), ids=NO_FRAME)
def test_text_that_is_no_frame_is_malformed(text: str) -> None:
    assert why(text) is Refusal.MALFORMED


@pytest.mark.parametrize("name", TEXTS)
def test_text_that_could_not_be_kept_is_named(name: str) -> None:
    text, refusal = TEXTS[name]
    assert why(text) is refusal


@pytest.mark.parametrize("value", [r'"\ud83d\ude00"', '"\U0001f600"', "-0.0", "1e22", "true"])
def test_what_json_can_say_is_kept(value: str) -> None:
    frame: Any = frames.decode(submit(value), PERSON)
    assert frame.command["text"] == json.loads(value)


@pytest.mark.parametrize("mark", ["", "00ff", "00FF00ff00ff00ff"])
def test_a_mark_is_written_in_hex(mark: str) -> None:
    read = frames.decode(f'{{"frame": "join", "cursor": [1, 2, "{mark}"]}}', PERSON)
    assert read == frames.Join((1, 2, bytes.fromhex(mark)))


@pytest.mark.parametrize(
    "mark", ['"0"', '"zz"', '"00 ff"', '"MTI="', '"\u0660\u0660"', "null", "1"]
)
def test_a_mark_that_is_none_is_invalid(mark: str) -> None:
    assert why(f'{{"frame": "join", "cursor": [1, 2, {mark}]}}') is Refusal.INVALID


def test_a_mark_in_messagepack_is_bytes_and_no_text_that_might_mean_them() -> None:
    packed_join = msgpack.packb({"frame": "join", "cursor": [1, 2, "MTI="]})
    refused = frames.decode(packed_join, PERSON)
    assert isinstance(refused, Refused)
    assert refused.refusal is Refusal.INVALID


@pytest.mark.parametrize(
    "twice", [b"\x82\xa5frame\xa5alive\xa5frame\xa4join", b"\x82\xa1a\x01\xa1a\x01"]
)
def test_a_key_that_stands_twice_is_malformed_in_messagepack_too(twice: bytes) -> None:
    refused = frames.decode(twice, PERSON)
    assert isinstance(refused, Refused)
    assert refused.refusal is Refusal.MALFORMED
