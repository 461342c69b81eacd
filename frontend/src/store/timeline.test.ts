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
const result = (id: string, content: string) =>
  output({ type: "TOOL_CALL_RESULT", messageId: `x${id}`, toolCallId: id, content });

function rows(entries: readonly Entry[]): readonly Row[] {
  const timeline = new Timeline();
  timeline.append(entries);
  return timeline.rows;
}

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
    const late = new Timeline();
    late.append(entries.slice(3));
    expect(late.after(entries.slice(0, 3)).rows).toEqual(rows(entries));
  });

  test("withheld entries next to each other are one row", () => {
    const stub = (): Entry => {
      seq += 1;
      return { seq, time: 0, digest: new Uint8Array(), stub: true };
    };
    expect(rows([stub(), stub(), message("m", "x"), stub()])).toMatchObject([
      { kind: "withheld", count: 2 },
      { kind: "message" },
      { kind: "withheld", count: 1 },
    ]);
  });

  test("an event of the agent that is not known is shown as it came", () => {
    const found = rows([output({ type: "CUSTOM", name: "n", value: 1 }, { type: "NEW_ONE" })]);
    expect(found).toMatchObject([
      { kind: "data", name: "CUSTOM" },
      { kind: "data", name: "NEW_ONE" },
    ]);
  });
});
