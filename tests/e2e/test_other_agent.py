"""An agent at another address that demands a secret header, put behind a session in the pages."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import expect

from tests.agent_processes import AgentProcess, demo_agent
from tests.e2e.agreement import all_pages_agree, the_log
from tests.e2e.conftest import SitDown
from tests.e2e.person import Person
from tests.house import House

SECRET = "tell nobody 4711"
NAME = "Night shift"


async def test_an_agent_with_a_secret_header_is_tried_added_and_driven(
    house: House, sit_down: SitDown, tmp_path: Path
) -> None:
    demanding = ("--pace", "10", "--require-header", f"X-Agent-Secret: {SECRET}")
    with demo_agent(tmp_path, *demanding) as agent:
        owner = await sit_down("operator1", path="/agents")
        await _tries_and_adds(owner, agent)
        session = await owner.begin("The night shift's logs", NAME)
        second, observer = await sit_down("operator2"), await sit_down("observer")
        people = (owner, second, observer)
        for person in people[1:]:
            await person.open(session)

        await owner.ask("tidy the logs folder")
        for person in people:
            card = await person.waits_for_approval()
            await expect(card).to_contain_text("logs/worker.log.2")
            assert max(map(len, (await person.grew()).values())) > 3
        await second.see("approval-approve").click()
        for person in people:
            await person.sees(person.told("approval.decided"), "Ben approved delete_files")
            await person.sees(person.events("message"), "Done. I deleted logs/gateway-debug.log")
            await person.at_rest()
        assert not (agent.folder / "logs/worker.log.2").exists()
        assert len(agent.calls("delete_files")) == 1
        await all_pages_agree(house, session, people)
        assert not any(SECRET in str(event) for event in await the_log(house, session))


async def _tries_and_adds(owner: Person, agent: AgentProcess) -> None:
    await owner.see("agent-name").fill(NAME)
    await owner.see("agent-url").fill(agent.url)
    await owner.see("agent-header").fill("X-Agent-Secret")
    await owner.see("agent-secret").fill("a guess")
    await owner.see("agent-test").click()
    refused = owner.page.get_by_role("alert")
    await expect(refused).to_contain_text("refused us (401); its headers may be wrong")
    await owner.see("agent-secret").fill(SECRET)
    await expect(refused).to_have_count(0)
    await owner.see("agent-test").click()
    await expect(owner.see("agent-test-ok")).to_be_visible()
    await owner.see("agent-add").click()
    row = owner.see("agent-list").get_by_role("listitem").filter(has_text=NAME)
    await expect(row).to_contain_text("secret header")
    assert SECRET not in await owner.page.content()
