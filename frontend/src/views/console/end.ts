/** The end of the timeline: a reader who is there stays there, and only the reader leaves it. */
import type { Virtualizer } from "@tanstack/react-virtual";
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import { useStore } from "./context";

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

/** `past`: what is drawn is not the present, and has no end to stay at. */
export function useEnd(
  scroller: RefObject<HTMLDivElement | null>,
  virtual: Virtualizer<HTMLDivElement, Element>,
  past: boolean,
): End {
  const store = useStore();
  const [near, setNear] = useState(true);
  const staying = useRef(true);
  const returning = useRef(false);
  const wasPast = useRef(past);
  const sizes = useRef("");
  const whole = virtual.getTotalSize();

  const stay = useCallback((yes: boolean) => {
    staying.current = yes;
    setNear(yes);
  }, []);
  const judge = useCallback((box: HTMLElement) => stay(isNear(box) && !past), [stay, past]);
  useEffect(() => store.readerIsAtEnd(near), [store, near]);
  const sized = useCallback(() => {
    if (staying.current) virtual.scrollToEnd();
    if (scroller.current !== null) sizes.current = sizesOf(scroller.current);
  }, [scroller, virtual]);

  // Other rows are drawn now: the end of the present, if that was asked for.
  useLayoutEffect(() => {
    if (wasPast.current === past || scroller.current === null) return;
    wasPast.current = past;
    if (!past && returning.current) stay(true);
    else judge(scroller.current);
    returning.current = false;
  }, [scroller, past, stay, judge]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows came, grew or were measured.
  useLayoutEffect(sized, [sized, whole, past]);
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

  const toEnd = useCallback(() => {
    returning.current = past;
    if (past) store.toPresent();
    else virtual.scrollToEnd();
  }, [store, virtual, past]);
  const goTo = useCallback<GoTo>(
    (index, align) => {
      virtual.scrollToIndex(index, { align });
      if (scroller.current !== null) judge(scroller.current);
      requestAnimationFrame(() => focusRow(scroller.current, index));
    },
    [scroller, virtual, judge],
  );
  return { atEnd: near, toEnd, goTo };
}
