/** What an agent says of itself, as it is read. */
import { expect, test } from "vitest";
import { type Capabilities, saidLines } from "./capabilities";

const NOTHING: Capabilities = {
  name: "",
  type: "",
  version: "",
  description: "",
  tools: [],
  more_tools: 0,
  can: [],
  cannot: [],
};

test("each thing that is said has a line", () => {
  const says = {
    name: "Night shift",
    type: "langgraph",
    version: "2.1.0",
    description: "Watches the logs.",
    tools: ["read_log", "restart"],
    more_tools: 3,
    can: ["ask for approval", "stream its answer"],
    cannot: ["show its reasoning"],
  };
  expect(saidLines(says)).toEqual([
    ["Is", "Night shift, langgraph, 2.1.0"],
    ["Does", "Watches the logs."],
    ["Tools", "read_log, restart and 3 more"],
    ["Can", "ask for approval, stream its answer"],
    ["Cannot", "show its reasoning"],
  ]);
});

test("what is not said has no line", () => {
  expect(saidLines(null)).toEqual([]);
  expect(saidLines(NOTHING)).toEqual([]);
  expect(saidLines({ ...NOTHING, type: "adk" })).toEqual([["Is", "adk"]]);
});
