/** Walking along the timeline by keys: j and k, and a place by its seq. */
import type { Virtualizer } from "@tanstack/react-virtual";
import { type RefObject, useEffect, useState } from "react";
import type { Row } from "../../store/rows";
import { onKeys } from "./keys";

interface Walk {
  readonly total: number;
  readonly at: (index: number) => Row | undefined;
  readonly virtual: Virtualizer<HTMLDivElement, Element>;
  readonly scroller: RefObject<HTMLDivElement | null>;
}

/** Give the index of the chosen row, or -1. */
export function useWalk({ total, virtual, scroller }: Walk): number {
  const [chosen, setChosen] = useState(-1);
  useEffect(() => {
    const step = (by: number) => {
      const from = chosen < 0 ? total : chosen;
      const to = Math.min(total - 1, Math.max(0, from + by));
      setChosen(to);
      virtual.scrollToIndex(to, { align: "auto" });
      requestAnimationFrame(() => focusRow(scroller.current, to));
    };
    return onKeys({ j: () => step(1), k: () => step(-1), Escape: () => setChosen(-1) });
  }, [chosen, total, virtual, scroller]);
  return chosen;
}

function focusRow(scroller: HTMLDivElement | null, index: number): void {
  const row = scroller?.querySelector<HTMLElement>(`[data-index="${index}"] .row`);
  row?.focus({ preventScroll: true });
}
