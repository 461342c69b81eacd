"""Somebody who has only a keyboard: each step is a key, and it is always seen where they are."""

from __future__ import annotations

from playwright.async_api import Locator, expect

from tests.e2e.person import Person

FURTHEST = 60
"""So many times Tab is pressed to get somewhere, at most."""

# What has the keyboard: is it marked (its row or field may be, in its place), and in the window?
FOCUS = """() => {
  const one = document.activeElement;
  if (one === null || one === document.body) return 'nothing has the keyboard';
  const marks = ({ outlineStyle, outlineWidth, boxShadow }) =>
    (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2) || boxShadow.includes('inset');
  const marked = [one, ...document.querySelectorAll(':has(> :focus)')]
    .some((each) => marks(getComputedStyle(each)));
  const { top, left, bottom, right } = one.getBoundingClientRect();
  const inside = bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
  const name = `${one.tagName} ${one.dataset.testid ?? one.className}`;
  if (!marked) return `${name} is not marked`;
  return inside ? '' : `${name} is out of sight`;
}"""

# Writes down what only a mouse, a finger or a pen does; it outlives the page.
POINTED = """(() => {
  const kinds = ['pointerdown', 'pointermove', 'mousedown', 'mousemove', 'touchstart', 'wheel'];
  const note = ({ type, isTrusted }) =>
    isTrusted && (sessionStorage.pointed = `${sessionStorage.pointed ?? ''}${type} `);
  for (const kind of kinds) addEventListener(kind, note, { capture: true, passive: true });
})()"""


class Keyboard:
    """A person's keyboard; what a mouse does is written down."""

    def __init__(self, person: Person) -> None:
        self.person, self._keys = person, person.page.keyboard
        self.pressed = 0

    @classmethod
    async def of(cls, person: Person) -> Keyboard:
        """Give the keyboard of somebody whose page is not opened yet."""
        await person.page.add_init_script(POINTED)
        return cls(person)

    async def pointed(self) -> str:
        """Give what a mouse, a finger or a pen did."""
        return str(await self.person.page.evaluate("() => sessionStorage.pointed ?? ''"))

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self._keys.press(key)
            self.pressed += 1

    async def type(self, text: str) -> None:
        """Type a text key by key."""
        await self._keys.type(text)
        self.pressed += len(text)

    async def write(self, text: str) -> None:
        """Put a text in the place of what stands in the field."""
        await self.press("Control+a")
        await self._keys.insert_text(text)

    async def at(self, what: Locator) -> None:
        """Wait until something has the keyboard; see that it is marked, and in sight."""
        await expect(what).to_be_focused()
        assert (wrong := await self.person.page.evaluate(FOCUS)) == "", wrong

    async def tab_to(self, what: Locator, key: str = "Tab") -> None:
        """Press Tab until something has the keyboard; all on the way is marked."""
        for _ in range(FURTHEST):
            await self.press(key)
            wrong = await self.person.page.evaluate(FOCUS)
            assert wrong in ("", "nothing has the keyboard"), wrong
            if await what.evaluate("(one) => one === document.activeElement"):
                return
        raise AssertionError(f"{FURTHEST} times {key} do not lead to {what}")
