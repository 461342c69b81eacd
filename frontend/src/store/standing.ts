/** What a session of the list waits for, and from whom; read off its line. Pure. */
import type { SessionRow } from "../client/api";
import { type Doing, doingOf, waitingWords } from "./select";

export function doingThere({ agent, status, standing }: SessionRow): Doing {
  const { approvals, queued, run_since, last_run, served } = standing;
  const facts = {
    agent: agent !== null,
    closed: status === "closed",
    away: !served,
    running: run_since !== null,
    queued,
    failed: last_run === "failed" ? "" : null,
  };
  return doingOf(facts, () => {
    if (approvals > 0) return { kind: "waiting", approvals };
    return served ? { kind: "working" } : { kind: "still" };
  });
}

export interface Waits {
  /** Whether the reader may do something about it. */
  readonly mine: boolean;
  readonly words: string;
}

/** Say what waits for a person there, or null: approvals, unknown outcomes, or work that nobody does. */
export function waitsThere(row: SessionRow): Waits | null {
  const { approvals, unknown_outcomes } = row.standing;
  const words = waitingWords({ asked: approvals, unknown: unknown_outcomes });
  if (words !== "") {
    const mine = row.permissions.includes("approve");
    return { mine, words: `${mine ? "Waits for you" : "Waits for an operator"}: ${words}` };
  }
  if (!standsStill(row)) return null;
  return { mine: row.permissions.includes("drive"), words: "Stands still: agent not connected" };
}

function standsStill(row: SessionRow): boolean {
  const { kind } = doingThere(row);
  return kind === "still" || (kind === "away" && row.standing.queued > 0);
}

/** Put what waits for the reader first, and leave the order else as it is. */
export function waitingFirst(rows: readonly SessionRow[]): readonly SessionRow[] {
  const isMine = (row: SessionRow) => waitsThere(row)?.mine === true;
  return [...rows.filter(isMine), ...rows.filter((row) => !isMine(row))];
}
