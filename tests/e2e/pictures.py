"""What a page computes for each picture while somebody scrolls, read off the browser's trace.

Computing time is counted, and not time that passes: what else the machine does is no part of it.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import Counter
from typing import Any, NamedTuple

from tests.e2e.person import Person
from tests.figures import percentile

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

# Gives the places of the log that are drawn.
SEQS = "() => [...document.querySelectorAll('[data-testid=event]')].map((row) => +row.dataset.seq)"

PICTURE, TASK = "FireAnimationFrame", "ThreadControllerImpl::RunTask"


class Scrolled(NamedTuple):
    """The first place drawn before and after; milliseconds of each picture's work, and between."""

    start: int
    end: int
    work: list[float]
    gaps: list[float]

    def __str__(self) -> str:
        half, most = percentile(self.work, 0.5), percentile(self.work, 0.95)
        return (
            f"#{self.start} to #{self.end}: {len(self.work)} pictures, {half:.1f} ms of work for "
            f"one (p95 {most:.1f}), {percentile(self.gaps, 0.5):.1f} ms between two"
        )


async def scroll(person: Person, pixels: int, ms: int) -> Scrolled:
    """Scroll by so many pixels with each picture, for so many milliseconds."""
    page, browser = person.page, person.context.browser
    assert browser is not None
    start = min(await page.evaluate(SEQS))
    await browser.start_tracing(page=page, categories=["toplevel", "devtools.timeline"])
    gaps = await page.evaluate(SCROLL, [pixels, ms])
    trace = json.loads(await browser.stop_tracing())
    return Scrolled(start, min(await page.evaluate(SEQS)), work(trace["traceEvents"]), gaps)


def work(events: list[dict[str, Any]]) -> list[float]:
    """Give the milliseconds that the thread which draws has computed, from picture to picture."""
    threads = Counter((one["pid"], one["tid"]) for one in events if one["name"] == PICTURE)
    drawing = threads.most_common(1)[0][0]
    mine = [one for one in events if (one["pid"], one["tid"]) == drawing]
    pictures = sorted(one["ts"] for one in mine if one["name"] == PICTURE)
    spent = [0.0] * (len(pictures) + 1)
    for one in mine:
        if one["name"] == TASK:
            spent[bisect_right(pictures, one["ts"])] += one.get("tdur", 0) / 1e3
    return spent[1:-1]
