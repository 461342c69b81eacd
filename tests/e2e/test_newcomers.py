"""A new team from the README alone: nobody is there yet, a stranger's agent, two addresses.

The owner and one operator come by the machine's own address, the other by its loopback.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
from playwright.async_api import Browser, expect

from tests.agent_processes import AgentProcess
from tests.cluster import free_port
from tests.e2e.looks import Looks
from tests.e2e.person import Person
from tests.house import House, new_house
from tests.strangers.langgraph_agent import langgraph_agent

PASSWORD = "correct horse battery"
AGENT = "Files"

Newcomer = Callable[..., Awaitable[Person]]


def address_of_this_machine() -> str:
    """Give the address under which others would reach it; asking for it sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect(("198.51.100.1", 9))
        except OSError:
            return "127.0.0.2"
        return str(asked.getsockname()[0])


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """Run a Cohelm that nobody has, which serves every address of the machine."""
    port = free_port()
    address = f"http://{address_of_this_machine()}:{port}"
    with new_house("--no-demo", "--host", "0.0.0.0", "--public-url", address) as house:
        house.port, house.front = port, address
        yield house.start()


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AgentProcess]:
    with langgraph_agent(tmp_path_factory.mktemp("langgraph")) as running:
        yield running


@pytest.fixture
async def newcomer(chromium: Browser, house: House) -> AsyncIterator[Newcomer]:
    """Let somebody sit down at a fresh browser; they leave with the test."""
    people: list[Person] = []

    async def sit(name: str, url: str) -> Person:
        context = await chromium.new_context(reduced_motion="reduce")
        people.append(await Person.at(name, url, context))
        return people[-1]

    yield sit
    for person in people:
        await person.context.close()


async def test_two_operators_drive_a_strangers_agent_from_two_addresses(
    house: House, stranger: AgentProcess, newcomer: Newcomer, looks: Looks
) -> None:
    owner = await newcomer("mona", house.door)
    link = await _signs_up_first(owner, house, looks)
    await _adds(owner, house, stranger.url)
    session = await owner.begin("The files", AGENT)

    near = await newcomer("nia", house.url)
    far = await newcomer("ole", house.door)
    await _comes_in(near, await _link_from_the_page(owner), near.url)
    await _comes_in(far, await _link_by_command(house), far.url)
    # A session's link leads into it, a workspace's to its sessions.
    near.opened += 1
    await near.is_live()
    await far.open(session)
    await near.ask("write hello to a.txt")
    await far.waits_for_approval()
    await far.see("approval-approve").click()
    await near.sees(near.events("message"), "a.txt is written.")
    await far.ask("what now?")
    await near.sees(near.events("message"), "That was request 2 of this conversation.")
    assert [call["path"] for call in stranger.calls("write_file")] == ["a.txt"]

    for person in (near, far):
        await _details_are_quiet(person)
    await looks.at(near.page, "steps")
    assert await near.rows() == await far.rows()
    await _used_link_says_so(await newcomer("late", house.door), link, looks)
    for person in (owner, near, far):
        assert await person.complaints() == []


async def _signs_up_first(owner: Person, house: House, looks: Looks) -> str:
    found = re.search(r"signs up here, once: (\S+)", house.log.read_text())
    assert found
    await owner.page.goto(found[1])
    await owner.page.get_by_label("Username").fill("mona")
    await looks.at(owner.page, "signup")
    await owner.page.get_by_label("Name that others see").fill("Mona")
    await owner.page.get_by_label("Password").fill(PASSWORD)
    await owner.page.get_by_label("Name of the workspace").fill("Garden")
    await owner.page.get_by_role("button", name="Begin").click()
    await owner.see("session-new").wait_for()
    return found[1]


async def _adds(owner: Person, house: House, url: str) -> None:
    await owner.page.goto(f"{house.door}/agents")
    await owner.see("agent-name").fill(AGENT)
    await owner.see("agent-url").fill(url)
    await owner.see("agent-test").click()
    await expect(owner.see("agent-test-ok")).to_be_visible()
    await owner.see("agent-add").click()
    await expect(owner.see("agent-list")).to_contain_text(AGENT)


async def _link_from_the_page(owner: Person) -> str:
    """Share the session by a link, which is copied although the page came over plain HTTP."""
    await owner.page.get_by_role("button", name="Share").click()
    dialog = owner.page.get_by_role("dialog")
    await expect(dialog).to_contain_text("Nobody else has a role on the workspace.")
    await dialog.get_by_test_id("invite-make").click()
    link = await dialog.get_by_test_id("invite-link").input_value()
    await dialog.get_by_role("button", name="Copy").click()
    await expect(dialog.get_by_role("status")).to_have_text("Copied.")
    return link


async def _link_by_command(house: House) -> str:
    link = await asyncio.to_thread(house.says, "invite", "Ole", "--role", "operator")
    assert link.startswith(f"{house.door}/invitation#")
    return link


async def _comes_in(person: Person, link: str, url: str) -> None:
    """Take the link at the address by which this person comes."""
    _, _, path = link.partition("/invitation")
    await person.page.goto(f"{url}/invitation{path}")
    await person.see("invitation-username").fill(person.username)
    await person.see("invitation-name").fill(person.username.title())
    await person.see("invitation-password").fill(PASSWORD)
    await person.see("invitation-signup").click()
    await expect(person.see("invitation-signup")).to_have_count(0)


async def _details_are_quiet(person: Person) -> None:
    """One line a run tells of the agent's steps, and opens to each; the agent's name is told."""
    details = person.events("details")
    await expect(details).to_have_count(2)
    await expect(details.first).to_contain_text("steps: think, tools")
    await expect(person.events("data")).to_have_count(0)
    await details.first.get_by_role("button").click()
    await expect(details.first.locator("summary").first).to_contain_text("step started think")
    await details.first.get_by_role("button").click()
    await expect(person.events("message").first.locator(".row-who")).to_have_text(AGENT)


async def _used_link_says_so(late: Person, link: str, looks: Looks) -> None:
    await late.page.goto(link)
    await expect(late.page.get_by_role("alert")).to_contain_text("does not work any more")
    await expect(late.page.get_by_role("textbox")).to_have_count(0)
    await looks.at(late.page, "signup-used")
