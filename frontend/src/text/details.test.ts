/** How an agent's steps and states are told in one line. */
import { describe, expect, test } from "vitest";
import { countsOf, nameOfDetail, stepsOf } from "./details";

const told = (...values: readonly Readonly<Record<string, unknown>>[]) =>
  values.map((value, seq) => ({ seq, time: seq, value }));
const begun = (name: string) => ({ type: "STEP_STARTED", stepName: name });

describe("details of a run", () => {
  test("each step is named once, in the order in which it began", () => {
    const found = told(begun("think"), { type: "STEP_FINISHED" }, begun("tools"), begun("think"));
    expect(stepsOf(found)).toBe("steps: think, tools");
    expect(countsOf(found)).toBe("");
  });

  test("many steps do not make a long line", () => {
    const names = Array.from({ length: 9 }, (_, at) => begun(`s${at}`));
    expect(stepsOf(told(...names))).toBe("steps: s0, s1, s2, s3, s4, s5 and 3 more");
  });

  test("without steps it is only counted, also a state that was left out", () => {
    const found = told(
      { type: "STATE_SNAPSHOT" },
      { type: "CUSTOM", name: "cohelm.state_left_out" },
      { type: "CUSTOM", name: "on_interrupt" },
    );
    expect(stepsOf(found)).toBe("details");
    expect(countsOf(found)).toBe("2 states · 1 other event");
    expect(found.map(nameOfDetail)).toEqual([
      "state snapshot",
      "custom cohelm.state_left_out",
      "custom on_interrupt",
    ]);
  });

  test("a name that is no text is not taken for one", () => {
    expect(nameOfDetail({ seq: 1, time: 1, value: { type: "STEP_STARTED", stepName: {} } })).toBe(
      "step started",
    );
  });
});
