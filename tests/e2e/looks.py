"""Looks at a page in both widths and both colours: nothing overflows, nothing shuts people out.

With COHELM_SCREENSHOTS=<folder> it leaves a picture of each look there. What is on the page is
whoever calls it to bring about.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from playwright.async_api import Page

from workspace.frontend import FOLDER as FRONTEND

WIDE = (1440, 900)
NARROW = (390, 844)
COLOURS: tuple[Literal["light", "dark"], ...] = ("light", "dark")

AXE = FRONTEND / "node_modules/axe-core/axe.min.js"
NO_AXE = "axe-core is missing: run `npm ci` in frontend/, or `python3 manage.py test`, which does."

# What keeps people out; the rest is advice.
BARRIERS = """async () => {
  const found = await axe.run(document, { resultTypes: ['violations'] });
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(' | ')}`);
}"""

WIDER = """() => {
  const wide = window.innerWidth;
  if (document.documentElement.scrollWidth <= wide) return '';
  const out = [...document.querySelectorAll('body *')]
    .filter((one) => one.getBoundingClientRect().right > wide + 1);
  return `${document.documentElement.scrollWidth - wide} px: ` +
    out.slice(0, 3).map((one) => one.className || one.tagName).join(', ');
}"""

# Browsers that keep passwords know one by its form, and write it down where there is none.
FORMLESS = """() => [...document.querySelectorAll('input[type=password]')]
  .filter((one) => one.form === null).length"""

# Colours change slowly in Django's admin, even for those who want no motion.
DRAWN = """async () => {
  await new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));
  await document.fonts.ready;
  const ends = document.getAnimations().filter(
    (one) => one.effect.getComputedTiming().endTime !== Infinity);
  await Promise.allSettled(ends.map((one) => one.finished));
}"""


class Looks:
    """Remember what was wrong, by the name of the look."""

    def __init__(self) -> None:
        assert AXE.exists(), NO_AXE
        self._axe = AXE.read_text(encoding="utf-8")
        asked = os.environ.get("COHELM_SCREENSHOTS")
        self._folder = Path(asked) if asked else None
        if self._folder:
            self._folder.mkdir(parents=True, exist_ok=True)
        self.wrong: list[str] = []

    async def at(self, page: Page, name: str) -> None:
        """Look at a page as it is now, in each width and colour."""
        for width, height in (NARROW, WIDE):
            await page.set_viewport_size({"width": width, "height": height})
            for colours in COLOURS:
                await page.emulate_media(color_scheme=colours, reduced_motion="reduce")
                await self._one(page, f"{name}-{colours}-{width}")
        await page.emulate_media(color_scheme="light", reduced_motion="reduce")

    async def picture(self, page: Page, name: str) -> None:
        """Keep a picture of the page as it is, where pictures are wanted."""
        await page.evaluate(DRAWN)
        if self._folder:
            await page.screenshot(path=self._folder / f"{name}.png", animations="disabled")

    async def _one(self, page: Page, name: str) -> None:
        await self.picture(page, name)
        if wider := await page.evaluate(WIDER):
            self.wrong.append(f"{name}: wider than its window by {wider}")
        if await page.evaluate(FORMLESS):
            self.wrong.append(f"{name}: a password outside of a form")
        if not await page.evaluate("() => 'axe' in window"):
            await page.evaluate(self._axe)
        self.wrong += [f"{name}: {one}" for one in await page.evaluate(BARRIERS)]
