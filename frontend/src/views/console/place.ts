/** The place that a permalink names (`#1204`): what is around it is loaded. */
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
    const { shown } = view;
    const place = Math.max(1, Math.min(seq, view.seq));
    if (place < shown.first || place > shown.last) return store.seek(place);
    const index = shown.rows.findLastIndex((row) => row.seq <= place);
    setSeq(null);
    setFound(shown.rows[index]?.key ?? null);
    if (index >= 0) goTo(index, "center");
  }, [seq, view, store, goTo]);
  return found;
}
