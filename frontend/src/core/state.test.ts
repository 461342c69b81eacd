/** The fold, where a case is easier told than generated. */
import { describe, expect, test } from "vitest";
import type { Entry, Event } from "./generated";
import { apply, EMPTY } from "./state";

const ADA = "00000000-0000-4000-8000-00000000000a";
const RUN = "00000000-0000-4000-8000-0000000000f1";

type Loose = { readonly type: Event["type"]; readonly body: object; readonly actor?: string };

function fold(...events: readonly Loose[]) {
  const placed = events.map((event, at) => ({ seq: at + 1, time: 1_000 * at, ...event }) as Entry);
  return placed.reduce(apply, EMPTY);
}

const opened: Loose = { type: "session.opened", body: { title: "Tidy" }, actor: ADA };
const started: Loose = { type: "run.started", body: { run_id: RUN, prompts: ["p1"] } };
const queued: Loose = {
  type: "prompt.queued",
  actor: ADA,
  body: { prompt_id: "p1", text: "tidy" },
};
const said = (...events: readonly object[]): Loose => ({
  type: "output.streamed",
  body: { run_id: RUN, events },
});

describe("fold", () => {
  test("a prompt waits until its run begins", () => {
    expect(fold(opened, queued).queue).toEqual([
      { prompt_id: "p1", author: ADA, text: "tidy", seq: 2 },
    ]);
    expect(fold(opened, queued, started).queue).toEqual([]);
  });

  test("streamed text grows and is gone from the state once it is whole", () => {
    const start = { type: "TEXT_MESSAGE_START", messageId: "m", role: "assistant" };
    const growing = fold(
      opened,
      started,
      said(start),
      said({ type: "TEXT_MESSAGE_CONTENT", messageId: "m", delta: "Hel" }),
      said({ type: "TEXT_MESSAGE_CONTENT", messageId: "m", delta: "lo" }),
    );
    expect(growing.run?.items).toEqual({ m: { start, seq: 3, text: "Hello" } });
    const whole: Loose = {
      type: "output.emitted",
      body: { run_id: RUN, events: [start, { type: "TEXT_MESSAGE_END", messageId: "m" }] },
    };
    expect(fold(opened, started, said(start), whole).run?.items).toEqual({});
  });

  test("a withheld entry moves the place and nothing else", () => {
    const before = fold(opened);
    const stub: Entry = { seq: 2, time: 5, digest: new Uint8Array(32), stub: true };
    expect(apply(before, stub)).toEqual({ ...before, seq: 2 });
  });

  test("an unknown outcome stays open until a person settles it", () => {
    const asked: Loose = {
      type: "approval.requested",
      body: {
        run_id: RUN,
        args_digest: "d",
        request: {
          approval_id: "a1",
          group_id: "g",
          agent_ref: { protocol: "ag-ui" },
          title: "t",
          action: { name: "rm" },
        },
      },
    };
    const decided: Loose = {
      type: "approval.decided",
      actor: ADA,
      body: { approval_id: "a1", decision: "approve", args_digest: "d", shown_seq: 3 },
    };
    const settled = (outcome: string): Loose => ({
      type: "approval.settled",
      body: { approval_id: "a1", outcome },
    });
    const unknown = fold(opened, started, asked, decided, settled("unknown"));
    expect(unknown.approvals["a1"]?.stage).toBe("unknown");
    const known = fold(opened, started, asked, decided, settled("unknown"), settled("executed"));
    expect(known.approvals).toEqual({});
    expect(known.settled["a1"]).toEqual({
      outcome: "executed",
      seq: 6,
      answer: { decision: "approve", by: ADA, seq: 4, args_digest: "d" },
    });
  });

  test("a key that JavaScript guards stays an entry of its own", () => {
    const start = { type: "TEXT_MESSAGE_START", messageId: "__proto__" };
    expect(Object.keys(fold(opened, started, said(start)).run?.items ?? {})).toEqual(["__proto__"]);
  });
});
