"""What few people see, and then need: no right, no link any more, an unknown outcome, the record.

Looked at as all pages are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest
from playwright.async_api import Browser, expect

from collab.core import commands as c
from tests.e2e.conftest import SitDown
from tests.e2e.looks import Looks
from tests.e2e.person import Person
from tests.e2e.test_people import link_for
from tests.house import House, new_house
from tests.turns import approving, asked, start_run
from tests.wire import Wire
from workspace.environment import embedded_dsn
from workspace.places import places


@pytest.fixture
def looks() -> Looks:
    return Looks()


@pytest.fixture(scope="module")
def still_house() -> Iterator[House]:
    """Run a Cohelm without a runner, so that a test can be the agent."""
    with new_house("--no-agent", "--workers", "1") as house:
        yield house.start()


async def test_who_may_not_reads_who_may(
    still_house: House, sit_down: SitDown, looks: Looks
) -> None:
    observer = await sit_down("observer", at=still_house, path="/people")
    await observer.page.get_by_role("heading", name="for those who look after people").wait_for()
    await looks.at(observer.page, "people-not-yours")
    await observer.page.get_by_role("link", name="Agents").click()
    await expect(observer.page.get_by_text("An owner of the workspace can add")).to_be_visible()
    await looks.at(observer.page, "agents-not-yours")
    assert not looks.wrong, "\n".join(looks.wrong)


async def test_what_cannot_be_loaded_is_tried_again_by_a_button(
    still_house: House, sit_down: SitDown, looks: Looks
) -> None:
    owner = await sit_down("operator1", at=still_house)
    await owner.see("session-list").wait_for()
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
    assert not looks.wrong, "\n".join(looks.wrong)


async def test_a_link_that_is_over_or_none_says_so(
    still_house: House, chromium: Browser, sit_down: SitDown, looks: Looks
) -> None:
    owner = await sit_down("operator1", at=still_house)
    link = await link_for(owner, still_house, "Late")
    with psycopg.connect(
        embedded_dsn(places(still_house.data), "cohelm_owner"), autocommit=True
    ) as database:
        database.execute("UPDATE permissions_invitation SET until = clock_timestamp()")
    context = await chromium.new_context(reduced_motion="reduce")
    late = await Person.at("late", still_house.url, context)
    for name, address in (("expired", link), ("unknown", f"{link}0")):
        await late.page.goto("about:blank")
        await late.page.goto(address)
        await late.page.get_by_role("alert").wait_for()
        await looks.at(late.page, f"invitation-{name}")
    await context.close()
    assert not looks.wrong, "\n".join(looks.wrong)


async def test_an_unknown_outcome_and_a_rejection_are_asked_for_plainly(
    still_house: House, sit_down: SitDown, looks: Looks
) -> None:
    owner = await sit_down("operator1", at=still_house)
    await owner.open(still_house.session)
    session = UUID(still_house.session)
    url = still_house.ws_url
    async with (
        Wire(url, session, still_house.token("operator")) as person,
        Wire(url, session, still_house.token("agent")) as agent,
    ):
        await person.join()
        await agent.join()
        await agent.do(c.AgentAttach("a runner"))
        run = await start_run(person, agent, 1)
        gone = asked({"paths": ["a.log"]})
        asking = await agent.do(c.ApprovalAsk(1, run, (gone,)))
        await (await owner.waits_for_approval()).get_by_test_id("approval-reject").click()
        await owner.see("approval-reason").fill("The auditors want these.")
        await looks.at(owner.page, "console-reject")
        await person.do(approving(gone, asking.seq))
        await expect(owner.see("approval-reason")).to_have_count(0)
        await agent.do(c.ApprovalDispatch(1, run, gone.group_id))
        await agent.do(c.ApprovalReport(1, gone.approval_id, "unknown"))
        unknown = owner.page.locator("[data-testid=approval][data-stage=unknown]")
        await expect(unknown).to_be_visible()
        await expect(owner.see("waiting")).to_contain_text("1 unknown outcome")
        await expect(owner.page).to_have_title(re.compile("Outcome not known"))
        await looks.at(owner.page, "console-unknown")
    assert not looks.wrong, "\n".join(looks.wrong)


async def test_an_administrator_reads_the_record(
    still_house: House, sit_down: SitDown, looks: Looks
) -> None:
    owner = await sit_down("operator1", at=still_house)
    admin = f"{still_house.url}/admin/collab/session/"
    await owner.page.goto(admin)
    await owner.page.get_by_role("link", name="Events").first.click()
    await expect(owner.page.get_by_test_id("events")).to_contain_text("session.opened")
    await looks.at(owner.page, "admin-record")
    await owner.page.goto(f"{still_house.url}/admin/nowhere/")
    await owner.page.get_by_role("heading", name="nothing at this address").wait_for()
    await looks.at(owner.page, "admin-nowhere")
    assert not looks.wrong, "\n".join(looks.wrong)
