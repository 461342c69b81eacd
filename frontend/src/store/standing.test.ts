/** What the list of sessions says of each: what waits, from whom, and what the agent does. */
import { expect, test } from "vitest";
import type { SessionRow, Standing } from "../client/api";
import { doingWords } from "../views/parts/doing";
import { doingThere, waitingFirst, waitsThere } from "./standing";

const RESTING: Standing = {
  approvals: 0,
  unknown_outcomes: 0,
  queued: 0,
  run_since: null,
  last_run: null,
  served: true,
};
const RUNNING: Standing = { ...RESTING, run_since: 1 };

const OPERATOR = ["view", "comment", "suggest", "drive", "approve", "stop"];

function row(standing: Standing, more: Partial<SessionRow> = {}): SessionRow {
  return {
    id: "s",
    title: "Logs",
    status: "open",
    workspace: { id: "w", name: "Ops" },
    agent: { id: "a", name: "Demo agent" },
    created_at: 0,
    standing,
    permissions: OPERATOR,
    roles: ["operator"],
    ...more,
  };
}

test("what waits is said to whoever may answer it, and to others for whom it waits", () => {
  const standing = { ...RUNNING, approvals: 2, unknown_outcomes: 1 };
  expect(waitsThere(row(standing))).toEqual({
    mine: true,
    words: "Waits for you: 2 approvals, 1 unknown outcome",
  });
  expect(waitsThere(row(standing, { permissions: ["view"] }))).toEqual({
    mine: false,
    words: "Waits for an operator: 2 approvals, 1 unknown outcome",
  });
});

test("nothing waits where the agent works, rests, is about to begin or has failed", () => {
  for (const standing of [
    RUNNING,
    RESTING,
    { ...RESTING, queued: 1 },
    { ...RESTING, last_run: "failed" } as const,
    { ...RESTING, served: false },
  ]) {
    expect(waitsThere(row(standing))).toBeNull();
  }
});

test("work that nobody does waits for whoever drives", () => {
  for (const standing of [
    { ...RUNNING, served: false },
    { ...RESTING, queued: 1, served: false },
  ]) {
    expect(waitsThere(row(standing))?.mine).toBe(true);
    expect(waitsThere(row(standing, { permissions: ["view"] }))?.mine).toBe(false);
  }
});

test("the agent's doing is said in the console's words", () => {
  const words = (standing: Standing, more: Partial<SessionRow> = {}) =>
    doingWords(doingThere(row(standing, more)));
  expect(words(RESTING)).toBe("Ready for a prompt");
  expect(words({ ...RESTING, queued: 1 })).toBe("About to begin");
  expect(words({ ...RESTING, last_run: "failed" })).toBe("The last run failed");
  expect(words({ ...RESTING, served: false })).toBe("Not connected");
  expect(words(RUNNING)).toBe("Working");
  expect(words({ ...RUNNING, approvals: 1 })).toBe("Waiting for 1 approval");
  expect(words({ ...RUNNING, served: false })).toBe("Stands still: not connected");
  expect(words(RESTING, { agent: null })).toBe("No agent sits behind this session");
  expect(words(RESTING, { status: "closed" })).toBe("At rest: the session is closed");
});

test("what waits for the reader comes first, and the rest keeps its order", () => {
  const asked = { ...RUNNING, approvals: 1 };
  const rows = [
    row(RESTING, { id: "1" }),
    row(asked, { id: "2", permissions: ["view"] }),
    row(asked, { id: "3" }),
    row(RUNNING, { id: "4" }),
    row({ ...RESTING, unknown_outcomes: 1 }, { id: "5" }),
  ];
  expect(waitingFirst(rows).map(({ id }) => id)).toEqual(["3", "5", "1", "2", "4"]);
});
