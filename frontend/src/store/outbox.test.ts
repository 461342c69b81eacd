/** Own commands: one id for all that is sent again, and nothing is lost before it is answered. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Me } from "../client/api";
import type { ClientFrame, RefusalFrame } from "../core/generated";
import { login } from "./me";
import { Outbox } from "./outbox";

let sent: ClientFrame[];
let open: boolean;
let outbox: Outbox;
const storage = new Map<string, string>();
const ids = () => sent.map((frame) => (frame.frame === "submit" ? frame.command_id : ""));
const stage = () => outbox.actions[0]?.progress.stage;

function make(): Outbox {
  return new Outbox("s", {
    send: (frame) => open && sent.push(frame) > 0,
    changed: () => undefined,
  });
}

function refusal(code: string, retry: boolean): RefusalFrame {
  const command_id = outbox.actions[0]?.id ?? null;
  return { frame: "refusal", code, sentence: "No.", retry, command_id, details: {} };
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("sessionStorage", {
    getItem: (key: string) => storage.get(key) ?? null,
    setItem: (key: string, value: string) => storage.set(key, value),
    removeItem: (key: string) => storage.delete(key),
  });
  storage.clear();
  login.set({ kind: "none" });
  sent = [];
  open = true;
  outbox = make();
});

afterEach(() => {
  outbox.stop();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("what has no answer is sent again with the same id", () => {
  const id = outbox.submit({ type: "prompt.queue", text: "tidy" });
  outbox.resend();
  vi.advanceTimersByTime(10_000);
  expect(new Set(ids())).toEqual(new Set([id]));
  expect(sent.length).toBeGreaterThanOrEqual(3);
  outbox.replied({ frame: "reply", command_id: id, seq: 7, events: 1, replayed: true });
  expect(stage()).toBe("committed");
});

test("what was written without a connection is kept over a reload, and sent later", () => {
  open = false;
  const id = outbox.submit({ type: "note.write", text: "later" });
  outbox = make();
  open = true;
  outbox.resend();
  expect(ids()).toEqual([id]);
});

test("somebody else who signs in in the same tab sends nothing of it", () => {
  open = false;
  outbox.submit({ type: "prompt.queue", text: "as the one" });
  const me: Me = { id: "the other", username: "o", name: "O", kind: "person", workspaces: [] };
  login.set({ kind: "here", me });
  outbox = make();
  open = true;
  outbox.resend();
  expect(ids()).toEqual([]);
});

test("what may pass by itself is tried again; what may not is told", () => {
  outbox.submit({ type: "prompt.queue", text: "tidy" });
  outbox.refused(refusal("busy", true));
  expect(stage()).toBe("sending");
  vi.advanceTimersByTime(5_000);
  expect(sent).toHaveLength(2);
  outbox.refused(refusal("queue_full", true));
  expect(stage()).toBe("refused");
});

test("a passing refusal that does not pass is told in the end", () => {
  outbox.submit({ type: "prompt.queue", text: "tidy" });
  for (let turn = 0; turn < 5; turn += 1) outbox.refused(refusal("busy", true));
  expect(stage()).toBe("refused");
});
