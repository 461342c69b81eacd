/** The end of the timeline: a reader who is there stays there, and only the reader leaves it. */
import type { Virtualizer } from "@tanstack/react-virtual";
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

const NEAR = 48;

export type GoTo = (index: number, align: "auto" | "center") => void;

interface End {
  readonly atEnd: boolean;
  readonly toEnd: () => void;
  /** Bring a row into sight, which may leave the end, and give it the keyboard. */
  readonly goTo: GoTo;
}

/** Pictures until a row that was out of sight is drawn and measured. */
const PICTURES = 10;

/** Give the keyboard to a row as soon as it is drawn. */
function focusRow(scroller: HTMLElement | null, index: number, left = PICTURES): void {
  const row = scroller?.querySelector<HTMLElement>(`[data-index="${index}"] .row`);
  if (row) row.focus({ preventScroll: true });
  else if (left > 0) requestAnimationFrame(() => focusRow(scroller, index, left - 1));
}

const isNear = (box: HTMLElement): boolean =>
  box.scrollHeight - box.scrollTop - box.clientHeight <= NEAR;

const sizesOf = (box: HTMLElement): string => `${box.scrollHeight} ${box.clientHeight}`;

export function useEnd(
  scroller: RefObject<HTMLDivElement | null>,
  virtual: Virtualizer<HTMLDivElement, Element>,
): End {
  const [atEnd, setAtEnd] = useState(true);
  const staying = useRef(true);
  const sizes = useRef("");
  const whole = virtual.getTotalSize();

  const judge = useCallback((box: HTMLElement) => {
    staying.current = isNear(box);
    setAtEnd(staying.current);
  }, []);
  const sized = useCallback(() => {
    if (staying.current) virtual.scrollToEnd();
    if (scroller.current !== null) sizes.current = sizesOf(scroller.current);
  }, [scroller, virtual]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: rows came, grew or were measured.
  useLayoutEffect(sized, [sized, whole]);
  useEffect(() => {
    const box = scroller.current;
    if (box === null) return undefined;
    // Where the sizes have changed, it is they that moved the rows, and not the reader.
    const scrolled = () => {
      if (isNear(box) || sizes.current === sizesOf(box)) judge(box);
    };
    const observer = new ResizeObserver(sized);
    observer.observe(box);
    // Judged before the virtualizer hears of it and measures what has come into sight.
    box.addEventListener("scroll", scrolled, { capture: true, passive: true });
    return () => {
      box.removeEventListener("scroll", scrolled, { capture: true });
      observer.disconnect();
    };
  }, [scroller, sized, judge]);

  const toEnd = useCallback(() => virtual.scrollToEnd(), [virtual]);
  const goTo = useCallback<GoTo>(
    (index, align) => {
      virtual.scrollToIndex(index, { align });
      if (scroller.current !== null) judge(scroller.current);
      requestAnimationFrame(() => focusRow(scroller.current, index));
    },
    [scroller, virtual, judge],
  );
  return { atEnd, toEnd, goTo };
}
