"""A person at a browser: what they see and press in the console, by the names on the page.

It knows nothing of the story; each method is one look or one act.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

from playwright.async_api import BrowserContext, ConsoleMessage, Locator, Page, expect

from tests.e2e.heard import Heard

# Watches how texts grow while they are streamed, and what the page's rules forbid.
WATCH = """(() => {
  window.grown = {};
  window.forbidden = [];
  const look = () => {
    const rows = '[data-testid=event][data-kind=message][data-streaming]';
    for (const row of document.querySelectorAll(rows)) {
      const text = row.querySelector('.rich')?.textContent ?? '';
      const sizes = (window.grown[row.dataset.seq] ??= []);
      if (text.length !== (sizes.at(-1) ?? 0)) sizes.push(text.length);
    }
  };
  const all = { subtree: true, childList: true, characterData: true, attributes: true };
  new MutationObserver(look).observe(document, all);
  document.addEventListener('securitypolicyviolation', (one) =>
    window.forbidden.push(`${one.violatedDirective} ${one.blockedURI}`));
})()"""

# Scrolls from the first entry to the last and reads what is drawn on the way.
ROWS = """async () => {
  const box = document.querySelector('[data-testid=timeline]');
  const drawn = () => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));
  const rows = new Map();
  do {
    box.scrollTop = 0;
    await drawn();
  } while (document.querySelector('[data-index="0"] [data-seq="1"]') === null);
  for (;;) {
    for (const place of box.querySelectorAll('[data-index]')) {
      const row = place.querySelector('[data-testid=event]');
      const words = row.querySelector('.row-body').innerText.replace(/ \\(you\\)/, '');
      const { seq, kind, type } = row.dataset;
      rows.set(Number(place.dataset.index), [Number(seq), kind, type ?? '', words]);
    }
    if (box.scrollTop + box.clientHeight >= box.scrollHeight - 2) break;
    box.scrollTop += box.clientHeight * 0.7;
    await drawn();
  }
  return [...rows].sort(([a], [b]) => a - b);
}"""

OVERFLOWS = "() => document.documentElement.scrollWidth - window.innerWidth"

# What a browser writes down by itself when a network is gone or somebody is not signed in.
NETWORK_GONE = re.compile(r"WebSocket connection to|net::ERR_")
NOT_SIGNED_IN = re.compile(r"status of 401")

Row = tuple[int, str, str, str]


class Person:
    """Somebody with a page of their own at `url`."""

    def __init__(self, username: str, url: str, context: BrowserContext, page: Page) -> None:
        self.username, self.url = username, url
        self.context, self.page = context, page
        self.heard = Heard()
        self.heard.listen(page)
        self.opened = 0
        self.errors: list[str] = []
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.errors.append(f"thrown: {error}"))

    @classmethod
    async def at(cls, username: str, url: str, context: BrowserContext) -> Person:
        """Sit down at a fresh page."""
        await context.add_init_script(WATCH)
        return cls(username, url, context, await context.new_page())

    def _said(self, message: ConsoleMessage) -> None:
        expected = NETWORK_GONE.search(message.text) or NOT_SIGNED_IN.search(message.text)
        if message.type == "error" and not expected:
            self.errors.append(message.text)

    def see(self, testid: str, **which: Any) -> Locator:
        """Give what has this name on the page."""
        return self.page.get_by_test_id(testid).filter(**which, visible=True)

    async def sign_in(self, password: str, path: str = "/") -> None:
        """Open a path and sign in on the way."""
        await self.page.goto(self.url + path)
        await self.see("login-username").fill(self.username)
        await self.see("login-password").fill(password)
        await self.see("login-submit").click()
        await expect(self.see("login-submit")).to_have_count(0, timeout=30_000)

    async def open(self, session: str) -> None:
        """Open a session and wait until it is live."""
        self.opened += 1
        await self.page.goto(f"{self.url}/sessions/{session}")
        await self.is_live()

    async def begin(self, title: str, agent: str) -> str:
        """Begin a session with an agent, from the list of sessions; give its id."""
        self.opened += 1
        await self.page.get_by_role("link", name="Sessions", exact=True).click()
        await self.see("session-new").click()
        await self.see("session-title").fill(title)
        await self.see("session-agent").select_option(label=agent)
        await self.see("session-create").click()
        await self.is_live()
        return self.page.url.rpartition("/")[2]

    async def is_live(self, seconds: float = 60) -> None:
        await expect(self.see("connection")).to_have_attribute(
            "data-state", "live", timeout=seconds * 1000
        )

    async def ask(self, text: str) -> None:
        """Send a prompt to the agent."""
        await self.see("composer").fill(text)
        await self.see("send").click()

    def events(self, kind: str, **which: Any) -> Locator:
        """Give the timeline's rows of a kind."""
        rows = self.page.locator(f"[data-testid=event][data-kind={kind}]")
        return rows.filter(**which) if which else rows

    def told(self, kind: str) -> Locator:
        """Give the rows that tell of an event of this type."""
        return self.page.locator(f"[data-testid=event][data-type='{kind}']")

    @property
    def streaming(self) -> Locator:
        """Give the message that is being written now."""
        return self.page.locator("[data-testid=event][data-kind=message][data-streaming]")

    async def sees(self, what: Locator, text: str | re.Pattern[str]) -> None:
        """Wait until the last of some things holds a text."""
        await expect(what.last).to_contain_text(text, timeout=60_000)

    async def waits_for_approval(self) -> Locator:
        """Wait until an approval stands on the page, undecided, and give it."""
        card = self.page.locator("[data-testid=approval][data-stage=requested]")
        await expect(card.last).to_be_visible(timeout=60_000)
        return card.last

    async def grew(self) -> dict[int, list[int]]:
        """Give how long each streamed message was, each time that it had grown."""
        found = await self.page.evaluate("() => window.grown")
        return {int(seq): sizes for seq, sizes in found.items()}

    async def at_rest(self, seconds: float = 60) -> None:
        """Wait until the agent has nothing more to do."""
        doing = re.compile("Ready for a prompt|The last run failed")
        await expect(self.see("agent-doing")).to_have_text(doing, timeout=seconds * 1000)
        await expect(self.see("queue-item")).to_have_count(0)

    async def rows(self) -> list[Row]:
        """Scroll through the whole timeline, read it, and end at its end."""
        async with asyncio.timeout(90):
            found = await self.page.evaluate(ROWS)
        assert [index for index, _ in found] == list(range(len(found))), "rows were left out"
        return [tuple(row) for _, row in found]

    async def overflow(self) -> int:
        """Give by how many pixels the page is wider than its window."""
        return int(await self.page.evaluate(OVERFLOWS))

    async def complaints(self) -> list[str]:
        """Give what the browser wrote down as an error, and what the page's rules forbade."""
        forbidden = await self.page.evaluate("() => window.forbidden")
        again = self.heard.begun - self.opened
        anew = [f"began anew {again} times by itself"] if again else []
        return [*self.errors, *forbidden, *self.heard.faults, *anew]
