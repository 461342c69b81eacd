"""kill -9 of each process in turn while people and the agent work: it all comes back by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from uuid import UUID

import pytest

from collab.core.events import Event, NoteWritten, OutputStreamed, PromptQueued
from tests.chaos.participants import Participant, Talk, an_answer, sockets
from tests.figures import figure
from tests.house import House, new_house
from tests.polling import until
from tests.wire import Wire

CHILDREN = ("workers", "valkey", "postgres", "agent", "runner")
BACK_SECONDS = 45.0
"""Within this everything works again. The longest is a runner's claim, which has to end first."""


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with new_house() as house:
        house.start()
        lines = ["the night was quiet and the orders came in as they should"] * 12
        (house.scratch / "long.txt").write_text("\n".join(lines))
        yield house


@pytest.fixture(scope="module")
async def pair(house: House) -> AsyncIterator[tuple[Participant, Participant]]:
    by_token, by_login = await sockets(house)
    async with by_token, by_login:
        people = Participant("Ada", by_token), Participant("Ben", by_login)
        following = [asyncio.create_task(person.follow()) for person in people]
        yield people
        for task in following:
            task.cancel()
        await asyncio.wait(following)


@pytest.mark.parametrize("child", CHILDREN)
async def test_what_is_killed_comes_back_and_nothing_is_lost_or_doubled(
    house: House, pair: tuple[Participant, Participant], child: str
) -> None:
    ada, ben = pair
    talk = Talk(child, ada, ben)
    talking = asyncio.create_task(talk.run())
    run = await ada.asks("read long.txt")
    await ben.hears(run)

    killed, since = house.kill(child), time.monotonic()
    async with asyncio.timeout(BACK_SECONDS):
        process, people = await asyncio.gather(
            asyncio.to_thread(seconds_until_back, house, child, killed), talk.goes_on(since)
        )
        await ben.end_of(run)
        answer = await an_answer(ben, since)
        talk.end()
        await talking
    figure(
        f"{child} killed",
        f"process back {process:.1f} s, people go on {people:.1f} s, agent answers {answer:.1f} s",
    )
    await all_agree(house, pair)


def seconds_until_back(house: House, child: str, killed: list[int]) -> float:
    begun = time.monotonic()
    until(lambda: house.is_back(child, killed), f"{child} is not back", house.log, BACK_SECONDS)
    return time.monotonic() - begun


async def all_agree(house: House, people: Sequence[Participant]) -> None:
    """Compare what was promised, what everybody has read, and what a late joiner gets."""
    async with Wire(house.ws_url, UUID(house.session), house.token("operator")) as late:
        head = (await late.join(from_start=True)).head
        await late.at(head)
        log = {event.seq: event for event in late.events if isinstance(event, Event)}
    for person in people:
        await person.has_read(head)
        seqs = [event.seq for event in person.read]
        assert seqs == sorted(set(seqs)), f"{person.name} got something twice or out of order"
        assert person.whole() == [log[seq] for seq in sorted(log) if not is_passing(log[seq])]
        for seq, text in person.promised.items():
            assert said(log[seq]) == text, f"{person.name} was promised {text} at {seq}"
        for run in person.runs():
            assert len(person.ends(run)) == 1, f"{person.name} saw a run end twice, or never"
    notes = [event.body.text for event in log.values() if isinstance(event.body, NoteWritten)]
    assert len(notes) == len(set(notes)), "a note is in the log twice"
    prompts = [e.body.prompt_id for e in log.values() if isinstance(e.body, PromptQueued)]
    assert len(prompts) == len(set(prompts)), "a prompt is in the log twice"


def said(event: Event) -> str:
    return event.body.text if isinstance(event.body, NoteWritten | PromptQueued) else ""


def is_passing(event: Event) -> bool:
    return isinstance(event.body, OutputStreamed)
