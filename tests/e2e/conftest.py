"""Fixtures of the browser's tests: one house, one browser, and people who sit down at pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
from playwright.async_api import Browser, async_playwright, expect

from tests import browser
from tests.e2e.looks import Looks
from tests.e2e.person import Person
from tests.front import house_behind_nginx, nginx
from tests.house import House, new_house
from tests.needs import everything_is_required

SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDE = (1440, 900)
NARROW = (390, 844)

# Milliseconds. Five seconds, which is what Playwright waits, are few where a disk stalls.
expect.set_options(timeout=30_000)

SitDown = Callable[..., Awaitable[Person]]


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    """Run a whole Cohelm for all tests of this folder."""
    with new_house() as house:
        yield house.start()


@pytest.fixture
def looks() -> Iterator[Looks]:
    """Look at pages; whatever was wrong with one of them fails the test when it is through."""
    looks = Looks()
    yield looks
    assert not looks.wrong, "\n".join(looks.wrong)


@pytest.fixture(scope="session")
def house_behind_proxy(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[House]:
    """Run a Cohelm behind nginx, which people reach by https; without nginx it is the other one."""
    if nginx() is None and not everything_is_required():
        yield request.getfixturevalue("house")
        return
    with house_behind_nginx(tmp_path_factory.mktemp("nginx")) as (house, _):
        yield house


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """Start the browser once."""
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(
            executable_path=browser.executable(), args=list(SWITCHES)
        )
        yield started
        await started.close()


@pytest.fixture(scope="module")
async def sit_down(chromium: Browser, house: House) -> AsyncIterator[SitDown]:
    """Let people sit down at pages of their own, signed in; they leave with the module."""
    people: list[Person] = []

    async def sit(username: str, *, at: House = house, url: str = "", path: str = "/") -> Person:
        width, height = WIDE
        context = await chromium.new_context(
            viewport={"width": width, "height": height},
            reduced_motion="reduce",
            # nginx has a certificate that nobody vouches for.
            ignore_https_errors=True,
        )
        person = await Person.at(username, url or at.door, context)
        people.append(person)
        await person.sign_in(at.password(username), path)
        return person

    yield sit
    for person in people:
        await person.context.close()
