/** Rows from entries: the same for whoever was there and for whoever came late. */
import { describe, expect, test } from "vitest";
import type { Entry } from "../core/generated";
import { call, event, message, output, result, rows, step, stub } from "./entries.testing";

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
