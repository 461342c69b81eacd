"""One live log in one process: every reader gets what it may see, once, in order, whatever fails.

The log is a list that the test writes; all else is real.
"""

from __future__ import annotations

import asyncio
import time

import pytest

from collab import hub as hubs
from collab.core import events as e
from collab.core import frames
from collab.core.drafts import Draft
from collab.log.store import PAGE
from permissions.masks import Mask
from tests.overhear import NOBODY, OBSERVER, OPERATOR, Place


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


async def test_what_comes_after_a_rest_goes_out_at_once(place: Place) -> None:
    reader = await place.reader()
    place.offer(place.log.notes(1))
    assert reader.seqs == [1]


async def test_what_comes_while_a_hub_rests_goes_out_together(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "REST_SECONDS", 0.05)
    reader = await place.reader()
    for _ in range(3):
        place.offer(place.log.notes(1))
    assert reader.seqs == [1]
    await place.all_read(reader)
    assert [(frame.first, frame.last) for frame in reader.taken] == [(1, 1), (2, 3)]


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
    assert place.log.reads == [(1, 2)]


async def test_a_hint_that_says_only_how_far_the_log_reaches_is_enough(place: Place) -> None:
    reader = await place.reader()
    place.log.notes(2)
    place.hub.reach(2)
    await place.all_read(reader)
    assert place.log.reads == [(1, 2)]


async def test_hints_that_come_twice_and_in_any_order_change_nothing(place: Place) -> None:
    reader = await place.reader()
    made = place.log.notes(6)
    for part in (made[3:5], made[3:5], made[:2], made[4:], made[1:3], made):
        place.offer(part)
    await place.all_read(reader)
    assert place.log.reads == []


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
    assert place.log.errors == []


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
    assert await place.news.until(lambda: reader.told and reader.told[-1] == (NOBODY, 2))
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
    assert await place.news.until(lambda: reader.told[-1] == (NOBODY, 2))


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
    assert "swordfish" not in str(one.raw)
    assert "swordfish" in str(two.raw)


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


async def test_a_reader_is_told_when_a_grant_ends_without_a_look_at_the_head(place: Place) -> None:
    until = time.time() + 0.05
    first = await place.reader(Mask(OPERATOR.permissions, until))
    other = await place.reader(Mask(OPERATOR.permissions, until + 0.05))
    place.log.masks |= {first.principal: NOBODY, other.principal: OBSERVER}
    await place.news.until(lambda: first.told[1:] and other.told[1:])
    assert (first.told[-1][0], other.told[-1][0]) == (NOBODY, OBSERVER)
    assert until <= time.time() <= until + 0.5


async def test_an_end_that_the_database_has_not_seen_yet_is_asked_for_again(place: Place) -> None:
    reader = await place.reader(Mask(OPERATOR.permissions, time.time() + 0.01))
    looks, told = place.log.looks, list(reader.told)
    await place.news.until(lambda: place.log.looks >= looks + 3)
    assert reader.told == told, "it was told of an end that the database has not seen"
    place.log.masks[reader.principal] = NOBODY
    await place.news.until(lambda: len(reader.told) > len(told))
    assert reader.told[-1][0] == NOBODY


async def test_a_hub_that_nobody_follows_waits_for_no_end(place: Place) -> None:
    reader = await place.reader(Mask(OPERATOR.permissions, time.time() + 3600))
    assert place.hub._end is not None
    place.hub.remove(reader)
    assert place.hub._end is None


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
