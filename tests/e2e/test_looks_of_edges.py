"""What few people see, and then need: no right, no link any more, an unknown outcome, the record.

Looked at as all pages are.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import LiteralString
from uuid import UUID

import psycopg
import pytest
from playwright.async_api import Browser, expect

from collab.core import commands as c
from collab.core.events import ApprovalRequest
from tests.e2e.conftest import SitDown
from tests.e2e.looks import Looks
from tests.e2e.person import Person
from tests.e2e.test_people import link_for
from tests.house import House, new_house
from tests.turns import approving, asked, start_run
from tests.wire import Wire
from workspace.environment import embedded_dsn
from workspace.places import places


@pytest.fixture(scope="module")
def still_house() -> Iterator[House]:
    """Run a Cohelm without a runner, so that a test can be the agent."""
    with new_house("--no-agent", "--workers", "1") as house:
        yield house.start()


@pytest.fixture
async def owner(still_house: House, sit_down: SitDown) -> Person:
    """Have an owner sit down at the sessions of that Cohelm."""
    owner = await sit_down("operator1", at=still_house)
    await owner.see("session-list").wait_for()
    return owner


def sql(house: House, statement: LiteralString) -> None:
    """Run a statement as the owner of that Cohelm's tables."""
    dsn = embedded_dsn(places(house.data), "cohelm_owner")
    with psycopg.connect(dsn, autocommit=True) as database:
        database.execute(statement)


async def test_who_may_not_reads_who_may(
    still_house: House, sit_down: SitDown, looks: Looks
) -> None:
    observer = await sit_down("observer", at=still_house, path="/people")
    await observer.page.get_by_role("heading", name="for those who look after people").wait_for()
    await looks.at(observer.page, "people-not-yours")
    await observer.page.get_by_role("link", name="Agents").click()
    await expect(observer.page.get_by_text("An owner of the workspace can add")).to_be_visible()
    await looks.at(observer.page, "agents-not-yours")


async def test_what_cannot_be_loaded_is_tried_again_by_a_button(
    owner: Person, looks: Looks
) -> None:
    await owner.context.set_offline(True)
    await owner.page.get_by_role("link", name="Agents").click()
    await owner.page.get_by_role("alert").wait_for()
    await looks.at(owner.page, "agents-not-loaded")
    await owner.context.set_offline(False)
    await owner.page.get_by_role("button", name="Try again").click()
    await owner.see("agent-list").wait_for()
    await owner.page.get_by_role("link", name="People").click()
    await owner.page.get_by_role("button", name="Give a role to Cleo").click()
    await looks.at(owner.page, "people-give")
    assert await owner.complaints() == []


async def test_a_link_that_is_over_or_none_says_so(
    still_house: House, chromium: Browser, owner: Person, looks: Looks
) -> None:
    link = await link_for(owner, still_house, "Late")
    sql(still_house, "UPDATE permissions_invitation SET until = clock_timestamp()")
    context = await chromium.new_context(reduced_motion="reduce")
    late = await Person.at("late", still_house.url, context)
    for name, address in (("expired", link), ("unknown", f"{link}0")):
        await late.page.goto("about:blank")
        await late.page.goto(address)
        await late.page.get_by_role("alert").wait_for()
        await looks.at(late.page, f"invitation-{name}")
    await context.close()


async def test_an_unknown_outcome_and_a_rejection_are_asked_for_plainly(
    still_house: House, owner: Person, looks: Looks
) -> None:
    await owner.open(still_house.session)
    async with still_agent(still_house) as (person, agent):
        run, gone, shown = await asking(person, agent)
        await (await owner.waits_for_approval()).get_by_test_id("approval-reject").click()
        await owner.see("approval-reason").fill("The auditors want these.")
        await looks.at(owner.page, "console-reject")
        await person.do(approving(gone, shown))
        await expect(owner.see("approval-reason")).to_have_count(0)
        await agent.do(c.ApprovalDispatch(1, run, gone.group_id))
        await agent.do(c.ApprovalReport(1, gone.approval_id, "unknown"))
        unknown = owner.page.locator("[data-testid=approval][data-stage=unknown]")
        await expect(unknown).to_be_visible()
        await expect(owner.see("waiting")).to_contain_text("1 unknown outcome")
        await expect(owner.page).to_have_title(re.compile("Outcome not known"))
        await looks.at(owner.page, "console-unknown")
        await person.do(c.ApprovalSettle(gone.approval_id, "executed"))
        await person.do(c.RunCancel(run))


async def test_a_refused_action_says_why_and_offers_a_way_on(
    still_house: House, owner: Person, looks: Looks
) -> None:
    session = await owner.begin("Refused", "Demo agent")
    async with still_agent(still_house, session) as (person, agent):
        _, gone, shown = await asking(person, agent)
        await (await owner.waits_for_approval()).get_by_test_id("approval-reject").click()
        await owner.see("approval-reason").fill("The auditors want these.")
        await owner.context.set_offline(True)
        await owner.see("offline-band").wait_for()
        await owner.see("approval-reject-confirm").click()
        await person.do(approving(gone, shown))
        await owner.context.set_offline(False)
        refused = owner.page.locator("[data-testid=own-action][data-stage=refused]")
        await expect(refused).to_contain_text("You approved already")
        await looks.at(owner.page, "console-refused")
        await refused.get_by_role("button", name="Dismiss").click()
        await owner.context.set_offline(True)
        await owner.see("offline-band").wait_for()
        await owner.page.get_by_test_id("mode-prompt").check(force=True)
        await owner.see("composer").fill("and the logs of the gateway, please")
        await owner.see("send").click()
        await person.do(c.SessionClose("The logs are tidy."))
        await owner.context.set_offline(False)
        await expect(refused).to_contain_text("closed")
        await looks.at(owner.page, "console-refused-closed")
        await refused.get_by_role("button", name="Show what you wrote").click()
        written = refused.get_by_role("textbox")
        await expect(written).to_have_value("and the logs of the gateway, please")
        await looks.at(owner.page, "console-refused-kept")


async def test_the_list_says_what_waits_for_whom_and_of_when_it_is(
    still_house: House, owner: Person, sit_down: SitDown, looks: Looks
) -> None:
    await owner.begin("Notes on the outage", "No agent: notes only")
    await owner.page.goto(still_house.url)
    session = await owner.begin("Logs of the orders service", "Demo agent")
    await owner.page.goto(still_house.url)
    await owner.begin("Release 4.2", "Demo agent")
    observer = await sit_down("observer", at=still_house)
    await owner.page.goto(still_house.url)
    row, theirs = (one.page.locator(f"[data-session='{session}']") for one in (owner, observer))
    await expect(row).to_contain_text("Not connected")
    async with still_agent(still_house, session) as (person, agent):
        run, _, _ = await asking(person, agent)
        await expect(row).to_contain_text("Waits for you: 1 approval", timeout=30_000)
        await expect(owner.see("sessions-waiting")).to_have_text("1 session waits for you.")
        await expect(owner.page).to_have_title("(1) Sessions · Cohelm")
        assert await owner.see("session-link").first.get_attribute("data-session") == session
        await looks.at(owner.page, "sessions-waiting")
        await expect(theirs).to_contain_text("Waits for an operator: 1 approval", timeout=30_000)
        await expect(observer.see("sessions-waiting")).to_have_text("Nothing waits for you.")
        await looks.at(observer.page, "sessions-waiting-observer")
        await owner.context.set_offline(True)
        await expect(owner.page.get_by_role("alert")).to_contain_text(
            "as they were at", timeout=30_000
        )
        await looks.at(owner.page, "sessions-late")
        await owner.context.set_offline(False)
        await owner.page.get_by_role("button", name="Try again").click()
        await expect(owner.page.get_by_role("alert")).to_have_count(0)
        await person.do(c.RunCancel(run))
        await person.do(c.PromptQueue("and the gateway's"))
    await expect(row).to_contain_text("Stands still: agent not connected", timeout=30_000)
    await looks.at(owner.page, "sessions-still")
    assert await owner.complaints() == []


async def test_guests_of_single_sessions_are_told_of_on_the_page_of_people(
    still_house: House, chromium: Browser, owner: Person, looks: Looks
) -> None:
    session = await owner.begin("For a guest", "Demo agent")
    link = still_house.says("invite", "Gus", "--role", "observer", "--session", session)
    context = await chromium.new_context(reduced_motion="reduce")
    guest = await Person.at("gus", still_house.url, context)
    await guest.page.goto(link)
    await guest.see("invitation-username").fill("gus")
    await guest.see("invitation-password").fill("correct horse battery")
    await guest.see("invitation-signup").click()
    await guest.is_live()
    await owner.page.goto(f"{still_house.url}/people")
    listed = owner.page.locator("[data-testid=guest][data-user=gus]")
    await expect(listed).to_contain_text("For a guest · observer")
    await looks.at(owner.page, "people-guests")
    await listed.get_by_role("link", name="For a guest").click()
    await owner.is_live()
    await context.close()


@asynccontextmanager
async def still_agent(house: House, session: str = "") -> AsyncIterator[tuple[Wire, Wire]]:
    """Have somebody else and an agent take part in a session, by its programs."""
    key = UUID(session or house.session)
    async with (
        Wire(house.ws_url, key, house.token("operator")) as person,
        Wire(house.ws_url, key, house.token("agent")) as agent,
    ):
        await person.join()
        await agent.join()
        await agent.do(c.AgentAttach("a runner"))
        yield person, agent


async def asking(person: Wire, agent: Wire) -> tuple[UUID, ApprovalRequest, int]:
    """Begin a run that asks; give its id, what it asks, and where."""
    run = await start_run(person, agent, 1)
    gone = asked({"paths": ["a.log"]})
    return run, gone, (await agent.do(c.ApprovalAsk(1, run, (gone,)))).seq


async def test_an_administrator_reads_the_record(
    still_house: House, owner: Person, looks: Looks
) -> None:
    admin = f"{still_house.url}/admin/collab/session/"
    await owner.page.goto(admin)
    await owner.page.get_by_role("link", name="Events").first.click()
    await expect(owner.page.get_by_test_id("events")).to_contain_text("session.opened")
    await looks.at(owner.page, "admin-record")
    await owner.page.goto(f"{still_house.url}/admin/nowhere/")
    await owner.page.get_by_role("heading", name="nothing at this address").wait_for()
    await looks.at(owner.page, "admin-nowhere")


async def test_what_is_shut_or_broken_in_the_admin_is_said_plainly(
    still_house: House, owner: Person, sit_down: SitDown, looks: Looks
) -> None:
    sql(still_house, "UPDATE permissions_user SET is_staff = true WHERE username = 'observer'")
    observer = await sit_down("observer", at=still_house)
    await observer.page.goto(f"{still_house.url}/admin/collab/session/")
    await observer.page.get_by_role("heading", name="not open to you").wait_for()
    await looks.at(observer.page, "admin-not-yours")
    sql(still_house, "REVOKE SELECT ON collab_agent FROM cohelm_app")
    try:
        await owner.page.goto(f"{still_house.url}/admin/collab/agent/")
        await owner.page.get_by_role("heading", name="Something went wrong").wait_for()
        await looks.at(owner.page, "admin-broken")
    finally:
        sql(still_house, "GRANT SELECT ON collab_agent TO cohelm_app")
