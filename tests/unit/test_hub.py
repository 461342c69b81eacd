"""One live log in one process: every reader gets what it may see, once, in order, whatever fails.

The log is a list that the test writes; all else is real.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import msgspec
import pytest

from collab import hub as hubs
from collab.core import chain, frames
from collab.core import events as e
from collab.core.drafts import Draft
from collab.core.state import State
from collab.core.visibility import CODES
from collab.hub import Authorised, Behind, Hub
from collab.log.store import PAGE, Head, Stored
from permissions.masks import Mask, Principal
from permissions.roles import NONE, ROLES, Permission
from tests.play import START_TIME, uid

LOG = uid(0x106)
OPERATOR = Mask(ROLES["operator"], None)
OBSERVER = Mask(ROLES["observer"], None)
NOBODY = Mask(NONE, None)
PATIENCE = 5.0


class News:
    """Wakes whoever waits for something to have happened."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def tell(self) -> None:
        self._event.set()

    async def until(self, met: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not met():
                self._event.clear()
                await self._event.wait()


class Log:
    """What Postgres holds: events, grants, and whether it can be reached."""

    def __init__(self, news: News) -> None:
        self.news = news
        self.stored: list[Stored] = []
        self.epoch, self.acl_version = 1, 1
        self.masks: dict[Principal, Mask] = {}
        self.errors: list[Exception] = []
        self.reads: list[tuple[int, int]] = []
        self.looks = 0
        self.gate = asyncio.Event()
        self.gate.set()

    def append(self, *drafts: Draft) -> list[Stored]:
        made = [self._stored(len(self.stored) + place, d) for place, d in enumerate(drafts, 1)]
        self.stored.extend(made)
        return made

    def notes(self, count: int, text: str = "x") -> list[Stored]:
        return self.append(*(Draft(e.NoteWritten(text)) for _ in range(count)))

    def _stored(self, seq: int, draft: Draft) -> Stored:
        event = e.Event(
            seq, draft.body.type, START_TIME + seq, draft.body, visibility=draft.visibility
        )
        digest = chain.event_digest(LOG, seq, event.time, bytes(32))
        return Stored(
            seq,
            CODES[draft.visibility],
            e.passing(draft.body),
            self.acl_version,
            event.time,
            e.encode(event),
            digest,
            chain.digest_of(digest),
        )

    @property
    def head(self) -> Head:
        return Head(LOG, 1, self.epoch, len(self.stored), bytes(32), self.acl_version)

    def _fail(self) -> None:
        if self.errors:
            raise self.errors.pop(0)

    async def page(self, log: UUID, after: int, upto: int, passing_from: int) -> list[Stored]:
        self.reads.append((after + 1, upto))
        self.news.tell()
        self._fail()
        found = [
            stored
            for stored in self.stored[after:upto]
            if not stored.passing or stored.seq >= passing_from or stored.seq == upto
        ]
        return found[:PAGE]

    async def authorise(self, log: UUID, principals: Sequence[Principal]) -> Authorised:
        self.looks += 1
        self.news.tell()
        self._fail()
        seen = Authorised(
            self.epoch,
            len(self.stored),
            self.acl_version,
            {who: self.masks[who] for who in principals if who in self.masks},
        )
        await self.gate.wait()
        return seen


class Reader:
    """A connection; it takes what there is as soon as it is woken, unless it is slow."""

    def __init__(self, hub: Hub, log: Log, number: int, mask: Mask) -> None:
        self.principal = Principal(uid(number), 1, uid(number + 1))
        self.deltas, self.cursor, self.mask = True, 0, NOBODY
        self.slow = False
        self.taken: list[frames.Events] = []
        self.raw: list[bytes] = []
        self.told: list[tuple[Mask, int]] = []
        self.shown: list[bytes] = []
        self.left = False
        self._hub, self._log = hub, log
        log.masks[self.principal] = mask

    def wake(self) -> None:
        if not self.slow:
            self.drain()
        self._log.news.tell()

    def drain(self) -> None:
        while (data := self._hub.frame(self)) is not None:
            self.take(data)

    def take(self, data: bytes) -> None:
        frame = frames.decode_server(data)
        assert isinstance(frame, frames.Events)
        expected = self.taken[-1].last + 1 if self.taken else frame.first
        assert frame.first == expected, "a range has a gap"
        assert self.cursor == frame.last
        self.raw.append(data)
        self.taken.append(frame)

    def access(self, mask: Mask, acl_version: int, last: int) -> None:
        self.told.append((mask, acl_version))
        self._log.news.tell()

    def show(self, frame: bytes) -> None:
        self.shown.append(frame)

    def leave(self) -> None:
        self.left = True
        self._log.news.tell()

    @property
    def entries(self) -> list[e.Event | frames.Stub]:
        return [frames.event_or_stub(raw) for frame in self.taken for raw in frame.events]

    @property
    def seqs(self) -> list[int]:
        return [entry.seq for entry in self.entries]


class Place:
    """A hub over a log, and its readers."""

    def __init__(self) -> None:
        self.news = News()
        self.log = Log(self.news)
        self.hub = Hub(self.log.head, State(), self.log)
        self._numbers = itertools.count(0x100, 0x10)

    async def reader(self, mask: Mask = OPERATOR) -> Reader:
        reader = Reader(self.hub, self.log, next(self._numbers), mask)
        await asyncio.wait_for(self.hub.add(reader), PATIENCE)
        reader.wake()
        return reader

    def offer(self, stored: Sequence[Stored]) -> None:
        self.hub.offer(self.log.epoch, stored)

    def look(self, **changes: Any) -> None:
        """Look at the head row, as is done twice a second."""
        self.hub.heard(self.log.head._replace(**changes), self.hub.ready)

    async def all_read(self, *readers: Reader) -> None:
        """Wait until every reader has had everything, and see that it had it once, in order."""
        head = len(self.log.stored)
        await self.news.until(lambda: all(reader.cursor == head for reader in readers))
        for reader in readers:
            assert reader.seqs == list(range(1, head + 1))


@pytest.fixture
async def place(monkeypatch: pytest.MonkeyPatch) -> Place:
    """Give a hub whose pauses are short, so that a test waits for what happens only."""
    monkeypatch.setattr(hubs, "AGAIN_SECONDS", 0.001)
    return Place()


# hints


async def test_what_is_published_reaches_every_reader(place: Place) -> None:
    one, two = await place.reader(), await place.reader()
    place.offer(place.log.notes(3))
    await place.all_read(one, two)
    assert place.log.reads == []


async def test_readers_who_see_the_same_share_one_encoded_frame(place: Place) -> None:
    one, two = await place.reader(), await place.reader()
    place.offer(place.log.notes(3))
    assert one.raw[0] is two.raw[0]


async def test_a_lost_hint_is_read_from_the_log(place: Place) -> None:
    reader = await place.reader()
    place.log.notes(2)
    place.offer(place.log.notes(1))
    await place.all_read(reader)
    assert place.log.reads == [(1, 2)]


async def test_the_last_lost_hint_is_found_by_looking_at_the_head(place: Place) -> None:
    reader = await place.reader()
    place.log.notes(2)
    place.look()
    await place.all_read(reader)


async def test_a_hint_that_says_only_how_far_the_log_reaches_is_enough(place: Place) -> None:
    reader = await place.reader()
    place.log.notes(2)
    place.hub.reach(2)
    await place.all_read(reader)


async def test_hints_that_come_twice_and_in_any_order_change_nothing(place: Place) -> None:
    reader = await place.reader()
    made = place.log.notes(6)
    for part in (made[3:5], made[3:5], made[:2], made[4:], made[1:3], made):
        place.offer(part)
    await place.all_read(reader)


async def test_a_long_gap_is_read_page_by_page(place: Place) -> None:
    reader = await place.reader()
    place.log.notes(PAGE * 2 + 10)
    place.look()
    await place.all_read(reader)
    assert len(place.log.reads) == 3


async def test_a_hint_of_another_incarnation_of_the_log_is_not_taken(place: Place) -> None:
    reader = await place.reader()
    place.hub.offer(2, place.log.notes(1))
    assert (reader.seqs, place.hub.head) == ([], 0)


# errors


async def test_an_error_of_the_log_costs_a_pause_and_nothing_else(place: Place) -> None:
    reader = await place.reader()
    place.log.errors = [OSError("away"), TimeoutError("away"), RuntimeError("away")]
    place.log.notes(3)
    place.look()
    await place.all_read(reader)


async def test_an_error_while_grants_are_read_delays_a_join_and_no_more(place: Place) -> None:
    place.log.errors = [OSError("away")]
    reader = await place.reader()
    assert reader.mask == OPERATOR


async def test_a_hint_beyond_the_log_does_not_keep_people_out(place: Place) -> None:
    place.log.notes(1)
    place.hub.reach(1_000)
    reader = await place.reader()
    assert reader.mask == OPERATOR
    assert reader.seqs == [1]
    place.hub.dismiss()


async def test_nor_does_it_keep_a_revocation_from_being_told(place: Place) -> None:
    reader = await place.reader()
    place.hub.reach(1_000)
    place.log.masks[reader.principal] = NOBODY
    place.log.acl_version = 2
    place.look()
    await place.news.until(lambda: reader.told and reader.told[-1] == (NOBODY, 2))
    place.hub.dismiss()


# grants


async def test_delivery_waits_until_the_grants_are_as_new_as_the_event(place: Place) -> None:
    reader = await place.reader()
    place.log.acl_version = 2
    place.log.gate.clear()
    looks = place.log.looks
    place.offer(place.log.notes(1))
    await place.news.until(lambda: place.log.looks > looks)
    assert (reader.seqs, place.hub.ready) == ([], 0)
    place.log.gate.set()
    await place.all_read(reader)


async def test_what_was_committed_before_a_change_of_grants_does_not_wait(place: Place) -> None:
    reader = await place.reader()
    older = place.log.notes(1)
    place.log.acl_version = 2
    place.log.gate.clear()
    place.offer([*older, *place.log.notes(1)])
    assert reader.seqs == [1]
    place.log.gate.set()
    await place.all_read(reader)


async def test_who_lost_the_view_gets_no_event_that_is_newer(place: Place) -> None:
    reader, other = await place.reader(), await place.reader()
    place.offer(place.log.notes(1))
    place.log.masks[reader.principal] = NOBODY
    place.log.acl_version = 2
    place.offer(place.log.notes(5))
    await place.all_read(other)
    assert reader.seqs == [1]
    assert reader.told[-1] == (NOBODY, 2)


async def test_who_lost_the_view_is_told_when_nothing_follows_too(place: Place) -> None:
    reader = await place.reader()
    place.log.masks[reader.principal] = NOBODY
    place.log.acl_version = 2
    place.look()
    await place.news.until(lambda: reader.told[-1] == (NOBODY, 2))


async def test_a_slow_reader_who_lost_the_view_gets_nothing_that_still_waited(place: Place) -> None:
    reader = await place.reader()
    reader.slow = True
    place.offer(place.log.notes(3))
    place.log.masks[reader.principal] = NOBODY
    place.log.acl_version = 2
    place.look()
    await place.news.until(lambda: reader.told[-1] == (NOBODY, 2))
    reader.drain()
    assert reader.seqs == []
    assert await place.hub.page(reader) is None


async def test_who_is_unknown_to_the_grants_sees_nothing(place: Place) -> None:
    reader = await place.reader()
    del place.log.masks[reader.principal]
    place.log.acl_version = 2
    place.offer(place.log.notes(1))
    await place.news.until(lambda: place.hub.ready == 1)
    assert reader.seqs == []


async def test_who_may_do_less_is_told_and_sees_on(place: Place) -> None:
    reader = await place.reader()
    place.log.masks[reader.principal] = OBSERVER
    place.log.acl_version = 2
    place.offer(place.log.notes(1))
    await place.all_read(reader)
    assert reader.told[-1] == (OBSERVER, 2)


async def test_what_is_for_operators_is_a_stub_from_the_moment_one_is_none(place: Place) -> None:
    reader = await place.reader()
    place.offer(place.log.append(Draft(e.NoteWritten("one"), visibility="operators")))
    place.log.masks[reader.principal] = OBSERVER
    place.log.acl_version = 2
    place.offer(place.log.append(Draft(e.NoteWritten("two"), visibility="operators")))
    await place.all_read(reader)
    assert [type(entry) for entry in reader.entries] == [e.Event, frames.Stub]


async def test_no_hidden_byte_reaches_a_reader_who_may_not_see_it(place: Place) -> None:
    one, two = await place.reader(OBSERVER), await place.reader(OPERATOR)
    place.offer(place.log.append(Draft(e.NoteWritten("swordfish"), visibility="operators")))
    await place.all_read(one, two)
    assert b"swordfish" not in b"".join(one.raw)
    assert b"swordfish" in b"".join(two.raw)


async def test_a_mask_that_has_run_out_authorises_nothing_until_it_is_read_again(
    place: Place,
) -> None:
    reader = await place.reader(Mask(OPERATOR.permissions, time.time() - 1))
    place.offer(place.log.notes(1))
    assert reader.seqs == []
    place.log.masks[reader.principal] = OBSERVER
    place.look()
    await place.news.until(lambda: reader.told and reader.told[-1][0] == OBSERVER)
    reader.drain()
    assert reader.seqs == [1]


async def test_a_mask_that_runs_out_later_authorises_until_then(place: Place) -> None:
    reader = await place.reader(Mask(OPERATOR.permissions, time.time() + 60))
    place.offer(place.log.notes(1))
    assert reader.seqs == [1]


async def test_without_a_change_of_grants_they_are_not_read_again(place: Place) -> None:
    reader = await place.reader()
    looks = place.log.looks
    for _ in range(20):
        place.offer(place.log.notes(1))
        place.look()
    await place.all_read(reader)
    assert place.log.looks == looks


async def test_a_reader_who_joins_while_grants_are_read_waits_for_its_own(place: Place) -> None:
    await place.reader()
    place.log.acl_version = 2
    place.log.gate.clear()
    looks = place.log.looks
    place.look()
    await place.news.until(lambda: place.log.looks > looks)
    joining = asyncio.ensure_future(place.reader(OBSERVER))
    place.log.gate.set()
    assert (await joining).mask == OBSERVER


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
        place.offer(place.log.notes(hubs.RING // 10))
    await place.all_read(quick)
    with pytest.raises(Behind):
        place.hub.frame(slow)
    while slow.cursor + 1 < place.hub._base:
        data = await place.hub.page(slow)
        assert data is not None
        slow.take(data)
    slow.drain()
    await place.all_read(slow)


async def test_memory_of_a_hub_is_bounded_however_slow_its_readers_are(place: Place) -> None:
    slow = await place.reader()
    slow.slow = True
    for _ in range(40):
        place.offer(place.log.notes(hubs.RING // 8))
        assert len(place.hub._ring) <= hubs.RING * 5 // 4 + hubs.RING // 8
    assert place.hub.state().seq == len(place.log.stored)


async def test_a_frame_is_only_so_large_and_a_larger_event_goes_alone(place: Place) -> None:
    reader = await place.reader()
    reader.slow = True
    place.offer(place.log.notes(4, "x" * (hubs.FRAME_BYTES // 3)))
    place.offer(place.log.notes(1, "x" * (hubs.FRAME_BYTES * 2)))
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
    await place.news.until(lambda: reader.left)


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
    place.hub.show(b"beat")
    assert one.shown == two.shown == [b"beat"]


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
