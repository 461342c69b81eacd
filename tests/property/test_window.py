"""However a log is cut into frames, together they are everything that a reader may see."""

from __future__ import annotations

import itertools
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from collab.core import events as e
from collab.core import frames, window
from collab.core.visibility import EVERYONE, OPERATORS, Sight, sights, view
from collab.core.window import Lens
from permissions.roles import ROLES
from tests.play import RUN, START_TIME, delta


class Lying(NamedTuple):
    """An event as it lies in the table."""

    seq: int
    visibility: int
    passing: bool
    time: int
    content: bytes
    digest: bytes
    chain: bytes


def secret(seq: int) -> str:
    return f"secret-{seq:04}-"


def lying(seq: int, visibility: int, passing: bool) -> Lying:
    body: e.Body = e.NoteWritten(secret(seq))
    if passing:
        body = e.OutputStreamed(RUN, (delta(secret(seq)),))
    event = e.Event(seq, body.type, START_TIME + seq, body)
    mark = seq.to_bytes(32, "big")
    return Lying(seq, visibility, passing, event.time, e.encode(event), mark, mark[::-1])


@st.composite
def logs(draw: st.DrawFn) -> list[Lying]:
    kinds = st.sampled_from([(v, p) for v in (0, 1, 2) for p in (False, True)])
    return [lying(seq, *kind) for seq, kind in enumerate(draw(st.lists(kinds, min_size=1)), 1)]


lenses = st.builds(Lens, st.sampled_from([sights(m) for m in ROLES.values()]), st.booleans())


@st.composite
def cuts(draw: st.DrawFn) -> tuple[list[Lying], list[list[Lying]]]:
    log = draw(logs())
    places = sorted(draw(st.sets(st.integers(1, len(log)), max_size=6)) | {0, len(log)})
    return log, [log[a:b] for a, b in itertools.pairwise(places) if a < b]


@given(cuts(), lenses, st.integers(0, 12))
def test_any_cut_covers_everything_without_a_gap_and_shows_the_same(
    cut: tuple[list[Lying], list[list[Lying]]], lens: Lens, floor: int
) -> None:
    log, parts = cut
    shown: list[bytes] = []
    after = 0
    for part in parts:
        told = window.frame(after + 1, part, lens, floor)
        assert (told.first, told.last) == (after + 1, part[-1].seq)
        assert told.mark == part[-1].chain[:8]
        shown += [bytes(raw) for raw in told.events]
        after = told.last
    assert after == log[-1].seq
    assert shown == [bytes(raw) for raw in window.shown(log, lens, floor)]


@given(logs(), lenses, st.integers(0, 12))
def test_an_event_is_whole_or_a_stub_or_a_delta_that_was_left_out(
    log: list[Lying], lens: Lens, floor: int
) -> None:
    entries = {
        entry.seq: entry for entry in map(frames.event_or_stub, window.shown(log, lens, floor))
    }
    for lies in log:
        entry = entries.pop(lies.seq, None)
        if entry is None:
            assert lies.passing
            assert not lens.deltas or lies.seq < floor
        elif isinstance(entry, frames.Stub):
            assert not lens.sights >> lies.visibility & 1
            assert entry == frames.Stub(lies.seq, lies.time, lies.digest)
        else:
            assert entry == e.decode(lies.content)
    assert entries == {}


@given(logs(), lenses)
def test_no_hidden_byte_is_in_any_frame(log: list[Lying], lens: Lens) -> None:
    data = frames.encode(window.frame(1, log, lens, 0))
    for lies in log:
        if not lens.sights >> lies.visibility & 1:
            assert secret(lies.seq).encode() not in data


@given(st.sampled_from(sorted(ROLES)), st.sampled_from([EVERYONE, OPERATORS, 2]))
def test_the_window_shows_what_the_view_says(role: str, visibility: int) -> None:
    mask = ROLES[role]
    (raw,) = window.shown([lying(1, visibility, False)], Lens(sights(mask), True), 0)
    whole = isinstance(frames.event_or_stub(raw), e.Event)
    assert whole == (view(visibility, mask) is Sight.FRAME)
