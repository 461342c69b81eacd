/** The four facts and what follows from them, read off the view. Pure. */
import { type Approval, ROLES, type State } from "../core/generated";
import { counted } from "../text/format";
import type { SessionView } from "./view";

export type Doing =
  | { readonly kind: "none" }
  | { readonly kind: "closed" }
  | { readonly kind: "away" }
  | { readonly kind: "idle" }
  /** A run is under way, and nobody is connected who works on it. */
  | { readonly kind: "still" }
  | { readonly kind: "failed"; readonly sentence: string }
  | { readonly kind: "starting"; readonly queued: number }
  | { readonly kind: "waiting"; readonly approvals: number }
  | { readonly kind: "acting"; readonly tool: string }
  | { readonly kind: "writing" }
  | { readonly kind: "working" };

/** What of a session tells what its agent does, short of what goes on in the run. */
export interface Facts {
  readonly agent: boolean;
  readonly closed: boolean;
  readonly away: boolean;
  readonly running: boolean;
  readonly queued: number;
  /** The sentence of the last run, where that failed. */
  readonly failed: string | null;
}

export function doingOf(facts: Facts, during: () => Doing): Doing {
  if (!facts.agent) return { kind: "none" };
  if (facts.running) return during();
  if (facts.closed) return { kind: "closed" };
  if (facts.away) return { kind: "away" };
  if (facts.queued > 0) return { kind: "starting", queued: facts.queued };
  if (facts.failed !== null) return { kind: "failed", sentence: facts.failed };
  return { kind: "idle" };
}

export function doing(view: SessionView): Doing {
  const { state } = view;
  const { ended } = state;
  const away = view.live && view.agentAway !== null;
  const facts = {
    agent: state.agent !== null,
    closed: state.status === "closed",
    away,
    running: state.run !== null,
    queued: state.queue.length,
    failed: ended?.outcome === "failed" ? (ended.sentence ?? ended.reason ?? "") : null,
  };
  return doingOf(facts, () => duringRun(state, away));
}

function duringRun(state: State, away: boolean): Doing {
  const asked = requested(state).length;
  if (asked > 0) return { kind: "waiting", approvals: asked };
  if (away) return { kind: "still" };
  const dispatched = Object.values(state.approvals).find(({ stage }) => stage === "dispatched");
  if (dispatched !== undefined) return { kind: "acting", tool: dispatched.request.action.name };
  return Object.keys(state.run?.items ?? {}).length > 0 ? { kind: "writing" } : { kind: "working" };
}

export type Held = Approval & { readonly id: string };

export function approvals(state: State): readonly Held[] {
  return Object.entries(state.approvals).map(([id, approval]) => ({ ...approval, id }));
}

/** Requests that nobody has answered yet. */
export function requested(state: State): readonly Held[] {
  return approvals(state).filter(({ stage }) => (stage ?? "requested") === "requested");
}

/** What needs a person: requests, and calls whose outcome is not known. */
export function needingPeople(state: State): readonly Held[] {
  return approvals(state).filter(({ stage }) =>
    ["requested", "unknown"].includes(stage ?? "requested"),
  );
}

/** Say how much needs a person: requests, and calls whose outcome nobody knows. */
export function waitingWords({ asked, unknown }: { asked: number; unknown: number }): string {
  const approvals = asked > 0 ? counted(asked, "approval", "approvals") : "";
  const outcomes = unknown > 0 ? counted(unknown, "unknown outcome", "unknown outcomes") : "";
  return [approvals, outcomes].filter(Boolean).join(", ");
}

export function waitingIn(state: State): string {
  const asked = requested(state).length;
  return waitingWords({ asked, unknown: needingPeople(state).length - asked });
}

/**
 * Give the users who hold a permission: first those who are connected (the server says what they
 * may, by whatever grant), then those who are away and hold a role in this session.
 */
export function whoMay(view: SessionView, permission: string): readonly string[] {
  const here = new Set(view.people.map((one) => one.user));
  const present = view.people.filter((one) => one.permissions?.includes(permission));
  const away = Object.entries(view.state.participants)
    .filter(([user]) => !here.has(user))
    .filter(([, person]) => (person.grants ?? []).some(({ role }) => holds(role, permission)));
  return [...present.map((one) => one.user), ...away.map(([user]) => user)];
}

function holds(role: string, permission: string): boolean {
  const permissions = (ROLES as Readonly<Record<string, readonly string[]>>)[role];
  return permissions?.includes(permission) ?? false;
}

/** Give the roles held in this session, or the one that a grant on the workspace amounts to. */
export function rolesOf(view: SessionView, user: string): readonly string[] {
  const held = (view.state.participants[user]?.grants ?? []).map(({ role }) => role);
  if (held.length > 0) return held;
  const permissions = view.people.find((one) => one.user === user)?.permissions ?? [];
  const same = Object.entries(ROLES).find(
    ([, names]) =>
      names.length === permissions.length && names.every((name) => permissions.includes(name)),
  );
  return same === undefined ? [] : [same[0]];
}

export type Mode = "prompt" | "note";

/** Give what somebody may write here now: to the agent, or to each other. */
export function modesOf({ permissions, state }: SessionView): readonly Mode[] {
  if (state.status === "closed") return [];
  const prompt = permissions.has("drive") && state.agent !== null;
  return [
    ...(prompt ? (["prompt"] as const) : []),
    ...(permissions.has("comment") ? (["note"] as const) : []),
  ];
}

export type Present =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  | { readonly kind: "silent"; readonly since: number }
  | { readonly kind: "catching"; readonly behind: number }
  | {
      readonly kind: "offline";
      readonly since: number | null;
      readonly sentence: string;
      /** When it is tried again by itself, or null while it is being tried. */
      readonly until: number | null;
    }
  | { readonly kind: "ended"; readonly sentence: string };

/** Say whether what is on the screen is the present. */
export function present(view: SessionView): Present {
  const { link } = view;
  if (link.kind === "ended") return { kind: "ended", sentence: link.end.sentence };
  if (view.live) {
    if (link.kind === "open" && link.silentSince !== null) {
      return { kind: "silent", since: link.silentSince };
    }
    const behind = view.head - view.seq;
    return behind > 0 ? { kind: "catching", behind } : { kind: "live" };
  }
  if (link.kind === "waiting") {
    const { sentence, until } = link;
    return { kind: "offline", since: view.lostAt, sentence, until };
  }
  if (view.lostAt !== null) {
    return { kind: "offline", since: view.lostAt, sentence: "", until: null };
  }
  return { kind: "connecting" };
}
