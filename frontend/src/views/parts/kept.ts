/** Keeps the keyboard near where it was when what had it goes away or is switched off. */
import { type RefObject, useEffect } from "react";

/** Where the keyboard was: the thing, and its item's place in a list of items marked `data-kept`. */
interface Held {
  readonly thing: HTMLElement;
  readonly key: string | undefined;
  readonly list: Element | null;
  readonly index: number;
}

/** What opened a part of an item, and takes the keyboard back when that is closed. */
const OPENER = "button[aria-expanded]:not(:disabled)";
const ENABLED = "button:not(:disabled), textarea, input, a[href]";

/**
 * When the element that has the focus leaves the region or is disabled, focus its own item, else
 * the item that took its place, else `home`. Items are marked `data-kept` with a lasting key.
 */
export function useKeptFocus(
  region: RefObject<HTMLElement | null>,
  home: () => HTMLElement | null,
): void {
  useEffect(() => {
    const box = region.current;
    if (box === null) return undefined;
    let held: Held | null = null;
    const came = (event: FocusEvent) => {
      held = event.target instanceof HTMLElement ? heldOf(event.target) : null;
    };
    // Who leaves by themselves is not brought back; who was put out by a change is, before this runs.
    const went = () =>
      setTimeout(() => {
        if (document.activeElement === document.body) held = null;
      });
    const looked = () => {
      if (held === null || !isLost(held.thing)) return;
      const next = itemAfter(held) ?? home();
      held = null;
      next?.focus();
    };
    const observer = new MutationObserver(looked);
    observer.observe(box, { subtree: true, childList: true, attributeFilter: ["disabled"] });
    box.addEventListener("focusin", came);
    box.addEventListener("focusout", went);
    return () => {
      observer.disconnect();
      box.removeEventListener("focusin", came);
      box.removeEventListener("focusout", went);
    };
  }, [region, home]);
}

const itemsOf = (list: Element): HTMLElement[] =>
  [...list.children].filter(
    (item): item is HTMLElement => item instanceof HTMLElement && "kept" in item.dataset,
  );

function heldOf(thing: HTMLElement): Held {
  const item = thing.closest<HTMLElement>("[data-kept]");
  const list = item?.parentElement ?? null;
  const index = item === null || list === null ? -1 : itemsOf(list).indexOf(item);
  return { thing, key: item?.dataset["kept"], list, index };
}

/** Say whether nobody has the keyboard because this thing lost it. */
function isLost(thing: HTMLElement): boolean {
  const now = document.activeElement;
  const gone = !thing.isConnected || thing.matches(":disabled");
  return gone && (now === null || now === document.body || now === thing);
}

function itemAfter({ key, list, index }: Held): HTMLElement | null {
  if (list === null || !list.isConnected) return null;
  const items = itemsOf(list);
  const same = items.find((item) => item.dataset["kept"] === key);
  const item = same ?? items[Math.min(index, items.length - 1)];
  if (item === undefined) return null;
  if (item.hasAttribute("tabindex")) return item;
  const opener = item === same ? item.querySelector<HTMLElement>(OPENER) : null;
  return opener ?? item.querySelector<HTMLElement>(ENABLED);
}
