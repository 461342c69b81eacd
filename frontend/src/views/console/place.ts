/** The place that a permalink names (`#1204`): older pages are loaded until it is there. */
import { useEffect, useState } from "react";
import type { SessionStore } from "../../store/session";
import type { SessionView } from "../../store/view";
import type { GoTo } from "./end";

const wanted = (): number | null => {
  const digits = /^#(\d{1,15})$/.exec(location.hash)?.[1];
  return digits === undefined ? null : Number(digits);
};

/** Give the key of the row at the permalink's place, once it is here. */
export function usePlaceInHash(view: SessionView, store: SessionStore, goTo: GoTo): string | null {
  const [seq, setSeq] = useState(wanted);
  const [found, setFound] = useState<string | null>(null);
  useEffect(() => {
    const changed = () => setSeq(wanted());
    window.addEventListener("hashchange", changed);
    return () => window.removeEventListener("hashchange", changed);
  }, []);
  useEffect(() => {
    if (seq === null || !view.live) return;
    if (seq < view.oldest && view.older !== "none") return store.loadOlder(seq);
    const index = view.rows.findLastIndex((row) => row.seq <= seq);
    setSeq(null);
    setFound(view.rows[index]?.key ?? null);
    if (index >= 0) goTo(index, "center");
  }, [seq, view, store, goTo]);
  return found;
}
