/** What the timeline draws: the rows that are whole, then those being written, without a copy of all. */
import { useMemo, useRef } from "react";
import type { Row } from "../../store/rows";
import type { SessionView } from "../../store/view";

export interface Lines {
  readonly count: number;
  readonly at: (index: number) => Row | undefined;
  /** Give a row's index by its key; the count, where there is no such row. */
  readonly indexOf: (key: string) => number;
  readonly keyOf: (index: number) => string | number;
  /** Guess a row's height in pixels, before it is measured. */
  readonly sizeOf: (index: number) => number;
}

const SIZES: { readonly [K in Row["kind"]]: number } = {
  prompt: 64,
  message: 84,
  thought: 32,
  tool: 32,
  result: 32,
  decision: 40,
  control: 28,
  note: 56,
  withheld: 28,
  data: 32,
  details: 28,
};

/** What the agent does while it speaks. */
const BESIDE: ReadonlySet<Row["kind"]> = new Set<Row["kind"]>([
  "tool",
  "result",
  "thought",
  "data",
  "details",
]);
const LOOKED_BACK = 50;

/** Say whether the agent goes on speaking in this row, so that its name need not be said again. */
export function goesOn(at: Lines["at"], index: number): boolean {
  if (at(index)?.kind !== "message") return false;
  for (let place = index - 1; place >= index - LOOKED_BACK; place -= 1) {
    const kind = at(place)?.kind;
    if (kind === undefined || !BESIDE.has(kind)) return kind === "message";
  }
  return false;
}

/** What is being written stands at the end of the present. */
const NONE: readonly Row[] = [];

/**
 * `keyOf` is another function only when whole rows came: then the virtualizer counts all places
 * anew, which takes milliseconds in a long session, and must not be done for every piece of text.
 */
export function useLines({ shown, open: written }: SessionView): Lines {
  const { rows } = shown;
  const open = shown.past ? NONE : written;
  const newest = useRef(open);
  newest.current = open;
  const ways = useMemo(() => {
    const at = (index: number) => rows[index] ?? newest.current[index - rows.length];
    return {
      at,
      keyOf: (index: number) => at(index)?.key ?? index,
      sizeOf: (index: number) => SIZES[at(index)?.kind ?? "control"],
    };
  }, [rows]);
  const count = rows.length + open.length;
  return useMemo(
    () => ({ ...ways, count, indexOf: (key) => indexOf(ways.at, count, key) }),
    [ways, count],
  );
}

function indexOf(at: Lines["at"], count: number, key: string): number {
  for (let index = count - 1; index >= 0; index -= 1) if (at(index)?.key === key) return index;
  return count;
}
