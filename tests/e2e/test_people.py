"""People and programs come in by the pages: by a link, by a choice, by a token, and go again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from collab.agents.client import join, session_url
from collab.agents.endings import StayAway
from tests.e2e.conftest import SitDown
from tests.e2e.looks import Looks
from tests.e2e.person import Person
from tests.house import House

PASSWORD = "correct horse battery"


@pytest.fixture
async def stranger(house: House, chromium: Browser) -> AsyncIterator[Person]:
    """Give a browser in which nobody is signed in."""
    context = await chromium.new_context(reduced_motion="reduce")
    yield await Person.at("stranger", house.url, context)
    await context.close()


async def link_for(owner: Person, house: House, name: str, role: str = "operator") -> str:
    """Have the owner make a link on the page of people."""
    await owner.page.goto(f"{house.url}/people")
    await owner.see("people-list").wait_for()
    await owner.see("invite-name").fill(name)
    await owner.see("invite-role").select_option(role)
    await owner.see("invite-make").click()
    await expect(owner.see("invitation-list")).to_contain_text(name)
    return await owner.see("invite-link").input_value()


async def signs_up(person: Person, link: str, username: str) -> None:
    await person.page.goto(link)
    await person.see("invitation-username").fill(username)
    await person.see("invitation-password").fill(PASSWORD)
    await person.see("invitation-signup").click()
    await person.see("session-list").wait_for()


async def test_who_is_invited_signs_up_and_drives_until_switched_off(
    house: House, sit_down: SitDown, stranger: Person, looks: Looks
) -> None:
    owner = await sit_down("operator1")
    await owner.see("session-list").wait_for()
    session = await owner.begin("For Nia", "Demo agent")
    link = await link_for(owner, house, "Nia")
    await looks.at(owner.page, "people")

    await stranger.page.goto(link)
    await expect(stranger.see("invitation-what")).to_contain_text("Demo as operator")
    await expect(stranger.see("invitation-name")).to_have_value("Nia")
    await looks.at(stranger.page, "invitation")
    await signs_up(stranger, link, "nia")
    await stranger.open(session)
    await stranger.ask("list the notes folder")
    await stranger.sees(stranger.events("message"), "notes holds one file")
    await owner.open(session)
    await owner.sees(owner.events("prompt"), "Nia")

    await owner.page.goto(f"{house.url}/people")
    member = owner.page.locator("[data-testid=member][data-user=nia]")
    await expect(member).to_contain_text("operator")
    await expect(owner.see("invitation-list")).to_have_count(0)
    await member.get_by_test_id("account-switch").click()
    await owner.page.get_by_role("alertdialog").wait_for()
    await looks.at(owner.page, "people-switch-off")
    await owner.see("sure").click()
    await expect(member).to_contain_text("cannot sign in")
    await expect(stranger.see("login-username")).to_be_visible(timeout=60_000)
    assert await owner.complaints() == []


async def test_a_link_works_once_and_the_next_one_reads_why(
    house: House, chromium: Browser, sit_down: SitDown, stranger: Person, looks: Looks
) -> None:
    link = await link_for(await sit_down("operator1"), house, "Otis", "observer")
    await signs_up(stranger, link, "otis")
    context = await chromium.new_context()
    late = await Person.at("late", house.url, context)
    await late.page.goto(link)
    await expect(late.page.get_by_role("alert")).to_contain_text("used this link already")
    await looks.at(late.page, "invitation-used")
    await context.close()


async def test_who_has_an_account_signs_in_and_accepts_with_it(
    house: House, sit_down: SitDown, stranger: Person, looks: Looks
) -> None:
    link = await link_for(await sit_down("operator1"), house, "Dora", "commenter")
    await stranger.page.goto(link)
    await stranger.page.get_by_role("link", name="You have an account?").click()
    await stranger.see("login-username").fill("auditor")
    await stranger.see("login-password").fill(house.password("auditor"))
    await stranger.see("login-submit").click()
    await expect(stranger.see("invitation-accept")).to_have_text("Accept as Dora")
    await looks.at(stranger.page, "invitation-known")
    await stranger.see("invitation-accept").click()
    await expect(stranger.see("session-list")).to_contain_text("commenter")


async def test_a_session_is_shared_in_its_dialog(
    house: House, sit_down: SitDown, looks: Looks
) -> None:
    owner = await sit_down("operator1")
    await owner.see("session-list").wait_for()
    await owner.begin("Shared work", "Demo agent")
    await owner.see("session-share").click()
    await owner.see("share-who").select_option(label="Cleo (observer)")
    await owner.see("share-role").select_option("operator")
    await owner.see("share-give").click()
    people = owner.see("share-people")
    await expect(people).to_contain_text("Cleo")
    await owner.see("invite-name").fill("Somebody outside")
    await owner.see("invite-make").click()
    await expect(owner.see("share-links")).to_contain_text("Somebody outside")
    await looks.at(owner.page, "console-share")
    await owner.see("share-withdraw").click()
    await expect(owner.see("share-links")).to_have_count(0)
    taken = owner.page.get_by_role("button", name="Take the role operator from Cleo")
    await taken.click()
    await expect(people).not_to_contain_text("Cleo")
    await owner.page.keyboard.press("Escape")
    for told in ("grant.given", "invitation.made", "invitation.withdrawn", "grant.taken"):
        await expect(owner.told(told).last).to_be_attached()
    assert await owner.complaints() == []


async def test_a_token_made_in_the_page_joins_until_it_is_revoked_there(
    house: House, sit_down: SitDown, looks: Looks
) -> None:
    person = await sit_down("operator2")
    await person.page.goto(f"{house.url}/tokens")
    await person.page.get_by_role("heading", name="No token yet").wait_for()
    await looks.at(person.page, "tokens-none")
    await person.see("token-name").fill("Nightly report")
    await person.see("token-scope").select_option("read")
    await person.see("token-make").click()
    text = await person.see("token-text").input_value()
    await expect(person.see("token-list")).to_contain_text("reading only")
    await looks.at(person.page, "tokens")
    url = session_url(house.url, house.facts["session_id"])
    async with asyncio.timeout(60), join(url, text) as session:
        assert (await anext(session)).seq > 0
        await person.see("token-revoke").click()
        await person.see("sure").click()
        await person.page.get_by_role("heading", name="No token yet").wait_for()
        with pytest.raises(StayAway):
            async for _ in session:
                pass
    assert await person.complaints() == []


async def test_an_agent_is_changed_and_removed_in_the_page(
    house: House, sit_down: SitDown, looks: Looks
) -> None:
    owner = await sit_down("operator1")
    await owner.page.goto(f"{house.url}/agents")
    await owner.see("agent-name").fill("Night shift")
    await owner.see("agent-url").fill("https://127.0.0.1:9/")
    await owner.see("agent-ca").wait_for()
    await owner.see("agent-add").click()
    agent = owner.page.locator("[data-testid=agent][data-agent='Night shift']")
    await agent.get_by_test_id("agent-change").click()
    await looks.at(owner.page, "agents-change")
    await owner.see("change-name").fill("Day shift")
    await owner.see("change-submit").click()
    await expect(agent).to_have_count(0)
    await owner.page.get_by_role("button", name="Remove Day shift").click()
    await owner.see("sure").click()
    await expect(owner.see("agent-list")).not_to_contain_text("Day shift")
    await owner.page.get_by_role("button", name="Remove Demo agent").click()
    await owner.see("sure").click()
    refusal = owner.page.get_by_role("alertdialog").get_by_role("alert")
    await expect(refusal).to_contain_text("Sessions have this agent")
