"""What goes wrong is said where people look, with the time and a way on; all of it is looked at."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from playwright.async_api import expect

from tests.agent_processes import bad_agent
from tests.e2e.agents import adds_an_agent
from tests.e2e.conftest import SitDown
from tests.e2e.looks import Looks
from tests.e2e.person import Person
from tests.house import House
from workspace.environment import embedded_dsn
from workspace.places import places

CLOCK = r"\d\d:\d\d"

FAILURES = {
    "unreachable": ("http://127.0.0.1:9/", "could not be reached. Is it running"),
    "refused": ("refuse", "refused us (403); its headers may be wrong"),
    "rate-limited": ("limit", "asked too often (429). It may be asked again in 20 seconds"),
    "nonsense": ("nonsense", "sent something that makes no sense"),
    "dropped": ("drop", "stopped in the middle of its answer"),
}
"""What an agent does, and what people read of it."""


@contextmanager
def halted(pids: list[int]) -> Iterator[None]:
    """Let processes stand still for a while, as if their machine did."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def family(parent: int) -> list[int]:
    """Give a process and its children."""
    stats = [path.read_text().rpartition(")") for path in Path("/proc").glob("[0-9]*/stat")]
    pids = [(int(head.split()[0]), int(tail.split()[1])) for head, _, tail in stats]
    return [parent, *(pid for pid, of in pids if of == parent)]


async def test_why_a_run_failed_is_told_with_a_way_on(
    house: House, sit_down: SitDown, looks: Looks, tmp_path: Path
) -> None:
    owner, observer = await sit_down("operator1"), await sit_down("observer")
    with bad_agent(tmp_path) as bad:
        for name, (way, sentence) in FAILURES.items():
            url = way if way.startswith("http") else bad.url + way
            await owner.page.goto(f"{house.url}/agents")
            await adds_an_agent(owner, f"Agent: {name}", url)
            session = await owner.begin(f"An agent that is {name}", f"Agent: {name}")
            await owner.ask("is the disk of db-2 full?")
            band = owner.see("failed-band")
            await expect(band).to_contain_text(re.compile(rf"The run failed at {CLOCK}"))
            await expect(band).to_contain_text(sentence)
            await expect(owner.see("agent-doing")).to_have_text("The last run failed")
            await looks.at(owner.page, f"trouble-{name}")
    await observer.open(session)
    await expect(observer.see("failed-band")).to_contain_text("Tell Ada")
    await owner.see("ask-again").click()
    await expect(owner.see("composer")).to_be_focused()
    await expect(owner.see("composer")).to_have_value("is the disk of db-2 full?")
    await owner.see("composer").fill("")


async def test_a_prompt_that_nobody_works_on_says_so_and_since_when(
    house: House, sit_down: SitDown, looks: Looks
) -> None:
    owner = await sit_down("operator1")
    await owner.see("session-list").wait_for()
    await owner.begin("Without a runner", "Demo agent")
    doing = owner.see("agent-doing")
    await expect(doing).to_have_text("Ready for a prompt")
    with halted(house.pids("runner")):
        await expect(doing).to_have_text("Not connected", timeout=60_000)
        await owner.ask("list the notes folder")
        band = owner.see("away-band")
        said = rf"not connected since {CLOCK}\. 1 prompt waits in the queue, since {CLOCK}"
        await expect(band).to_contain_text(re.compile(said))
        await looks.at(owner.page, "trouble-runner-down")
    await owner.sees(owner.events("message"), "notes holds one file")
    await expect(band).to_have_count(0)


async def test_a_session_without_an_agent_says_what_it_is_for(
    sit_down: SitDown, looks: Looks
) -> None:
    owner = await sit_down("operator1")
    await owner.see("session-list").wait_for()
    await owner.begin("Notes on the outage", "No agent: notes only")
    await expect(owner.see("no-agent")).to_contain_text("there is nobody to ask")
    await looks.at(owner.page, "trouble-no-agent")


async def test_a_log_that_is_away_is_told_and_then_the_way_back(
    house: House, sit_down: SitDown, looks: Looks
) -> None:
    owner = await sit_down("operator1")
    await owner.open(house.session)
    with halted(family(house.pids("postgres")[0])):
        band = owner.see("silent-band")
        await expect(band).to_contain_text(
            re.compile(rf"Nothing was heard from the server since {CLOCK}"), timeout=40_000
        )
        await expect(owner.see("connection")).to_contain_text("No answer for a while")
        await looks.at(owner.page, "trouble-log-away")
        await expect(owner.see("offline-band")).to_be_visible(timeout=30_000)
        await looks.at(owner.page, "trouble-log-away-long")
    await owner.is_live()
    await expect(owner.see("offline-band")).to_have_count(0)


async def test_who_signs_out_in_another_tab_comes_back_to_the_same_place(
    house: House, sit_down: SitDown, looks: Looks
) -> None:
    owner = await sit_down("operator2")
    await owner.open(house.session)
    await owner.page.evaluate("() => { location.hash = '#2'; }")
    await owner.see("composer").fill("half a thought")
    other = await owner.context.new_page()
    await other.goto(house.url)
    await other.get_by_test_id("sign-out").click()
    await expect(owner.see("login-why")).to_contain_text("Sign in to go on")
    await looks.at(owner.page, "trouble-signed-out")
    await other.close()
    await owner.see("login-username").fill("operator2")
    await owner.see("login-password").fill(house.password("operator2"))
    await owner.see("login-submit").click()
    await owner.is_live()
    assert owner.page.url.endswith(f"/sessions/{house.session}#2")
    await expect(owner.see("composer")).to_have_value("half a thought")
    await owner.see("composer").fill("")


async def test_who_loses_access_is_told_whom_to_ask(
    house: House, sit_down: SitDown, looks: Looks
) -> None:
    observer, owner = await sit_down("observer"), await sit_down("operator1")
    await owner.open(house.session)
    await observer.open(house.session)
    ada = observer.see("people").get_by_role("listitem").filter(has_text="Ada")
    await expect(ada).to_have_attribute("data-here", "true")
    with role_that_has_ended(house, "observer"):
        await expect(observer.see("ended")).to_contain_text("Ask Ada.")
        await looks.at(observer.page, "trouble-no-access")
    await observer.page.get_by_role("link", name="To the sessions").click()
    await observer.see("session-list").wait_for()


@contextmanager
def role_that_has_ended(house: House, username: str) -> Iterator[None]:
    """End somebody's roles behind everybody's back, and give them again afterwards."""
    dsn = embedded_dsn(places(house.data), "cohelm_owner")
    change = """UPDATE permissions_rolegrant SET until = {} WHERE user_id =
        (SELECT id FROM permissions_user WHERE username = %s)"""
    with psycopg.connect(dsn, autocommit=True) as database:
        database.execute(change.format("clock_timestamp()"), (username,))
        try:
            yield
        finally:
            database.execute(change.format("NULL"), (username,))


async def test_a_server_that_restarts_says_so_until_it_is_back(
    house: House, sit_down: SitDown, looks: Looks
) -> None:
    owner = await sit_down("operator1")
    await owner.open(house.session)
    house.ctrl_c()
    band = owner.see("offline-band")
    said = rf"Disconnected since {CLOCK}\. The server restarts and is back in a moment\."
    await expect(band).to_contain_text(re.compile(said))
    await expect(band).to_contain_text(re.compile(r"Tried again in \d+\s+s\."))
    await looks.at(owner.page, "trouble-restarting")
    await expect(band, "why it went is still told").to_contain_text("The server restarts")
    house.start()
    await _back_by_the_button(owner)


async def _back_by_the_button(person: Person) -> None:
    """Do not wait for the next try."""
    now = person.see("offline-band").get_by_role("button", name="Try now")
    if await now.count():
        await now.click()
    await person.is_live(5)
