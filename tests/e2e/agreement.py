"""all_pages_agree: whoever looks, at whatever page, sees what the log says, once and in order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

from playwright.async_api import expect

from collab.core.events import Event, OutputEmitted, OutputStreamed
from tests.e2e.person import Person, Row
from tests.house import House
from tests.wire import Wire


async def the_log(house: House, session: str) -> list[Event]:
    """Read a whole session over the programs' socket; deltas that were replaced are not in it."""
    async with Wire(house.ws_url, UUID(session), house.token("operator")) as wire:
        welcome = await wire.join(from_start=True)
        await wire.at(welcome.head)
        assert all(isinstance(event, Event) for event in wire.events)
        events = [event for event in wire.events if isinstance(event, Event)]
    return [event for event in events if not isinstance(event.body, OutputStreamed)]


async def all_pages_agree(house: House, session: str, people: Sequence[Person]) -> list[Row]:
    """Compare what came to every page and what is drawn on it with the log; nobody may be writing.

    Gives the timeline that all of them show.
    """
    log = await the_log(house, session)
    for person in people:
        await _is_at(person, log[-1].seq)
    for person in people:
        complaints = await person.complaints()
        assert not complaints, f"{person.username}: {complaints}"
        _came_to(person, log)
    shown = [await person.rows() for person in people]
    for person, rows in zip(people, shown, strict=True):
        assert rows == shown[0], f"{person.username} sees another timeline"
    _draws(shown[0], log)
    return shown[0]


async def _is_at(person: Person, head: int) -> None:
    line = person.see("connection")
    async with asyncio.timeout(60):
        await expect(line).to_have_attribute("data-seq", str(head), timeout=60_000)
        await expect(line).to_have_attribute("data-state", "live")


def _came_to(person: Person, log: list[Event]) -> None:
    """Check that all from the first event that the page was sent on came to it."""
    came = person.heard.whole()
    first = min(came)
    expected = [event for event in log if event.seq >= first]
    assert list(came.values()) == expected, f"to {person.username} came {list(came)}"


def _draws(rows: list[Row], log: list[Event]) -> None:
    """Check that each event has its row (of the agent's output: what is text has)."""
    seqs = [seq for seq, *_ in rows]
    assert seqs == sorted(seqs), "the timeline is out of order"
    missing = {
        event.seq: event.type
        for event in log
        if event.seq not in set(seqs) and not _is_within_another(event)
    }
    assert not missing, f"not on the page: {missing}"


def _is_within_another(event: Event) -> bool:
    body = event.body
    texts = ("TEXT_MESSAGE_START", "TOOL_CALL_START")
    return isinstance(body, OutputEmitted) and body.events[0]["type"] not in texts
