/** Walking along the timeline by keys: j and k, and a place by its seq. */
import { useEffect, useState } from "react";
import type { Row } from "../../store/rows";
import type { GoTo } from "./end";
import { onKeys } from "./keys";

/** Give the key of the chosen row, so that older pages above it do not move the choice. */
export function useWalk(rows: readonly Row[], goTo: GoTo): string | null {
  const [chosen, choose] = useState<string | null>(null);
  useEffect(() => {
    const step = (by: number) => {
      const at = chosen === null ? -1 : rows.findIndex(({ key }) => key === chosen);
      const from = at < 0 ? rows.length : at;
      const to = Math.min(rows.length - 1, Math.max(0, from + by));
      choose(rows[to]?.key ?? null);
      goTo(to, "auto");
    };
    return onKeys({ j: () => step(1), k: () => step(-1), Escape: () => choose(null) });
  }, [chosen, rows, goTo]);
  return chosen;
}
