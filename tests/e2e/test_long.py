"""A session of many events opens at once at its end; older pages come in as one scrolls.

`COHELM_TEST_LONG` says how many; 100,000 take minutes to be made.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from playwright.async_api import Browser, CDPSession, expect

from tests.e2e.conftest import WIDE
from tests.e2e.person import Person
from tests.figures import figure, percentile
from tests.house import House, new_house, plain_environment
from workspace.environment import embedded_dsn
from workspace.places import PROJECT, places

EVENTS = int(os.environ.get("COHELM_TEST_LONG", "30000"))

WORK = 0.016
"""Seconds of the page's main thread for a picture, on average: sixty a second leave no more."""

HEAP = 300_000_000
"""Bytes that the page may hold when all of it was read."""

FILL = "import django; django.setup(); from tests.e2e.filling import run; run()"

# Scrolls by so many pixels a picture for so long; gives the milliseconds between pictures.
SCROLL = """([pixels, ms]) => new Promise((done) => {
  const box = document.querySelector('[data-testid=timeline]');
  const gaps = [];
  const begun = performance.now();
  let last = begun;
  const step = (now) => {
    gaps.push(now - last);
    last = now;
    box.scrollTop += pixels;
    if (now - begun < ms) requestAnimationFrame(step);
    else done(gaps.slice(1));
  };
  requestAnimationFrame(step);
})"""

DRAWN = "() => document.querySelectorAll('[data-testid=event]').length"


@pytest.fixture(scope="module")
def long_house() -> Iterator[House]:
    """Run a Cohelm whose one session is long; nothing else happens in it."""
    with new_house("--no-agent", "--workers", "1") as house:
        house.start()
        begun = time.monotonic()
        tokens = (house.token("operator"), house.token("agent"))
        filling = [sys.executable, "-c", FILL, house.session, str(EVENTS), *tokens]
        environ = plain_environment() | {
            "COHELM_DATA": str(house.data),
            "DJANGO_SETTINGS_MODULE": "workspace.settings",
        }
        subprocess.run(filling, cwd=PROJECT, env=environ, check=True, timeout=600)
        took = time.monotonic() - begun
        _count_rows(house)
        figure("long session", f"{EVENTS} events by the log's writer in {took:.0f} s")
        yield house


def _count_rows(house: House) -> None:
    """Let Postgres learn how long the table has got, as it does by itself within a minute."""
    dsn = embedded_dsn(places(house.data), "cohelm_owner")
    with psycopg.connect(dsn, autocommit=True) as database:
        database.execute("ANALYZE collab_event")


async def test_a_long_session_opens_at_its_end_and_takes_in_older_pages_smoothly(
    long_house: House, chromium: Browser
) -> None:
    context = await chromium.new_context(
        viewport={"width": WIDE[0], "height": WIDE[1]}, reduced_motion="reduce"
    )
    person = await Person.at("operator1", long_house.url, context)
    await person.sign_in(long_house.password("operator1"))

    begun = time.monotonic()
    await person.open(long_house.session)
    end = person.told("run.finished")
    await expect(end).to_be_visible()
    await expect(person.see("to-end")).to_have_count(0)
    opened = time.monotonic() - begun
    figure("long session", f"opened at its end in {opened:.2f} s")
    assert opened < 10

    work = await _scrolls(person, "up, older pages coming in", -400, 8_000)
    assert work <= WORK

    begun = time.monotonic()
    await person.page.evaluate("() => { location.hash = '#40'; }")
    first = person.page.locator("[data-testid=event][data-seq='40']")
    await expect(first).to_be_visible(timeout=120_000)
    jumped = time.monotonic() - begun
    figure("long session", f"from its end to #40 in {jumped:.1f} s")
    assert jumped < 60

    # With all of it here the virtualizer counts every place anew for each row that is measured:
    # what that costs is told, and not held to the same limit yet.
    await _scrolls(person, "down, all of it here", 400, 5_000)
    heap = await _heap(person)
    drawn = await person.page.evaluate(DRAWN)
    figure("long session", f"heap {heap / 1e6:.0f} MB with all of it here, {drawn} rows drawn")
    assert heap < HEAP
    assert drawn < 100

    await person.see("to-end").click()
    await expect(end).to_be_visible()
    await person.ask("and now?")
    await expect(person.events("prompt").last).to_contain_text("and now?")
    assert await person.complaints() == []
    await context.close()


async def _scrolls(person: Person, how: str, pixels: int, ms: int) -> float:
    """Scroll for a while; give the seconds of work for a picture. How many pictures there are, and
    when, depends on what else the machine does."""
    tools = await person.context.new_cdp_session(person.page)
    await tools.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = await _worked(tools)
    gaps = sorted(await person.page.evaluate(SCROLL, [pixels, ms]))
    work = (await _worked(tools) - before) / len(gaps)
    figure(
        "long session",
        f"scrolled {how}: {len(gaps)} pictures, {work * 1e3:.1f} ms of work for each; between two "
        f"p50 {percentile(gaps, 0.5):.1f} ms, p95 {percentile(gaps, 0.95):.1f} ms",
    )
    return work


async def _worked(tools: CDPSession) -> float:
    """Give the seconds that the page's main thread has computed."""
    found = await tools.send("Performance.getMetrics")
    return float(next(one["value"] for one in found["metrics"] if one["name"] == "TaskDuration"))


async def _heap(person: Person) -> int:
    """Give the bytes that are held after a collection."""
    tools = await person.context.new_cdp_session(person.page)
    await tools.send("HeapProfiler.collectGarbage")
    found: dict[str, Any] = await tools.send("Runtime.getHeapUsage")
    return int(found["usedSize"])
