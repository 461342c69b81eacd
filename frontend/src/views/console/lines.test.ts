/** Whose name stands over a row of the timeline. */
import { describe, expect, test } from "vitest";
import type { Row } from "../../store/rows";
import { goesOn } from "./lines";

/** Say for each row whether the agent goes on speaking in it. */
const goingOn = (...kinds: readonly Row["kind"][]) => {
  const at = (index: number) => (kinds[index] ? ({ kind: kinds[index] } as Row) : undefined);
  return kinds.map((_, index) => goesOn(at, index));
};

describe("the agent's name", () => {
  test("stands over what it says first, whatever it did before", () => {
    expect(goingOn("prompt", "control", "details", "tool", "message")[4]).toBe(false);
    expect(goingOn("tool", "message")[1]).toBe(false);
  });

  test("and not again over what it says after its tools", () => {
    expect(goingOn("message", "tool", "details", "result", "message")[4]).toBe(true);
  });

  test("but again when somebody else came between", () => {
    expect(goingOn("message", "note", "message")[2]).toBe(false);
    expect(goingOn("message", "decision", "tool", "message")[3]).toBe(false);
  });
});
