"""Every page in every state: it fits a phone, and nothing in it shuts anybody out."""

from __future__ import annotations

from uuid import UUID

from playwright.async_api import Browser, expect

from collab.core.commands import SessionClose
from tests.e2e.conftest import SitDown
from tests.e2e.looks import NARROW, WIDE, Looks
from tests.e2e.person import Person
from tests.e2e.scratch import fresh_logs, long_text
from tests.house import House
from tests.wire import Wire


async def test_the_pages_outside_of_a_session(
    house: House, chromium: Browser, sit_down: SitDown, looks: Looks
) -> None:
    context = await chromium.new_context()
    stranger = await Person.at("stranger", house.url, context)
    await stranger.page.goto(f"{house.url}/login")
    await stranger.see("login-submit").wait_for()
    await looks.at(stranger.page, "login")
    await stranger.see("login-username").fill("stranger")
    await stranger.see("login-password").fill("a guess")
    await stranger.see("login-submit").click()
    await stranger.page.get_by_role("alert").wait_for()
    await looks.at(stranger.page, "login-wrong")
    await context.close()

    owner = await sit_down("operator1")
    await owner.see("session-list").wait_for()
    await looks.at(owner.page, "sessions")
    await owner.see("session-new").click()
    await owner.see("session-title").fill("Logs of the orders service")
    await looks.at(owner.page, "create")
    await owner.page.goto(f"{house.url}/agents")
    await owner.see("agent-list").wait_for()
    await owner.see("agent-name").fill("Night shift")
    await owner.see("agent-url").fill("http://127.0.0.1:9/")
    await owner.see("agent-test").click()
    await owner.page.get_by_role("alert").wait_for()
    demo = owner.page.locator("[data-testid=agent][data-agent='Demo agent']")
    await demo.get_by_test_id("agent-test-kept").click()
    await owner.see("agent-test-ok").wait_for()
    await expect(owner.see("agent-says")).to_contain_text("demo, pydantic-ai")
    await looks.at(owner.page, "agents")
    await owner.page.goto(f"{house.url}/nowhere")
    await owner.page.get_by_role("heading").wait_for()
    await looks.at(owner.page, "nowhere")
    missing = "00000000-0000-4000-8000-000000000000"
    await owner.page.goto(f"{house.url}/sessions/{missing}")
    await owner.see("ended").wait_for()
    await looks.at(owner.page, "not-for-you")


async def test_the_console_in_each_of_its_states(
    house: House, sit_down: SitDown, looks: Looks
) -> None:
    fresh_logs(house.scratch)
    owner = await sit_down("operator1")
    await owner.see("session-list").wait_for()
    session = await owner.begin("Logs of the orders service", "Demo agent")
    second, observer = await sit_down("operator2"), await sit_down("observer")
    for person in (second, observer):
        await person.open(session)
    await looks.at(owner.page, "console-empty")
    await _in_each_dialog(owner, looks)

    await _while_an_approval_waits(owner, second, observer, looks)
    await second.see("approval-approve").click()
    await owner.sees(owner.events("message"), "Done. I deleted")
    await owner.at_rest()
    await looks.at(owner.page, "console-after")
    await expect(owner.see("to-end"), "who was at the end stays there").to_have_count(0)
    await _while_text_streams(owner, house, looks)

    await second.page.get_by_test_id("mode-prompt").check(force=True)
    await second.context.set_offline(True)
    await second.see("composer").fill("list the notes folder")
    await second.see("send").click()
    await second.see("offline-band").wait_for()
    await looks.at(second.page, "console-offline")
    await second.context.set_offline(False)
    await second.is_live()
    await owner.sees(owner.events("message"), "notes holds one file")
    await owner.at_rest()

    async with Wire(house.ws_url, UUID(session), house.token("operator")) as wire:
        await wire.join()
        await wire.do(SessionClose(reason="The logs are tidy."))
    await owner.see("closed").wait_for()
    await looks.at(owner.page, "console-closed")


async def _in_each_dialog(owner: Person, looks: Looks) -> None:
    await owner.page.get_by_test_id("timeline").focus()
    for key, name in (("?", "console-keys"), ("g", "console-goto")):
        await owner.page.keyboard.press(key)
        await owner.page.get_by_role("dialog").wait_for()
        await looks.at(owner.page, name)
        await owner.page.keyboard.press("Escape")
        await expect(owner.page.get_by_role("dialog")).to_have_count(0)
    await owner.page.get_by_test_id("session-settings").click()
    await owner.page.get_by_role("dialog").wait_for()
    await looks.at(owner.page, "console-session")
    await owner.page.keyboard.press("Escape")


async def _while_text_streams(owner: Person, house: House, looks: Looks) -> None:
    long_text(house.scratch, "night.txt", lines=40, wide=4)
    await owner.ask("read night.txt")
    await expect(owner.streaming).to_contain_text("orders were slow")
    await looks.at(owner.page, "console-streaming")
    await expect(owner.streaming).to_be_visible()
    await owner.see("cancel-run").click()
    await expect(owner.told("run.cancelled")).to_have_count(1)


async def _while_an_approval_waits(
    owner: Person, second: Person, observer: Person, looks: Looks
) -> None:
    await owner.ask("tidy the logs folder")
    await second.waits_for_approval()
    await second.page.get_by_test_id("mode-note").check(force=True)
    await second.see("composer").fill("Keep orders.log.3 until the audit is over, please.")
    await second.see("send").click()
    await owner.sees(owner.events("note"), "until the audit is over")
    await expect(owner.see("own-action")).to_have_count(0)
    await looks.picture(owner.page, "screenshot")
    await looks.at(owner.page, "console-approval")
    await looks.at(observer.page, "console-observer")
    await second.see("approval-edit").click()
    await looks.at(second.page, "console-edit")
    await second.page.get_by_role("button", name="Back").click()
    await _on_a_phone(second, looks)


async def _on_a_phone(second: Person, looks: Looks) -> None:
    await second.page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    await second.see("sheet-open").click()
    await expect(second.see("approval-approve")).to_be_visible()
    await looks.at(second.page, "console-sheet")
    await second.page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    sheet = second.page.get_by_role("dialog")
    await sheet.get_by_test_id("approval-edit").click()
    args = sheet.get_by_test_id("approval-args")
    await args.fill((await args.input_value()).replace('    "logs/orders.log.3",\n', ""))
    await expect(sheet.get_by_test_id("approval-approve-edited")).to_be_enabled()
    await looks.at(second.page, "console-sheet-edit")
    await second.page.keyboard.press("Escape")
    await second.page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
