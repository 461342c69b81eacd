"""Slow readers, readers who come and go, and logs that become other ones."""

from __future__ import annotations

import asyncio
import time

import msgspec
import pytest

from collab import hub, ring
from collab.core import events as e
from collab.core import frames
from collab.core.codes import Close
from collab.core.drafts import Draft
from collab.core.encodings import JSON
from collab.ring import Behind
from permissions.masks import Mask
from permissions.roles import Permission
from tests.overhear import OPERATOR, PATIENCE, Place
from tests.play import RUN, START_TIME, delta, message, opened


@pytest.fixture
async def place(monkeypatch: pytest.MonkeyPatch) -> Place:
    """Give a hub whose pauses are short, so that a test waits for what happens only."""
    monkeypatch.setattr(hub, "AGAIN_SECONDS", 0.001)
    return Place()


# slow readers


async def test_a_reader_that_is_slow_holds_nobody_up_and_loses_nothing(place: Place) -> None:
    slow, quick = await place.reader(), await place.reader()
    slow.slow = True
    for _ in range(20):
        place.offer(place.log.notes(50))
    await place.all_read(quick)
    assert slow.seqs == []
    slow.drain()
    await place.all_read(slow)


async def test_a_reader_behind_the_ring_reads_pages_of_the_log_until_it_is_back(
    place: Place,
) -> None:
    slow, quick = await place.reader(), await place.reader()
    slow.slow = True
    for _ in range(30):
        place.offer(place.log.notes(ring.RING // 10))
        await place.all_read(quick)
    with pytest.raises(Behind):
        place.hub.frame(slow)
    while slow.cursor + 1 < place.hub._ring.first:
        data = await place.hub.page(slow)
        assert data is not None
        slow.take(data)
    slow.drain()
    await place.all_read(slow)


async def test_a_page_is_not_given_under_a_mask_that_has_run_out(place: Place) -> None:
    reader = await place.reader(Mask(OPERATOR.permissions, time.time() - 1))
    place.offer(place.log.notes(1))
    assert await place.hub.page(reader) is None
    assert reader.cursor == 0


async def test_a_reader_who_sees_the_present_is_given_no_page(place: Place) -> None:
    reader = await place.reader()
    place.offer(place.log.notes(1))
    assert await place.hub.page(reader) is None
    assert reader.cursor == 1


async def test_a_page_holds_nothing_that_waits_for_newer_grants(place: Place) -> None:
    reader = await place.reader()
    reader.slow = True
    place.offer(place.log.notes(2))
    place.log.acl_version = 2
    place.log.gate.clear()
    place.offer(place.log.notes(2))
    data = await place.hub.page(reader)
    assert data is not None
    reader.take(data)
    assert reader.seqs == [1, 2]
    place.log.gate.set()


def spoken(pieces: int) -> list[Draft]:
    """Give a message that was streamed in pieces and then finished."""
    words = [delta(str(piece)) for piece in range(pieces)]
    whole = message("".join(str(word["delta"]) for word in words))
    return [
        Draft(e.SessionOpened("Logs")),
        Draft(e.RunStarted(RUN)),
        Draft(e.OutputStreamed(RUN, opened())),
        *(Draft(e.OutputStreamed(RUN, (word,))) for word in words),
        Draft(e.OutputEmitted(RUN, whole)),
    ]


async def test_who_is_far_behind_is_spared_the_deltas_of_a_finished_message(place: Place) -> None:
    late, quick = await place.reader(), await place.reader()
    late.slow = True
    for draft in spoken(ring.FEW * 2):
        place.offer(place.log.append(draft))
        await place.all_read(quick)
    late.drain()
    assert late.seqs == [1, 2, len(place.log.stored)]
    assert late.cursor == quick.cursor


async def test_a_reader_that_wants_no_deltas_gets_none_and_its_place_rises_all_the_same(
    place: Place,
) -> None:
    reader = await place.reader(deltas=False)
    for draft in spoken(3):
        place.offer(place.log.append(draft))
        await place.log.news.until(lambda: reader.cursor == len(place.log.stored))
    assert reader.seqs == [1, 2, len(place.log.stored)]
    assert [frame.last for frame in reader.taken] == list(range(1, len(place.log.stored) + 1))


async def test_memory_of_a_hub_is_bounded_however_slow_its_readers_are(place: Place) -> None:
    slow = await place.reader()
    slow.slow = True
    for _ in range(40):
        place.offer(place.log.notes(ring.RING // 8))
        assert len(place.hub._ring) <= ring.RING * 5 // 4 + ring.RING // 8
    assert place.hub.state().seq == len(place.log.stored)


async def test_a_frame_is_only_so_large_and_a_larger_event_goes_alone(place: Place) -> None:
    reader = await place.reader()
    reader.slow = True
    place.offer(place.log.notes(4, "x" * (ring.FRAME_BYTES // 3)))
    place.offer(place.log.notes(1, "x" * (ring.FRAME_BYTES * 2)))
    place.offer(place.log.notes(1))
    reader.drain()
    await place.all_read(reader)
    assert [(frame.first, frame.last) for frame in reader.taken] == [(1, 2), (3, 4), (5, 5), (6, 6)]


# other logs, other frames


async def test_readers_are_sent_away_when_the_log_is_another_one(place: Place) -> None:
    reader = await place.reader()
    place.look(epoch=2)
    assert reader.left


async def test_readers_are_sent_away_when_the_log_has_become_shorter(place: Place) -> None:
    reader = await place.reader()
    place.offer(place.log.notes(3))
    place.look(seq=2)
    assert reader.left


async def test_a_look_that_was_overtaken_by_new_events_sends_nobody_away(place: Place) -> None:
    reader = await place.reader()
    head, since = place.log.head, place.hub.ready
    place.offer(place.log.notes(3))
    place.hub.heard(head, since)
    assert not reader.left


async def test_readers_are_sent_away_when_grants_come_from_another_log(place: Place) -> None:
    reader = await place.reader()
    place.log.epoch, place.log.acl_version = 2, 2
    place.look(epoch=1)
    assert await place.news.until(lambda: reader.left)


async def test_who_waits_for_grants_is_not_left_waiting_when_the_hub_ends(place: Place) -> None:
    reader = await place.reader()
    place.log.gate.clear()
    waiting = asyncio.ensure_future(place.hub.check())
    await place.news.until(lambda: place.log.looks > 1)
    place.log.epoch = 2
    place.hub.dismiss()
    place.log.gate.set()
    await asyncio.wait_for(waiting, PATIENCE)
    assert reader.left


async def test_who_left_gets_nothing_more(place: Place) -> None:
    gone, stays = await place.reader(), await place.reader()
    place.hub.remove(gone)
    place.offer(place.log.notes(1))
    await place.all_read(stays)
    assert gone.seqs == []


async def test_what_is_not_of_the_log_is_shown_to_everyone(place: Place) -> None:
    one, two = await place.reader(), await place.reader()
    beat = frames.Beat(7, START_TIME)
    place.hub.show(beat)
    assert one.shown == two.shown == [frames.encode(beat)]


async def test_each_is_answered_in_the_encoding_that_it_speaks(place: Place) -> None:
    packed, one, two = [await place.reader() for _ in range(3)]
    one.encoding = two.encoding = JSON
    place.offer(place.log.notes(2))
    place.hub.show(frames.Beat(2, START_TIME))
    await place.all_read(packed, one, two)
    for reader, kind in ((packed, bytes), (one, str), (two, str)):
        assert {type(data) for data in (*reader.raw, *reader.shown)} == {kind}
    assert one.raw[0] is two.raw[0], "readers of JSON share one encoded frame too"
    assert one.shown[0] is two.shown[0]
    assert one.entries == packed.entries


async def test_a_late_joiner_is_given_the_state_of_what_may_be_delivered(place: Place) -> None:
    await place.reader()
    place.offer(place.log.append(Draft(e.SessionOpened("Logs"))))
    place.log.acl_version = 2
    place.log.gate.clear()
    place.offer(place.log.append(Draft(e.SessionRenamed("Later"))))
    assert (place.hub.state().seq, place.hub.state().title) == (1, "Logs")
    place.log.gate.set()
    await place.news.until(lambda: place.hub.ready == 2)
    assert place.hub.state().title == "Later"


async def test_all_permissions_but_view_show_nothing(place: Place) -> None:
    blind = await place.reader(Mask(Permission(sum(Permission)) & ~Permission.VIEW, None))
    place.offer(place.log.notes(1))
    assert blind.seqs == []
    assert isinstance(blind.mask, Mask)
    assert msgspec.msgpack.decode(frames.NIL) is None


async def test_the_connections_that_an_event_cuts_are_closed_and_no_others(place: Place) -> None:
    one, two = await place.reader(), await place.reader()
    place.offer(place.log.append(Draft(e.NoteWritten("connection.closed"))))
    assert (one.left, two.left) == (None, None)
    place.offer(place.log.append(Draft(e.ConnectionClosed(one.principal.user))))
    assert (one.left, two.left) == (Close.CUT, None)
    place.offer(place.log.append(Draft(e.ConnectionClosed(two.principal.user, away=True))))
    assert two.left is Close.SENT_AWAY
