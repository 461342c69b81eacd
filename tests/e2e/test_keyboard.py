"""The story's core without a mouse: every step is a key, and the keyboard is never lost."""

from __future__ import annotations

import json

from playwright.async_api import Browser, expect

from collab.core.events import PromptQueued, RunStarted
from tests.e2e.agreement import the_log
from tests.e2e.conftest import WIDE
from tests.e2e.keyboard import Keyboard
from tests.e2e.person import Person
from tests.e2e.scratch import fresh_logs, long_text, old_logs
from tests.figures import figure
from tests.house import House


async def test_the_story_is_played_with_the_keyboard_alone(house: House, chromium: Browser) -> None:
    context = await chromium.new_context(
        viewport={"width": WIDE[0], "height": WIDE[1]}, reduced_motion="reduce"
    )
    person = await Person.at("operator1", house.url, context)
    keys = await Keyboard.of(person)
    await _signs_in(house, keys)
    await _begins_a_session(keys)
    await _looks_up_the_keys(keys)
    await _approves_with_an_edit(house, keys)
    await _rejects_with_a_reason(house, keys)
    await _orders_the_queue_and_cancels(house, keys)
    await _walks_along_the_timeline(keys)
    assert await keys.pointed() == ""
    figure("keyboard alone", f"the story in {keys.pressed} keys")
    await context.close()


async def _signs_in(house: House, keys: Keyboard) -> None:
    person = keys.person
    await person.page.goto(house.url)
    await keys.at(person.see("login-username"))
    await keys.type("operator1")
    await keys.press("Tab")
    await keys.at(person.see("login-password"))
    await keys.type(house.password("operator1"))
    await keys.press("Enter")
    await person.see("session-list").wait_for()


async def _begins_a_session(keys: Keyboard) -> None:
    person = keys.person
    await keys.tab_to(person.see("session-new"))
    await keys.press("Enter")
    await keys.at(person.see("session-title"))
    await keys.press("Escape")
    await keys.at(person.see("session-new"))
    await keys.press("Enter")
    await keys.type("By keys alone")
    await keys.tab_to(person.see("session-agent"))
    await keys.type("Demo agent")
    await keys.tab_to(person.see("session-create"))
    await keys.press("Enter")
    await person.is_live()


async def _looks_up_the_keys(keys: Keyboard) -> None:
    person = keys.person
    await keys.press("c")
    await keys.at(person.see("composer"))
    await keys.press("Escape", "Shift+?")
    dialog = person.page.get_by_role("dialog")
    await expect(dialog).to_contain_text("To the approval that waits")
    await keys.press("Escape")
    await expect(dialog).to_have_count(0)


async def _asks(keys: Keyboard, text: str) -> None:
    await keys.press("c")
    await keys.at(keys.person.see("composer"))
    await keys.type(text)
    await keys.press("Control+Enter")
    await keys.at(keys.person.see("composer"))
    await keys.press("Escape")


async def _approves_with_an_edit(house: House, keys: Keyboard) -> None:
    person = keys.person
    logs = fresh_logs(house.scratch)
    await _asks(keys, "tidy the logs folder")
    card = await person.waits_for_approval()
    await keys.press("a")
    await keys.at(card)
    await keys.tab_to(person.see("approval-edit"))
    await keys.press("Enter")
    text = person.see("approval-args")
    await keys.at(text)
    args = json.loads(await text.input_value())
    args["paths"].remove("logs/orders.log.3")
    await keys.write(json.dumps(args))
    await keys.press("Control+Enter")
    # On the card while the tool runs, which may be over by now; never nowhere.
    kept = "[data-testid=approval]:focus, [data-testid=timeline]:focus"
    await expect(person.page.locator(kept)).to_have_count(1)
    await person.sees(person.events("message"), "I left logs/orders.log.3 where it was")
    await person.at_rest()
    await keys.at(person.see("timeline"))
    assert (logs / "orders.log.3").exists()
    assert not (logs / "orders.log.4").exists()


async def _rejects_with_a_reason(house: House, keys: Keyboard) -> None:
    person = keys.person
    files = old_logs(house.scratch, "by-keys")
    await _asks(keys, "tidy the by-keys folder")
    card = await person.waits_for_approval()
    await keys.press("a")
    await keys.at(card)
    await keys.tab_to(person.see("approval-reject"))
    await keys.press("Enter")
    await keys.at(person.see("approval-reason"))
    await keys.press("Escape")
    await keys.at(card)
    await keys.tab_to(person.see("approval-reject"))
    await keys.press("Enter")
    await keys.type("The auditors want these.")
    await keys.press("Control+Enter")
    await person.sees(person.told("approval.decided"), "The auditors want these.")
    await person.at_rest()
    await keys.at(person.see("timeline"))
    assert all(file.exists() for file in files)


async def _orders_the_queue_and_cancels(house: House, keys: Keyboard) -> None:
    person = keys.person
    long_text(house.scratch, "keys.txt", lines=90)
    await _asks(keys, "read keys.txt")
    await expect(person.streaming).to_be_visible()
    for text in ("first", "second", "third"):
        await _asks(keys, f"list the {text} folder")
    items = person.see("queue-item")
    await expect(items).to_have_count(3)

    await keys.press("q")
    await keys.at(person.see("queue"))
    third = items.filter(has_text="third")
    up = third.get_by_test_id("queue-up")
    await keys.tab_to(up)
    await keys.press("Enter")
    await expect(items.nth(1)).to_contain_text("third")
    await keys.at(up)
    await keys.press("Enter")
    await expect(items.nth(0)).to_contain_text("third")
    told = person.page.get_by_test_id("queue-told").first
    await expect(told).to_have_text("“list the third folder” is now 1 of 3.")
    await keys.at(third.get_by_test_id("queue-down"))

    await keys.tab_to(items.nth(1).get_by_test_id("queue-recall"))
    await keys.press("Enter")
    await expect(items).to_have_count(2)
    await keys.at(items.filter(has_text="second").get_by_test_id("queue-up"))

    await keys.press("s")
    await keys.at(person.see("cancel-run"))
    await keys.press("Enter")
    await expect(person.told("run.cancelled")).to_have_count(1)
    await person.at_rest()
    ran = await _prompts_in_the_order_of_their_runs(house, person)
    assert ran == ["read keys.txt", "list the third folder", "list the second folder"]


async def _prompts_in_the_order_of_their_runs(house: House, person: Person) -> list[str]:
    """Give the texts of the last three prompts that the agent got."""
    log = await the_log(house, person.page.url.rpartition("/")[2].partition("#")[0])
    texts = {e.body.prompt_id: e.body.text for e in log if isinstance(e.body, PromptQueued)}
    runs = [event.body.prompts for event in log if isinstance(event.body, RunStarted)]
    return [texts[prompt] for run in runs for prompt in run][-3:]


async def _walks_along_the_timeline(keys: Keyboard) -> None:
    person = keys.person
    await keys.press("k")
    row = person.page.locator("[data-testid=event][data-chosen=true]")
    await keys.at(row)
    await keys.press("k", "k", "j")
    await keys.at(row)
    await keys.press("g")
    await keys.at(person.see("goto-seq"))
    await keys.type("1")
    await keys.press("Enter")
    first = person.page.locator("[data-testid=event][data-seq='1']")
    await expect(first).to_be_visible()
    await keys.at(first)
    await keys.press("e")
    await expect(person.see("to-end")).to_have_count(0)
