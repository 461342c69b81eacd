/** Walking along the timeline by keys: j and k, and a place by its seq. */
import { useEffect, useState } from "react";
import type { GoTo } from "./end";
import { onKeys } from "./keys";
import type { Lines } from "./lines";

/** Give the key of the chosen row, so that older pages above it do not move the choice. */
export function useWalk(lines: Lines, goTo: GoTo): string | null {
  const [chosen, choose] = useState<string | null>(null);
  useEffect(() => {
    const step = (by: number) => {
      const from = chosen === null ? lines.count : lines.indexOf(chosen);
      const to = Math.min(lines.count - 1, Math.max(0, from + by));
      choose(lines.at(to)?.key ?? null);
      goTo(to, "auto");
    };
    return onKeys({ j: () => step(1), k: () => step(-1), Escape: () => choose(null) });
  }, [chosen, lines, goTo]);
  return chosen;
}
