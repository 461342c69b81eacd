"""Two operators and an observer at their pages, a real agent and real files: the whole story.

It is told twice: with the demo's agent, and behind nginx and https with an agent at another address
that demands a secret header. Each chapter stands on the same session and the same open pages, and
can be run alone.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import pytest
from playwright.async_api import expect

from collab.core.events import Event, PromptQueued
from tests.e2e.agents import Place, an_agent_elsewhere, the_demo_agent
from tests.e2e.agreement import all_pages_agree, the_log
from tests.e2e.conftest import SitDown
from tests.e2e.person import Person
from tests.e2e.scratch import fresh_logs, long_text, old_logs
from tests.figures import figure
from tests.house import House
from tests.proxy import Proxy
from tests.stalls import watching


@dataclass
class Story:
    """The house, its session, the three at their pages, and the second operator's network."""

    house: House
    place: Place
    first: Person
    second: Person
    observer: Person
    network: Proxy

    @property
    def all(self) -> tuple[Person, ...]:
        return (self.first, self.second, self.observer)

    @asynccontextmanager
    async def cut_off(self) -> AsyncIterator[None]:
        """Let the second operator's network be a black hole for a while."""
        self.network.swallow()
        try:
            yield
        finally:
            self.network.heal()

    async def at_rest(self) -> None:
        for person in self.all:
            await person.at_rest()

    async def agree(self, *others: Person) -> None:
        await self.at_rest()
        await all_pages_agree(self.house, self.place.session, [*self.all, *others])
        if secret := self.place.secret:
            for person in self.all:
                assert secret not in await person.page.content()
            assert secret not in str(await self.log())

    async def log(self) -> list[Event]:
        return await the_log(self.house, self.place.session)


TELLINGS = [("house", the_demo_agent), ("house_behind_proxy", an_agent_elsewhere)]


@pytest.fixture(scope="module", params=TELLINGS, ids=["demo", "elsewhere"])
async def story(
    request: pytest.FixtureRequest,
    sit_down: SitDown,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Story]:
    name, agent = request.param
    house: House = request.getfixturevalue(name)
    folder = tmp_path_factory.mktemp("elsewhere")
    owner = await sit_down("operator1", at=house)
    door = urlsplit(house.door)
    async with (
        Proxy("127.0.0.1", door.port or 0) as network,
        agent(house, owner, folder) as place,
    ):
        elsewhere = urlunsplit(door._replace(netloc=f"{door.hostname}:{network.port}"))
        second = await sit_down("operator2", at=house, url=elsewhere)
        observer = await sit_down("observer", at=house)
        story = Story(house, place, owner, second, observer, network)
        for person in story.all:
            await person.open(place.session)
        yield story
        for person in story.all:
            await person.context.close()


async def test_an_answer_streams_into_all_pages_and_an_edited_approval_runs(story: Story) -> None:
    logs = fresh_logs(story.place.scratch)
    old = {f"logs/{name}" for name in ("orders.log.3", "orders.log.4", "worker.log.2")}
    old.add("logs/gateway-debug.log")
    before = {f"logs/{path.name}" for path in logs.iterdir()}

    await story.first.ask("tidy the logs folder")
    for person in story.all:
        await person.sees(person.events("prompt"), "tidy the logs folder")
        card = await person.waits_for_approval()
        await expect(card).to_contain_text("delete_files")
        for path in old:
            await expect(card.get_by_test_id("approval-exact")).to_contain_text(path)
        sizes = (await person.grew()).values()
        assert max(map(len, sizes)) > 5, f"{person.username} did not see it grow: {sizes}"
    assert {f"logs/{path.name}" for path in logs.iterdir()} == before

    for operator in (story.first, story.second):
        assert (await operator.page.title()).startswith("(1) Approval waits")
    await _watches_and_can_do_nothing(story.observer)

    kept = "logs/orders.log.3"
    await _edits_and_approves(story.second, without=kept)
    for person in story.all:
        decision = person.told("approval.decided")
        await person.sees(decision, "Ben changed the arguments and approved delete_files")
        await person.sees(person.events("message"), "I left logs/orders.log.3 where it was")
        assert "Approval waits" not in await person.page.title()
    assert {f"logs/{path.name}" for path in logs.iterdir()} == before - old | {kept}
    await story.agree()


async def _watches_and_can_do_nothing(observer: Person) -> None:
    await expect(observer.see("approval-may-not")).to_contain_text(
        re.compile(r"not decide it\. Ask .*Ada")
    )
    await expect(observer.see("read-only")).to_contain_text("Your role here is to observe")
    for acts in ("approval-approve", "approval-edit", "approval-reject", "composer", "send"):
        await expect(observer.page.get_by_test_id(acts)).to_have_count(0)
    await expect(observer.page.get_by_test_id("cancel-run")).to_have_count(0)
    assert "Approval waits" not in await observer.page.title()


async def _edits_and_approves(operator: Person, *, without: str) -> None:
    await operator.see("approval-edit").click()
    text = operator.see("approval-args")
    args = json.loads(await text.input_value())
    args["paths"].remove(without)
    await text.fill(json.dumps(args))
    await operator.see("approval-approve-edited").click()


async def test_a_rejection_deletes_nothing_and_all_read_its_reason(story: Story) -> None:
    files = old_logs(story.place.scratch, "spare")
    await story.first.ask("tidy the spare folder")
    await story.second.waits_for_approval()
    await story.second.see("approval-reject").click()
    await story.second.see("approval-reason").fill("The auditors want these.")
    await story.second.see("approval-reject-confirm").click()
    for person in story.all:
        await person.sees(person.told("approval.decided"), "Ben rejected delete_files")
        await person.sees(person.told("approval.decided"), "The auditors want these.")
        answer = "I left everything as it is. The reason given: “The auditors want these.”"
        await person.sees(person.events("message"), answer)
    assert all(file.exists() for file in files)
    await story.agree()


async def test_a_prompt_waits_in_the_queue_that_all_see_until_the_agent_is_free(
    story: Story,
) -> None:
    long_text(story.place.scratch, "queue.txt")
    await story.first.ask("read queue.txt")
    await expect(story.second.streaming).to_be_visible()
    await story.second.ask("list the notes folder")
    for person in story.all:
        await expect(person.see("queue-item")).to_contain_text("list the notes folder")
        await expect(person.streaming).to_be_visible()
    for person in story.all:
        await person.sees(person.events("message"), "notes holds one file")
        await expect(person.see("queue-item")).to_have_count(0)
    await story.agree()


async def test_a_running_answer_is_cancelled(story: Story) -> None:
    cancelled = await story.first.told("run.cancelled").count()
    long_text(story.place.scratch, "cancel.txt")
    await story.first.ask("read cancel.txt")
    await expect(story.observer.streaming).to_contain_text("orders were slow")
    await story.second.see("cancel-run").click()
    for person in story.all:
        await expect(person.told("run.cancelled")).to_have_count(cancelled + 1)
        await person.sees(person.told("run.cancelled"), "Ben cancelled the run")
        cut = person.events("message", has_text="The run ended here.")
        await expect(cut.last).to_be_visible()
        await expect(cut.locator(".row-who", has_text="Ben")).to_have_count(0)
        await expect(person.streaming).to_have_count(0)
    await story.first.ask("list the config folder")
    for person in story.all:
        await person.sees(person.events("message"), "config holds one file")
    await story.agree()


async def test_who_was_cut_off_keeps_what_was_typed_and_gets_what_was_missed_once(
    story: Story,
) -> None:
    away, joined = story.second, len(story.second.heard.joins)
    long_text(story.place.scratch, "away.txt")
    reads, begun = 0, time.monotonic()
    async with story.cut_off():
        await away.ask("list the logs folder")
        await expect(away.see("own-action").last).to_contain_text("sending")
        await story.first.ask("search logs for RETENTION")
        await story.observer.sees(story.observer.events("message"), "“RETENTION”")

        since = re.compile(r"Disconnected since \d\d:\d\d")
        await expect(away.see("offline-band")).to_contain_text(since, timeout=60_000)
        await away.ask("list the config folder")
        await away.see("composer").fill("half a thought")
        await expect(away.see("own-action").last).to_contain_text("kept, sent when the connection")
        while time.monotonic() - begun < 60:
            await story.first.ask("read away.txt")
            reads += 1
            await expect(story.observer.streaming).to_contain_text("orders were slow")
            await story.observer.at_rest()
        seen = away.heard.seq
        assert seen < story.observer.heard.seq
        missed = story.observer.heard.seq - seen
        gone = time.monotonic() - begun

    await away.is_live()
    figure("cut off", f"{gone:.0f} s, {missed} events missed, each of them got once on return")
    await expect(away.see("offline-band")).to_have_count(0)
    await away.sees(away.events("message"), "config holds one file")
    back = away.heard.joins[joined]
    assert back.first == seen + 1
    await story.agree()
    came = [event for event in await story.log() if event.seq > seen]
    late = [event.body.text for event in came if isinstance(event.body, PromptQueued)]
    asked = ["list the config folder", "list the logs folder", *["read away.txt"] * reads]
    assert sorted(late) == [*asked, "search logs for RETENTION"]
    await expect(away.see("composer")).to_have_value("half a thought")
    await away.see("composer").fill("")


async def test_who_joins_in_the_middle_of_a_sentence_ends_with_the_same_text(
    story: Story, sit_down: SitDown
) -> None:
    auditor = await sit_down("auditor", at=story.house)
    long_text(story.place.scratch, "late.txt")
    await story.first.ask("read late.txt")
    await expect(story.first.streaming).to_contain_text("orders were slow")
    await auditor.open(story.place.session)
    await expect(auditor.streaming).to_contain_text("orders were slow")
    await expect(story.first.streaming).to_be_visible()
    sizes = list((await auditor.grew()).values())[-1]
    assert sizes[0] > 20, "it was not joined in the middle"
    await auditor.at_rest()
    await story.agree(auditor)


async def test_ctrl_c_and_up_again_keeps_everything(story: Story) -> None:
    await story.at_rest()
    before = await story.first.rows()
    with watching() as gauge:
        ending = story.house.ctrl_c()
    assert max(gauge.ours([ending])) < 10, gauge.says([ending])
    for person in story.all:
        await expect(person.see("offline-band")).to_be_visible()
    story.house.start()
    for person in story.all:
        await person.is_live()
        await person.at_rest()
    await story.observer.open(story.place.session)
    await story.first.ask("list the notes folder")
    await story.observer.sees(story.observer.events("prompt"), "list the notes folder")
    await story.agree()
    after = await story.first.rows()
    assert after[: len(before)] == before
