/** Own actions: sending, then committed with their seq, or refused with a sentence. Pure. */
import type { PersonCommand, RefusalFrame, Reply } from "../core/generated";

export type Progress =
  | { readonly stage: "sending"; readonly tries: number; readonly since: number }
  | { readonly stage: "committed"; readonly seq: number; readonly since: number }
  | {
      readonly stage: "refused";
      readonly code: string;
      readonly sentence: string;
      readonly retry: boolean;
      readonly details: Readonly<Record<string, unknown>>;
    };

export interface Action {
  readonly id: string;
  readonly command: PersonCommand;
  readonly progress: Progress;
}

/** Refusals that pass by themselves are tried again this often, with the same id. */
export const TRIES = 5;

export function begin(id: string, command: PersonCommand, now: number): Action {
  return { id, command, progress: { stage: "sending", tries: 0, since: now } };
}

export function again(action: Action, now: number): Action {
  return { ...action, progress: { stage: "sending", tries: 0, since: now } };
}

export function committed(action: Action, reply: Reply, now: number): Action {
  return { ...action, progress: { stage: "committed", seq: reply.seq, since: now } };
}

/** Give the action after a refusal; one that may pass by itself stays in sending. */
export function refused(action: Action, refusal: RefusalFrame, now: number): Action {
  const tries = action.progress.stage === "sending" ? action.progress.tries + 1 : TRIES;
  if (refusal.retry && PASSING.has(refusal.code) && tries < TRIES) {
    return { ...action, progress: { stage: "sending", tries, since: now } };
  }
  const { code, sentence, retry, details } = refusal;
  return { ...action, progress: { stage: "refused", code, sentence, retry, details } };
}

const PASSING: ReadonlySet<string> = new Set(["busy", "unavailable", "slow_down", "fault"]);

export function unsent(actions: readonly Action[]): readonly Action[] {
  return actions.filter((action) => action.progress.stage === "sending");
}

export function uncommitted(actions: readonly Action[]): readonly Action[] {
  return actions.filter((action) => action.progress.stage !== "committed");
}
