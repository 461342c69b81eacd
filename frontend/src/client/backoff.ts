/** When to come back after a socket ended. Pure. */
import { CLOSES } from "../core/generated";

export interface End {
  readonly number: number;
  readonly sentence: string;
  readonly back: boolean;
}

const LOST = "The connection was lost.";
/** WebSocket's own number for what 4000 says: the server's protocol layer may be the first to go. */
const SERVICE_RESTART = 1012;
const STAY_AWAY_FROM = 4500;
const FIRST_MS = 500;
const LONGEST_MS = 15_000;

/** Say what a close means: 4500 and above stay away, everything else comes back. */
export function meaning(number: number): End {
  const name = String(number === SERVICE_RESTART ? 4000 : number);
  const known = (CLOSES as Record<string, { readonly sentence: string }>)[name];
  const own = number >= 4000 && number < 5000;
  return {
    number,
    sentence: known?.sentence ?? (own ? `The server ended the connection (${number}).` : LOST),
    back: number < STAY_AWAY_FROM,
  };
}

/** Give the milliseconds before attempt `attempt` (0, 1, 2, ...); `dice` from 0 to 1 spreads people. */
export function delay(attempt: number, dice: number): number {
  const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  return Math.round(whole * (0.5 + dice * 0.5));
}
