"""The agents behind the story's session: the demo's own, and one elsewhere that keeps a secret."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import expect

from tests.agent_processes import demo_agent
from tests.e2e.person import Person
from tests.house import House

SECRET = "tell nobody 4711"
NAME = "Night shift"


@dataclass
class Place:
    """A session with its agent: where its tools work, and what must not be seen anywhere."""

    session: str
    scratch: Path
    secret: str = ""


@asynccontextmanager
async def the_demo_agent(house: House, owner: Person, _: Path) -> AsyncIterator[Place]:
    """Use the session and the agent that `up` makes."""
    yield Place(house.session, house.scratch)


@asynccontextmanager
async def an_agent_elsewhere(house: House, owner: Person, folder: Path) -> AsyncIterator[Place]:
    """Start an agent that demands a secret header; the owner adds it in the pages."""
    demanding = ("--pace", "30", "--require-header", f"X-Agent-Secret: {SECRET}")
    with demo_agent(folder, *demanding) as agent:
        await owner.page.goto(f"{house.door}/agents")
        await _tries_and_adds(owner, agent.url)
        yield Place(await owner.begin("The night shift's logs", NAME), agent.folder, SECRET)


async def _tries_and_adds(owner: Person, url: str) -> None:
    await owner.see("agent-name").fill(NAME)
    await owner.see("agent-url").fill(url)
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


async def adds_an_agent(owner: Person, name: str, url: str) -> None:
    """Add an agent in the page of agents, which is open."""
    await owner.see("agent-name").fill(name)
    await owner.see("agent-url").fill(url)
    await owner.see("agent-add").click()
    rows = owner.see("agent-list").get_by_role("listitem")
    await expect(rows.filter(has_text=name)).to_have_count(1)
