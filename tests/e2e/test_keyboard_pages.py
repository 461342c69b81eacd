"""People, tokens, agents and a session's sharing without a mouse; the keyboard is never lost."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.e2e.conftest import WIDE
from tests.e2e.keyboard import Keyboard
from tests.e2e.person import Person
from tests.house import House


@pytest.fixture
async def keys(house: House, chromium: Browser) -> AsyncIterator[Keyboard]:
    """Give an owner's keyboard, signed in; nothing may have been pointed at in the end."""
    context = await chromium.new_context(
        viewport={"width": WIDE[0], "height": WIDE[1]}, reduced_motion="reduce"
    )
    person = await Person.at("operator1", house.url, context)
    keys = await Keyboard.of(person)
    await person.page.goto(house.url)
    await keys.at(person.see("login-username"))
    await keys.type("operator1")
    await keys.press("Tab")
    await keys.type(house.password("operator1"))
    await keys.press("Enter")
    await person.see("session-list").wait_for()
    yield keys
    assert await keys.pointed() == ""
    assert await person.complaints() == []
    await context.close()


async def to_page(keys: Keyboard, name: str) -> None:
    """Follow a link of the bar."""
    page = keys.person.page
    await keys.tab_to(page.get_by_role("link", name=name, exact=True))
    await keys.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text(name)


async def chooses(keys: Keyboard, what: Locator) -> None:
    """Go to a button and press it."""
    await keys.tab_to(what)
    await keys.press("Enter")


async def says_yes(keys: Keyboard) -> None:
    """Answer the dialog that asks once more: the keyboard stands on Cancel at first."""
    page = keys.person.page
    await keys.at(page.get_by_role("alertdialog").get_by_role("button", name="Cancel"))
    await chooses(keys, keys.person.see("sure"))
    await expect(page.get_by_role("alertdialog")).to_have_count(0)


async def test_people_are_invited_and_given_roles_by_keys(keys: Keyboard) -> None:
    person = keys.person
    await to_page(keys, "People")
    await keys.tab_to(person.see("invite-name"))
    await keys.type("Somebody new")
    await keys.press("Enter")
    await keys.at(person.see("invite-link"))
    await chooses(keys, person.page.get_by_role("button", name="Withdraw"))
    await says_yes(keys)
    await expect(person.see("invitation-list")).to_have_count(0)
    await keys.at(person.page.get_by_role("heading", level=1))

    cleo = person.page.locator("[data-testid=member][data-user=observer]")
    give = cleo.get_by_test_id("role-give")
    await chooses(keys, give)
    await keys.tab_to(cleo.get_by_test_id("role-choice"))
    await keys.type("commenter")
    await chooses(keys, cleo.get_by_test_id("role-submit"))
    taking = cleo.get_by_role("button", name="Take the role commenter")
    await expect(taking).to_be_visible()
    await keys.at(give)
    await chooses(keys, taking)
    await says_yes(keys)
    await expect(taking).to_have_count(0)
    await keys.at(give)


async def test_a_token_is_made_and_revoked_by_keys(keys: Keyboard) -> None:
    person = keys.person
    await to_page(keys, "Tokens")
    for name in ("First", "Second"):
        await keys.tab_to(person.see("token-name"))
        await keys.type(f"{name} of the keys")
        await keys.press("Enter")
        await keys.at(person.see("token-text"))
        await expect(person.see("token-list")).to_contain_text(f"{name} of the keys")
    first, second = (
        person.page.get_by_role("button", name=f"Revoke {name} of the keys")
        for name in ("First", "Second")
    )
    await chooses(keys, second)
    await says_yes(keys)
    await expect(second).to_have_count(0)
    await keys.at(first)
    await keys.press("Enter")
    await says_yes(keys)
    await expect(first).to_have_count(0)
    await keys.at(person.page.locator("[data-testid=token-revoke]:focus"))


async def test_an_agent_is_added_changed_and_removed_by_keys(keys: Keyboard) -> None:
    person = keys.person
    await to_page(keys, "Agents")
    await keys.tab_to(person.see("agent-name"))
    await keys.type("Agent of the keys")
    await keys.tab_to(person.see("agent-url"))
    await keys.type("http://127.0.0.1:9/")
    await chooses(keys, person.see("agent-test"))
    await expect(person.page.get_by_role("alert")).to_contain_text("could not be reached")
    await chooses(keys, person.see("agent-add"))
    agent = person.page.locator("[data-testid=agent][data-agent='Agent of the keys']")
    await expect(agent).to_be_visible()
    await keys.at(person.see("agent-name"))

    change = agent.get_by_test_id("agent-change")
    await chooses(keys, change)
    await keys.at(agent.get_by_test_id("change-name"))
    await keys.press("Escape")
    await keys.at(change)
    await keys.press("Enter")
    await keys.at(agent.get_by_test_id("change-name"))
    await keys.press("End")
    await keys.type(", changed")
    await keys.press("Enter")
    agent = person.page.locator("[data-testid=agent][data-agent='Agent of the keys, changed']")
    await keys.at(agent.get_by_test_id("agent-change"))
    await chooses(keys, agent.get_by_test_id("agent-remove"))
    await says_yes(keys)
    await expect(agent).to_have_count(0)
    await keys.at(person.see("agent-test-kept").last)  # the first thing in what took its place


async def test_a_session_is_shared_by_keys(keys: Keyboard) -> None:
    person = keys.person
    await chooses(keys, person.see("session-new"))
    await keys.type("Shared by keys")
    await keys.tab_to(person.see("session-agent"))
    await keys.type("No agent")
    await chooses(keys, person.see("session-create"))
    person.opened += 1
    await person.is_live()
    await chooses(keys, person.see("session-share"))
    await keys.tab_to(person.see("share-who"))
    await keys.type("Cleo")
    await keys.tab_to(person.see("share-role"))
    await keys.type("commenter")
    await chooses(keys, person.see("share-give"))
    people = person.see("share-people")
    await expect(people).to_contain_text("Cleo")
    await keys.at(person.see("share-give"))
    await chooses(keys, person.page.get_by_role("button", name="Take the role commenter from Cleo"))
    await expect(people).not_to_contain_text("commenter")
    await keys.tab_to(person.see("invite-name"))
    await keys.type("Somebody outside")
    await keys.press("Enter")
    await keys.at(person.see("invite-link"))
    await chooses(keys, person.see("share-withdraw"))
    await expect(person.see("share-links")).to_have_count(0)
    # What had the keyboard is gone; it is given back to the dialog within one picture.
    await expect(person.page.locator("[role=dialog] :focus")).to_have_count(1)
    await keys.press("Escape")
    await keys.at(person.see("session-share"))
