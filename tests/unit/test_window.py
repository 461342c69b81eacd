"""What leaves the log: whole events, stubs for what is withheld, and ranges without a gap."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import pytest

from collab.core import events as e
from collab.core import frames, window
from collab.core.visibility import AUDITORS, EVERYONE, OPERATORS, sights
from collab.core.window import Lens
from permissions.roles import ROLES
from tests.play import RUN, START_TIME, delta, uid

SECRET = "the password is swordfish"
AUTHOR = uid(0x5EC2E7)


class Lying(NamedTuple):
    """An event as it lies in the table."""

    seq: int
    visibility: int
    passing: bool
    time: int
    content: bytes
    digest: bytes
    chain: bytes


def lying(seq: int, visibility: int = EVERYONE, text: str = "hello") -> Lying:
    body = e.NoteWritten(text)
    event = e.Event(seq, body.type, START_TIME + seq, body, AUTHOR)
    return Lying(seq, visibility, False, event.time, e.encode(event), digest(seq), mark(seq))


def streamed(seq: int) -> Lying:
    body = e.OutputStreamed(RUN, (delta(f"piece {seq}"),))
    event = e.Event(seq, body.type, START_TIME + seq, body)
    return Lying(seq, EVERYONE, True, event.time, e.encode(event), digest(seq), mark(seq))


def digest(seq: int) -> bytes:
    return bytes([seq]) * 32


def mark(seq: int) -> bytes:
    return bytes([seq + 100]) * 32


def cut(entries: list[Lying], lens: Lens, floor: int = 0) -> frames.Events:
    return window.frame(entries[0].seq, entries, lens, floor)


def lens(role: str, *, deltas: bool = True) -> Lens:
    return Lens(sights(ROLES[role]), deltas)


def test_what_may_be_seen_goes_out_byte_for_byte() -> None:
    entries = [lying(1), lying(2)]
    assert [bytes(raw) for raw in cut(entries, lens("observer")).events] == [
        entry.content for entry in entries
    ]


def test_a_frame_says_what_it_covers_and_where_the_chain_stands() -> None:
    told = cut([lying(4), lying(5), lying(6)], lens("observer"))
    assert (told.first, told.last, told.mark) == (4, 6, mark(6)[:8])


@pytest.mark.parametrize("visibility", [OPERATORS, AUDITORS])
def test_what_is_withheld_leaves_its_place_its_time_and_its_digest_and_nothing_else(
    visibility: int,
) -> None:
    told = cut([lying(1), lying(2, visibility, SECRET), lying(3)], lens("observer"))
    plain = msgspec.msgpack.decode(told.events[1])
    assert plain == {"seq": 2, "time": START_TIME + 2, "digest": digest(2), "stub": True}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("visibility", [OPERATORS, AUDITORS])
def test_no_hidden_byte_is_in_the_frame(role: str, visibility: int) -> None:
    data = frames.encode(window.frame(1, [lying(1, visibility, SECRET)], lens(role), 0))
    seen = sights(ROLES[role]) >> visibility & 1
    assert (SECRET.encode() in data) == bool(seen)
    assert (str(AUTHOR).encode() in data) == bool(seen)
    assert (b"note.written" in data) == bool(seen)


def test_deltas_are_left_out_for_who_does_not_want_them_and_the_range_covers_them() -> None:
    told = cut([lying(1), streamed(2), lying(3), streamed(4)], lens("observer", deltas=False))
    assert [frames.event_or_stub(raw).seq for raw in told.events] == [1, 3]
    assert (told.first, told.last, told.mark) == (1, 4, mark(4)[:8])


def test_deltas_that_a_finished_message_holds_are_left_out() -> None:
    told = cut([streamed(1), streamed(2), lying(3), streamed(4)], lens("observer"), floor=4)
    assert [frames.event_or_stub(raw).seq for raw in told.events] == [3, 4]


def test_a_frame_may_cover_a_range_and_hold_nothing() -> None:
    told = cut([streamed(1), streamed(2)], lens("observer", deltas=False))
    assert (told.first, told.last, told.events) == (1, 2, [])


def test_a_page_shows_the_same_as_a_frame() -> None:
    entries = [lying(1), lying(2, OPERATORS, SECRET), streamed(3)]
    for role in ROLES:
        assert window.shown(entries, lens(role), 0) == cut(entries, lens(role)).events
