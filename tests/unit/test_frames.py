"""Frames: read back as sent; limits hold at the border; odd bytes get a name and no room."""

from __future__ import annotations

import struct
import tracemalloc
from typing import Any, get_args

import msgpack
import msgspec
import pytest

from collab.core import events as e
from collab.core import frames
from collab.core.codes import Refusal, Refused
from collab.core.frames import LIMITS, ClientFrame, ServerFrame
from collab.core.untrusted import Limits
from tests.play import START_TIME, uid

PERSON, AGENT = LIMITS["person"], LIMITS["agent"]

HEARD: list[ClientFrame] = [
    frames.Join(),
    frames.Join((3, 1234, b"\x00\x01\x02\x03\x04\x05\x06\x07"), deltas=False, from_start=True),
    frames.Submit(uid(1), {"type": "prompt.queue", "text": "tidy \u2713"}),
    frames.Read(1, 50),
    frames.Read(2**31 - 1, 2**53 - 1, frames.PAGE_LIMIT),
    frames.Alive(),
    frames.Alive(3),
]
TOLD: list[ServerFrame] = [
    frames.Welcome(
        frames.SUBPROTOCOL,
        frames.SessionCard(uid(1), "Logs", "open", uid(2)),
        frames.You(uid(3), "Olga", "person", ("view", "drive")),
        1,
        9,
        4,
        msgspec.Raw(frames.NIL),
        9,
        2,
    ),
    frames.Events(4, 9, b"12345678", [msgspec.Raw(b"\x80")]),
    frames.Page(1, 1, 3, [], more=False),
    frames.Reply(uid(1), 7, 2, replayed=True),
    frames.RefusalFrame("forbidden", "No.", False, uid(1), {"needs": "drive"}),
    frames.RefusalFrame("malformed", "No.", False),
    frames.Presence([frames.Present(uid(1), "Olga", "person", 2)]),
    frames.Presence([], whole=False, gone=[uid(1)]),
    frames.Access(("view",), 8),
    frames.Beat(9, START_TIME),
    frames.Resync("chain", "Not the same.", 0, 9),
]


def decode(tree: Any, limits: Limits = PERSON) -> Any:
    return frames.decode(msgpack.packb(tree), limits)


def why(data: bytes, limits: Limits = PERSON) -> Refusal:
    refused = frames.decode(data, limits)
    assert isinstance(refused, Refused), refused
    return refused.refusal


def submit(value: Any) -> bytes:
    command = {"type": "note.write", "text": value}
    frame = {"frame": "submit", "command_id": str(uid(1)), "command": command}
    return bytes(msgpack.packb(frame))


def test_there_is_an_example_of_every_frame() -> None:
    assert {type(frame) for frame in HEARD} == set(get_args(ClientFrame))
    assert {type(frame) for frame in TOLD} == set(get_args(ServerFrame))


@pytest.mark.parametrize("frame", HEARD, ids=lambda frame: type(frame).__name__)
def test_what_a_client_sends_is_what_the_server_reads(frame: ClientFrame) -> None:
    assert frames.decode(frames.encode(frame), PERSON) == frame


@pytest.mark.parametrize("frame", TOLD, ids=lambda frame: type(frame).__name__)
def test_what_the_server_sends_is_what_a_client_reads(frame: ServerFrame) -> None:
    assert frames.decode_server(frames.encode(frame)) == frame


@pytest.mark.parametrize("frame", [*HEARD, *TOLD], ids=lambda frame: type(frame).__name__)
def test_every_frame_is_a_map_that_names_its_kind(frame: ServerFrame | ClientFrame) -> None:
    plain = msgpack.unpackb(frames.encode(frame))
    assert plain["frame"] == frame.__struct_config__.tag


@pytest.mark.parametrize("frame", HEARD, ids=lambda frame: type(frame).__name__)
@pytest.mark.parametrize("field", ["actor", "seq", "user", "session", "is_staff"])
def test_a_field_that_is_not_known_is_named(frame: ClientFrame, field: str) -> None:
    tree = msgpack.unpackb(frames.encode(frame)) | {field: 1}
    refused = decode(tree)
    assert refused.refusal is Refusal.UNKNOWN_FIELD
    assert field in refused.details["problem"]


@pytest.mark.parametrize("kind", ["", "hello", "welcome", "events", None, 1, [], {}])
def test_a_kind_of_frame_that_is_not_heard_here_is_unknown(kind: Any) -> None:
    assert decode({"frame": kind}).refusal is Refusal.UNKNOWN_FRAME


def test_a_map_without_a_kind_is_unknown() -> None:
    assert decode({}).refusal is Refusal.UNKNOWN_FRAME


@pytest.mark.parametrize(
    "tree",
    [
        {"frame": "join", "cursor": [1, 2]},
        {"frame": "join", "cursor": [1, -2, b"x"]},
        {"frame": "join", "cursor": {"seq": 1}},
        {"frame": "join", "deltas": 1},
        {"frame": "submit", "command_id": "x", "command": {}},
        {"frame": "submit", "command_id": str(uid(1)), "command": []},
        {"frame": "submit", "command": {}},
        {"frame": "read", "request_id": -1, "before": 1},
        {"frame": "read", "request_id": 2**31, "before": 1},
        {"frame": "read", "request_id": 1, "before": -1},
        {"frame": "read", "request_id": 1, "before": 1, "limit": 0},
        {"frame": "read", "request_id": 1, "before": 1, "limit": frames.PAGE_LIMIT + 1},
        {"frame": "read", "request_id": 1, "before": 1.5},
        {"frame": "alive", "claim": "1"},
    ],
)
def test_a_field_of_the_wrong_form_is_invalid(tree: Any) -> None:
    refused = decode(tree)
    assert refused.refusal is Refusal.INVALID
    assert refused.details["problem"]


# limits at the border


@pytest.mark.parametrize("limits", [PERSON, AGENT])
def test_a_frame_may_be_as_large_as_the_limit_and_not_a_byte_larger(limits: Limits) -> None:
    some = limits.size - 100
    room = some + limits.size - len(submit("x" * some))
    exact = submit("x" * room)
    assert len(exact) == limits.size
    assert isinstance(frames.decode(exact, limits), frames.Submit)
    assert why(submit("x" * (room + 1)), limits) is Refusal.TOO_LARGE


def nested(depth: int) -> bytes:
    """Give a frame whose deepest value stands at `depth`, the frame itself at 1."""
    value: Any = 0
    for _ in range(depth - 3):
        value = [value]
    return submit(value)


@pytest.mark.parametrize("limits", [PERSON, AGENT])
def test_a_frame_may_be_as_deep_as_the_limit_and_not_a_step_deeper(limits: Limits) -> None:
    assert isinstance(frames.decode(nested(limits.depth), limits), frames.Submit)
    assert why(nested(limits.depth + 1), limits) is Refusal.TOO_DEEP


@pytest.mark.parametrize("limits", [PERSON, AGENT])
def test_a_frame_may_hold_as_many_values_as_the_limit_and_not_one_more(
    limits: Limits,
) -> None:
    besides = 6  # the frame, its kind, its id, the command, its type and the list itself
    assert isinstance(frames.decode(submit([0] * (limits.nodes - besides)), limits), frames.Submit)
    assert why(submit([0] * (limits.nodes - besides + 1)), limits) is Refusal.TOO_LARGE


def test_values_in_many_small_maps_are_counted_together() -> None:
    assert why(submit([{"a": 1}] * 1_500)) is Refusal.TOO_LARGE


LARGEST = 2**53 - 1


@pytest.mark.parametrize("number", [LARGEST, -LARGEST, 0, -0.0, 1.5, 1e308, 5e-324, True])
def test_a_number_that_a_browser_keeps_exactly_is_kept(number: float) -> None:
    frame = frames.decode(submit(number), PERSON)
    assert isinstance(frame, frames.Submit)
    assert frame.command["text"] == number


@pytest.mark.parametrize(
    "number",
    [LARGEST + 1, -LARGEST - 1, 2**64 - 1, -(2**63), float("nan"), float("inf"), float("-inf")],
)
def test_a_number_that_could_not_be_kept_is_named(number: float) -> None:
    assert why(submit(number)) is Refusal.INVALID_NUMBER


@pytest.mark.parametrize("text", ["", "\n\t", "\u2028", "\x1b[31m", "\u202e", "\U0001f600"])
def test_any_unicode_is_kept(text: str) -> None:
    frame = frames.decode(submit(text), PERSON)
    assert isinstance(frame, frames.Submit)
    assert frame.command["text"] == text


@pytest.mark.parametrize(
    "where", [lambda t: t, lambda t: [t], lambda t: {t: 1}, lambda t: {"a": t}]
)
def test_a_nul_is_named_wherever_it_stands(where: Any) -> None:
    assert why(submit(where("a\0b"))) is Refusal.INVALID_TEXT


@pytest.mark.parametrize(
    "text", [b"\xed\xa0\x80", b"\xff", b"\xc3", b"\xc0\x80", b"\xf5\x80\x80\x80"]
)
def test_text_that_is_not_utf8_is_named(text: bytes) -> None:
    raw = b"\x81\xa5frame" + bytes([0xA0 + len(text)]) + text
    assert why(raw) is Refusal.INVALID_TEXT


# bytes that are no frame

NO_FRAME = {
    "nothing": b"",
    "a byte that is never used": b"\xc1",
    "nil": b"\xc0",
    "a number": b"\x07",
    "a text": b"\xa3abc",
    "an array": b"\x91\x01",
    "a map that is cut off": b"\x81\xa5frame",
    "a text that is cut off": b"\x81\xa5frame\xa9join",
    "two frames": frames.encode(frames.Alive()) * 2,
    "a trailing byte": frames.encode(frames.Alive()) + b"\xc0",
    "a text that claims four gigabytes": b"\x81\xa1a\xdb\xff\xff\xff\xff",
    "bytes that claim four gigabytes": b"\x81\xa1a\xc6\xff\xff\xff\xff",
    "JSON": b'{"frame": "join"}',
    "a number as key": b"\x81\x01\x01",
    "nil as key": b"\x81\xc0\x01",
    "a list as key": b"\x81\x90\x01",
    "a map as key": b"\x81\x80\x01",
    "bytes as key": b"\x81\xc4\x01a\x01",
    "an extension": b"\x81\xa1a\xd4\x05\x00",
    "a timestamp": b"\x81\xa1a\xd6\xff\x00\x00\x00\x00",
    "a timestamp of 96 bits": b"\x81\xa1a\xc7\x0c\xff" + bytes(12),
}


@pytest.mark.parametrize("data", NO_FRAME.values(), ids=NO_FRAME)
def test_bytes_that_are_no_frame_are_malformed(data: bytes) -> None:
    assert why(data) is Refusal.MALFORMED


@pytest.mark.parametrize(
    "value",
    [b"\xc7\x00\x05", b"\xc4\x01x", b"\xc4\x00"],
    ids=["an empty extension", "bytes", "no bytes"],
)
def test_a_command_holds_nothing_that_json_does_not_know(value: bytes) -> None:
    assert why(submit("?").replace(b"\xa1?", value)) is Refusal.INVALID


def test_bytes_have_their_place_in_a_cursor() -> None:
    assert decode({"frame": "join", "cursor": [1, 2, b"12345678"]}) == frames.Join(
        (1, 2, b"12345678")
    )
    assert decode({"frame": "join", "deltas": b"1"}).refusal is Refusal.INVALID


BOMBS = {
    "nested arrays that each claim much": b"\x81\xa1a"
    + (b"\xdc\xff\x00" * 900).ljust(60_000, b"\xc0"),
    "nested maps that each claim much": b"\x81\xa1a"
    + (b"\xde\xff\x00\xa1a" * 900).ljust(60_000, b"\xc0"),
    "a hundred thousand empty arrays": b"\x81\xa1a\xdc\xff\xff" + b"\x90" * 65_000,
    "an array of four thousand million": b"\x81\xa1a\xdd\xff\xff\xff\xff",
    "a map of four thousand million": b"\x81\xa1a\xdf\xff\xff\xff\xff",
    "more keys than values are allowed": msgpack.packb({str(n): n for n in range(5_000)}),
}


@pytest.mark.parametrize("data", BOMBS.values(), ids=BOMBS)
def test_what_claims_too_much_is_refused_before_there_is_room_for_it(data: bytes) -> None:
    tracemalloc.start()
    refusal = why(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refusal is Refusal.TOO_LARGE
    assert peak < 1_000_000


@pytest.mark.parametrize("head", [b"\x91", b"\x81\xa1a", b"\xdc\x00\x01", b"\xdd\x00\x00\x00\x01"])
def test_what_is_nested_without_end_is_too_deep(head: bytes) -> None:
    assert why(b"\x81\xa1a" + head * 12_000) is Refusal.TOO_DEEP


def test_nested_claims_that_are_each_allowed_stay_within_bounds() -> None:
    claims = b"\x81\xa1a" + (b"\xdc" + struct.pack(">H", PERSON.nodes)) * 1_000
    tracemalloc.start()
    why(claims)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 32_000_000


# entries of an events frame


def test_an_entry_is_an_event_or_a_stub() -> None:
    event = e.Event(1, "note.written", START_TIME, e.NoteWritten("x"), uid(1))
    stub = frames.Stub(2, START_TIME, b"d" * 32)
    assert frames.event_or_stub(e.encode(event)) == event
    assert frames.event_or_stub(msgspec.msgpack.encode(stub)) == stub


def test_a_note_cannot_pretend_to_be_a_stub() -> None:
    body = e.OutputEmitted(uid(1), ({"type": "CUSTOM", "stub": True},))
    event = e.Event(1, body.type, START_TIME, body, uid(1))
    assert frames.event_or_stub(e.encode(event)) == event


def test_a_refusal_says_what_it_refers_to() -> None:
    refused = Refused(Refusal.QUEUE_FULL, {"limit": 100})
    frame = frames.refusal(refused, uid(1))
    assert frame.code == "queue_full"
    assert (frame.sentence, frame.retry) == (Refusal.QUEUE_FULL.sentence, True)
    assert (frame.command_id, frame.details) == (uid(1), {"limit": 100})


def test_a_frame_of_a_newer_server_is_named_so_that_a_client_can_leave_it_out() -> None:
    newer = msgspec.msgpack.encode({"frame": "tomorrow", "value": 1})
    with pytest.raises(frames.UnknownFrame):
        frames.decode_server(newer)
    with pytest.raises(msgspec.ValidationError):
        frames.decode_server(msgspec.msgpack.encode({"frame": "reply"}))


def test_who_is_here_is_kept_by_a_whole_list_and_what_changes_after_it() -> None:
    ada, olga, omar = (
        frames.Present(uid(n), name, "person", 1) for n, name in enumerate(["Ada", "Olga", "Omar"])
    )
    here = frames.Presence([omar, ada]).after([olga])
    assert here == [ada, omar]
    tabs = frames.Present(omar.user, "Omar", "person", 2)
    news = frames.Presence([tabs, olga], whole=False, gone=[ada.user])
    assert news.after(here) == news.after(news.after(here)) == [olga, tabs]
