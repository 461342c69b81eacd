/** Entries for tests: made by hand, and whole stories of them by dice. */
import type { Entry } from "../core/generated";
import type { Row } from "./rows";
import { Timeline } from "./timeline";

const RUN = "r";
let seq = 0;

export const event = (type: string, body: object): Entry => {
  seq += 1;
  return { seq, time: seq * 1_000_000, type, body, actor: "u" } as unknown as Entry;
};
export const output = (...events: readonly object[]) =>
  event("output.emitted", { run_id: RUN, events });
export const message = (id: string, text: string) =>
  output(
    { type: "TEXT_MESSAGE_START", messageId: id },
    { type: "TEXT_MESSAGE_CONTENT", messageId: id, delta: text },
    { type: "TEXT_MESSAGE_END", messageId: id },
  );
export const call = (id: string, name: string, args: string) =>
  output(
    { type: "TOOL_CALL_START", toolCallId: id, toolCallName: name },
    { type: "TOOL_CALL_ARGS", toolCallId: id, delta: args },
    { type: "TOOL_CALL_END", toolCallId: id },
  );
export const step = (type: string, name: string) => output({ type, stepName: name });
export const result = (id: string, content: string) =>
  output({ type: "TOOL_CALL_RESULT", messageId: `x${id}`, toolCallId: id, content });

export function rows(entries: readonly Entry[]): readonly Row[] {
  const timeline = new Timeline();
  timeline.append(entries);
  return timeline.rows;
}

export type Dice = (sides: number) => number;

/** Dice that fall the same way for the same seed. */
export function diceOf(seed: number): Dice {
  let state = seed;
  return (sides) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * sides);
  };
}

/** Give a story in which everything refers to something before it, or to nothing at all. */
export function story(dice: Dice, length: number): readonly Entry[] {
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

export const stub = (): Entry => {
  seq += 1;
  return { seq, time: 0, digest: new Uint8Array(), stub: true };
};
