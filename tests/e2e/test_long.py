"""A session of many events opens at once at its end, and scrolls smoothly wherever one goes in it.

The page holds little of it. `COHELM_TEST_LONG` says how many events.
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
from playwright.async_api import Browser, expect

from tests.e2e.conftest import WIDE
from tests.e2e.looks import Looks
from tests.e2e.person import Person
from tests.e2e.pictures import scroll
from tests.figures import figure, percentile
from tests.house import House, new_house, plain_environment
from tests.stalls import Span, watching
from workspace.environment import embedded_dsn
from workspace.places import PROJECT, places

EVENTS = int(os.environ.get("COHELM_TEST_LONG", "100000"))

WORK = 16.0
"""Milliseconds of the page's main thread for a picture: sixty a second leave no more."""

ALL_NEW = 48.0
"""The same where each picture shows other rows than the one before: nobody reads so."""

ROW = 20
"""Pixels of the timeline for an entry, at the least: who scrolls passes no more than that."""

HEAP = 100_000_000
"""Bytes that the page may hold, however long the session is and wherever one was."""

ROWS_DRAWN = 100
"""Rows that are on the page at once, at most."""

FILL = "import django; django.setup(); from tests.e2e.filling import run; run()"

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
    long_house: House, chromium: Browser, looks: Looks
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

    await _scrolls(person, "up from its end", -400, 8_000)
    await _jumps(person, 40, opened)
    await _scrolls(person, "down from #40", 400, 8_000)
    await _jumps(person, EVENTS // 2, opened)
    await _scrolls(person, "up in great steps", -4_000, 4_000)
    await _scrolls(person, "down in great steps", 4_000, 4_000)
    await looks.at(person.page, "console-past")
    heap = await _heap(person)
    drawn = await person.page.evaluate(DRAWN)
    figure("long session", f"heap {heap / 1e6:.0f} MB after all of that, {drawn} rows drawn")
    assert heap < HEAP
    assert drawn < ROWS_DRAWN

    begun = time.monotonic()
    await person.see("to-end").click()
    await expect(end).to_be_visible()
    await expect(person.see("to-end")).to_have_count(0)
    figure("long session", f"back at the present in {time.monotonic() - begun:.2f} s")
    await person.ask("and now?")
    await expect(person.events("prompt").last).to_contain_text("and now?")
    assert await person.complaints() == []
    await context.close()


async def _jumps(person: Person, seq: int, opened: float) -> None:
    """Follow a permalink to a far place: that is not to take longer than it took to open."""
    row = person.page.locator("[data-testid=event][data-chosen=true]")
    with watching() as gauge:
        begun = time.time()
        await person.page.evaluate("(seq) => { location.hash = `#${seq}`; }", seq)
        await expect(row).to_be_visible()
        jumped = [Span(begun, time.time())]
    chosen = int(await row.get_attribute("data-seq") or 0)
    figure("long session", f"to #{seq} in {jumped[0].took:.2f} s")
    assert seq - 3 <= chosen <= seq
    assert max(gauge.ours(jumped)) < max(2.0, opened), gauge.says(jumped)


async def _scrolls(person: Person, how: str, pixels: int, ms: int) -> None:
    """Scroll for a while: no picture takes long, and nobody is moved when a page comes in."""
    scrolled = await scroll(person, pixels, ms)
    figure("long session", f"scrolled {how}, {scrolled}")
    assert percentile(scrolled.work, 0.5) <= (WORK if abs(pixels) < WIDE[1] else ALL_NEW)
    passed = (scrolled.end - scrolled.start) / pixels
    assert 0 < passed <= len(scrolled.gaps) / ROW, "the reader was moved"


async def _heap(person: Person) -> int:
    """Give the bytes that are held after a collection."""
    tools = await person.context.new_cdp_session(person.page)
    await tools.send("HeapProfiler.collectGarbage")
    found: dict[str, Any] = await tools.send("Runtime.getHeapUsage")
    return int(found["usedSize"])
