/** What a session's page draws from: one immutable value. Types only. */
import type { LinkState } from "../client/link";
import type { Present, Resync, SessionCard, State, You } from "../core/generated";
import { EMPTY } from "../core/state";
import type { Action } from "./actions";
import type { Wish } from "./history";
import type { Names } from "./names";
import type { Row } from "./rows";

/** The agent is not connected: since when this page knows, and whether it saw the agent go. */
export interface Away {
  readonly noticed: number;
  readonly seen: boolean;
}

/** The part of the log that is drawn. */
export interface Shown {
  readonly first: number;
  readonly last: number;
  readonly rows: readonly Row[];
  /** There is more before it. */
  readonly older: boolean;
  /** It is not the present, which goes on elsewhere. */
  readonly past: boolean;
}

export interface SessionView {
  readonly link: LinkState;
  /** The session was welcomed on the socket that is open now. */
  readonly live: boolean;
  /** Milliseconds since 1970 at which the present was lost, or null. */
  readonly lostAt: number | null;
  readonly session: SessionCard | null;
  readonly you: You | null;
  readonly permissions: ReadonlySet<string>;
  readonly state: State;
  /** The rows up to the present, and those that are being written. */
  readonly rows: readonly Row[];
  readonly open: readonly Row[];
  readonly shown: Shown;
  /** The page that is on its way. */
  readonly reading: Wish | null;
  readonly names: Names;
  readonly people: readonly Present[];
  readonly agentAway: Away | null;
  readonly epoch: number;
  /** The last place that this page has; the last that the log is known to have. */
  readonly seq: number;
  readonly head: number;
  /** Milliseconds by which the server's clock is ahead of this one's. */
  readonly skew: number;
  readonly actions: readonly Action[];
  readonly resync: Resync | null;
}

export const NOTHING_YET: SessionView = {
  link: { kind: "connecting" },
  live: false,
  lostAt: null,
  session: null,
  you: null,
  permissions: new Set(),
  state: EMPTY,
  rows: [],
  open: [],
  shown: { first: 1, last: 0, rows: [], older: false, past: false },
  reading: null,
  names: new Map(),
  people: [],
  agentAway: null,
  epoch: 0,
  seq: 0,
  head: 0,
  skew: 0,
  actions: [],
  resync: null,
};
