/** The place that a permalink names (`#1204`): older pages are loaded until it is there. */
import type { Virtualizer } from "@tanstack/react-virtual";
import { useEffect, useState } from "react";
import type { SessionStore } from "../../store/session";
import type { SessionView } from "../../store/view";

const wanted = (): number | null => {
  const digits = /^#(\d{1,15})$/.exec(location.hash)?.[1];
  return digits === undefined ? null : Number(digits);
};

/** Give the index of the row at the permalink's place, once it is here, or -1. */
export function usePlaceInHash(
  view: SessionView,
  store: SessionStore,
  virtual: Virtualizer<HTMLDivElement, Element>,
): number {
  const [seq, setSeq] = useState(wanted);
  const [found, setFound] = useState(-1);
  useEffect(() => {
    const changed = () => setSeq(wanted());
    window.addEventListener("hashchange", changed);
    return () => window.removeEventListener("hashchange", changed);
  }, []);
  useEffect(() => {
    if (seq === null || !view.live) return;
    if (seq < view.oldest && view.older !== "none") return store.loadOlder();
    const index = view.rows.findLastIndex((row) => row.seq <= seq);
    setSeq(null);
    setFound(index);
    if (index >= 0) virtual.scrollToIndex(index, { align: "center" });
  }, [seq, view, store, virtual]);
  return found;
}
