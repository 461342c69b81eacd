/** Rows from entries: the same for whoever was there and for whoever came late. */
import { describe, expect, test } from "vitest";
import type { Entry } from "../core/generated";
import type { Row } from "./rows";
import { Timeline } from "./timeline";

const RUN = "r";
let seq = 0;

const event = (type: string, body: object): Entry => {
  seq += 1;
  return { seq, time: seq * 1_000_000, type, body, actor: "u" } as unknown as Entry;
};
const output = (...events: readonly object[]) => event("output.emitted", { run_id: RUN, events });
const message = (id: string, text: string) =>
  output(
    { type: "TEXT_MESSAGE_START", messageId: id },
    { type: "TEXT_MESSAGE_CONTENT", messageId: id, delta: text },
    { type: "TEXT_MESSAGE_END", messageId: id },
  );
const call = (id: string, name: string, args: string) =>
  output(
    { type: "TOOL_CALL_START", toolCallId: id, toolCallName: name },
    { type: "TOOL_CALL_ARGS", toolCallId: id, delta: args },
    { type: "TOOL_CALL_END", toolCallId: id },
  );
const step = (type: string, name: string) => output({ type, stepName: name });
const result = (id: string, content: string) =>
  output({ type: "TOOL_CALL_RESULT", messageId: `x${id}`, toolCallId: id, content });

function rows(entries: readonly Entry[]): readonly Row[] {
  const timeline = new Timeline();
  timeline.append(entries);
  return timeline.rows;
}

/** Give the rows after reading the last page first, and then the older ones. */
function byPages(entries: readonly Entry[], cuts: readonly number[]): readonly Row[] {
  const timeline = new Timeline();
  const ends = [entries.length, ...cuts, 0];
  timeline.append(entries.slice(ends[1] ?? 0));
  for (let page = 1; page < ends.length - 1; page += 1) {
    timeline.prepend(entries.slice(ends[page + 1] ?? 0, ends[page] ?? 0));
  }
  return timeline.rows;
}

type Dice = (sides: number) => number;

/** Dice that fall the same way for the same seed. */
function diceOf(seed: number): Dice {
  let state = seed;
  return (sides) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * sides);
  };
}

/** Give a story in which everything refers to something before it, or to nothing at all. */
function story(dice: Dice, length: number): readonly Entry[] {
  seq = 0;
  const before = () => `${Math.max(0, seq - dice(9))}`;
  const makers: readonly (() => Entry)[] = [
    () => message(`${seq}`, "hi"),
    () => call(`${seq}`, `tool ${seq}`, `{${seq}}`),
    () => result(before(), `${seq}`),
    () => result(before(), "said again"),
    () => message(before(), ""),
    () => step("STEP_STARTED", `${seq}`),
    () => output({ type: "STATE_SNAPSHOT", snapshot: { seq } }),
    () => result(before(), `${seq}`),
    () => event("note.written", { text: "n" }),
    () => event("prompt.queued", { prompt_id: `${seq}`, text: "go" }),
    () => event("prompt.recalled", { prompt_id: before() }),
    () => asked(`${seq}`, `tool ${seq}`),
    () => event("approval.decided", { approval_id: before(), decision: "approve" }),
    () => event("approval.dispatched", { approval_ids: [before()] }),
    () => event("approval.settled", { approval_id: before(), outcome: "executed" }),
    () => stub(),
  ];
  return Array.from({ length }, () => (makers[dice(makers.length)] as () => Entry)());
}

const asked = (id: string, name: string): Entry =>
  event("approval.requested", { request: { approval_id: id, action: { name } } });

const stub = (): Entry => {
  seq += 1;
  return { seq, time: 0, digest: new Uint8Array(), stub: true };
};

describe("timeline", () => {
  test("a result joins its call", () => {
    const found = rows([
      message("m", "I look."),
      call("t", "list_files", "{}"),
      result("t", "[1,2]"),
    ]);
    expect(found.map(({ kind }) => kind)).toEqual(["message", "tool"]);
    expect(found[1]).toMatchObject({ name: "list_files", result: { content: "[1,2]" } });
  });

  test("a result after something else is also told where it came", () => {
    const found = rows([
      call("t", "rm", "{}"),
      event("note.written", { text: "ok" }),
      result("t", "1"),
    ]);
    expect(found.map(({ kind }) => kind)).toEqual(["tool", "note", "result"]);
    expect(found[2]).toMatchObject({ name: "rm" });
  });

  test("a call and a result that are told again are one call and one result", () => {
    const told = [call("t", "rm", '{"a":1}'), event("note.written", { text: "ok" })];
    const again = [call("t", "rm", '{"a":1}'), result("t", "gone"), message("m", "Done.")];
    const found = rows([...told, ...again, result("t", "gone")]);
    expect(found.map(({ kind }) => kind)).toEqual(["tool", "note", "result", "message"]);
    expect(found[0]).toMatchObject({ args: '{"a":1}', result: { content: "gone" } });
  });

  test("pages put together give the rows of the whole", () => {
    const entries = [
      message("a", "one"),
      call("t", "rm", "{}"),
      event("prompt.queued", { prompt_id: "p", text: "go" }),
      result("t", "done"),
      event("prompt.recalled", { prompt_id: "p" }),
      message("b", "two"),
    ];
    expect(byPages(entries, [3])).toEqual(rows(entries));
  });

  test("and so do pages of any story, cut anywhere", () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const dice = diceOf(seed);
      const entries = story(dice, 40);
      const cuts = [...new Set(Array.from({ length: 6 }, () => dice(40)))].sort((a, b) => b - a);
      expect(byPages(entries, cuts), `seed ${seed}, cuts ${cuts}`).toEqual(rows(entries));
    }
  });

  test("a text that goes on in a later page stays one row", () => {
    const piece = (delta: string) =>
      output({ type: "TEXT_MESSAGE_CONTENT", messageId: "m", delta });
    const entries = [message("m", "one "), event("note.written", { text: "n" }), piece("two")];
    expect(byPages(entries, [2, 1])).toEqual(rows(entries));
    expect(byPages(entries, [1])[0]).toMatchObject({ text: "one two" });
  });

  test("withheld entries next to each other are one row", () => {
    expect(rows([stub(), stub(), message("m", "x"), stub()])).toMatchObject([
      { kind: "withheld", count: 2 },
      { kind: "message" },
      { kind: "withheld", count: 1 },
    ]);
  });

  test("an event of the agent that is not known is shown as it came", () => {
    const found = rows([output({ type: "ACTIVITY_SNAPSHOT" }, { type: "NEW_ONE" })]);
    expect(found).toMatchObject([
      { kind: "data", name: "ACTIVITY_SNAPSHOT" },
      { kind: "data", name: "NEW_ONE" },
    ]);
  });

  test("steps, states and signals of a run are one row, in which each of them is kept", () => {
    const entries = [
      step("STEP_STARTED", "think"),
      message("m", "I look."),
      call("t", "ls", "{}"),
      output({ type: "STATE_DELTA", delta: [] }, { type: "CUSTOM", name: "n", value: 1 }),
      result("t", "a.txt"),
      step("STEP_FINISHED", "think"),
    ];
    const found = rows(entries);
    expect(found.map(({ kind }) => kind)).toEqual(["details", "message", "tool"]);
    const [row] = found;
    if (row?.kind !== "details") throw new Error("the details come first");
    expect(row.events.map(({ value }) => value["type"])).toEqual([
      "STEP_STARTED",
      "STATE_DELTA",
      "CUSTOM",
      "STEP_FINISHED",
    ]);
    expect(row.seq).toBe(entries[0]?.seq);
    expect(row.events.at(-1)?.seq).toBe(entries.at(-1)?.seq);
    expect(found[2]).toMatchObject({ result: { content: "a.txt", apart: false } });
  });

  test("a message to which nothing is said makes no row", () => {
    const begun = { type: "TEXT_MESSAGE_START", messageId: "e" };
    const ended = { type: "TEXT_MESSAGE_END", messageId: "e" };
    const found = rows([output(begun, ended), message("m", ""), message("n", "Hello.")]);
    expect(found).toMatchObject([{ kind: "message", text: "Hello." }]);
  });

  test("what the agent said is not said to be from whoever cut it off", () => {
    const cut = {
      ...(message("m", "half a sen") as object),
      actor: "the one who cancelled",
    } as unknown as Entry;
    expect(Object.keys(rows([cut])[0] ?? {})).not.toContain("actor");
  });
});
