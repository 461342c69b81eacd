/** Places one AG-UI event of a finished output into a timeline's rows. Pure. */
import type { AgUi } from "../core/state";
import type { DetailsRow, Row, TextRow, ToolRow } from "./rows";

export interface Place {
  readonly seq: number;
  readonly time: number;
  readonly run: string;
  readonly cut: boolean;
}

/** What is needed of the timeline. */
export interface Board {
  readonly find: (key: string) => Row | undefined;
  readonly set: (row: Row) => void;
  /** Say whether nothing but tool calls came after this row. */
  readonly lastIs: (key: string) => boolean;
}

type Hand = (place: Place, event: AgUi, board: Board) => void;

const nothing: Hand = () => undefined;

const HANDS: Readonly<Record<string, Hand>> = {
  TEXT_MESSAGE_START: nothing,
  TEXT_MESSAGE_CONTENT: says("message"),
  TEXT_MESSAGE_CHUNK: says("message"),
  TEXT_MESSAGE_END: nothing,
  REASONING_MESSAGE_START: nothing,
  REASONING_MESSAGE_CONTENT: says("thought"),
  REASONING_MESSAGE_CHUNK: says("thought"),
  REASONING_MESSAGE_END: nothing,
  REASONING_START: nothing,
  REASONING_END: nothing,
  TOOL_CALL_START: (place, event, board) => board.set(tool(place, event, board)),
  TOOL_CALL_ARGS: (place, event, board) => board.set(tool(place, event, board)),
  TOOL_CALL_CHUNK: (place, event, board) => board.set(tool(place, event, board)),
  TOOL_CALL_END: nothing,
  TOOL_CALL_RESULT: result,
  // Made for the model alone: nobody can read it.
  REASONING_ENCRYPTED_VALUE: nothing,
  RUN_STARTED: nothing,
  RUN_FINISHED: nothing,
  STEP_STARTED: details,
  STEP_FINISHED: details,
  STATE_SNAPSHOT: details,
  STATE_DELTA: details,
  CUSTOM: details,
  RAW: details,
};

export function placeOutput(place: Place, event: AgUi, board: Board): void {
  const type = textOf(event["type"]);
  const hand = Object.hasOwn(HANDS, type) ? HANDS[type] : undefined;
  if (hand !== undefined) hand(place, event, board);
  else board.set(asItCame(place, type, event, board));
}

export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? "" : JSON.stringify(value);
}

/** Some agents begin and end a message to which they say nothing: that makes no row. */
function says(kind: TextRow["kind"]): Hand {
  return (place, event, board) => {
    if (textOf(event["delta"]) !== "") board.set(text(place, event, kind, board));
  };
}

function text(place: Place, event: AgUi, kind: TextRow["kind"], board: Board): TextRow {
  const key = `${kind === "thought" ? "r" : "m"}:${place.run}:${textOf(event["messageId"])}`;
  const before = board.find(key);
  const more = textOf(event["delta"]);
  if (before?.kind === kind) return { ...before, text: before.text + more, cut: place.cut };
  const { seq, time, cut } = place;
  return { kind, key, seq, time, text: more, streaming: false, cut };
}

function details({ seq, time, run }: Place, value: AgUi, board: Board): void {
  const key = `d:${run}`;
  const before = board.find(key);
  const told = before?.kind === "details" ? before.events : [];
  const row: DetailsRow = {
    kind: "details",
    key,
    seq,
    time,
    events: [...told, { seq, time, value }],
  };
  board.set(before?.kind === "details" ? { ...row, seq: before.seq, time: before.time } : row);
}

function tool(place: Place, event: AgUi, board: Board): ToolRow {
  const callId = textOf(event["toolCallId"]);
  const key = `t:${place.run}:${callId}`;
  const before = board.find(key);
  const args = textOf(event["delta"]);
  const name = textOf(event["toolCallName"]);
  if (before?.kind === "tool") {
    // Some agents tell a call again before they give its result.
    const told = event["type"] === "TOOL_CALL_START" ? "" : before.args;
    return { ...before, name: before.name || name, args: told + args, cut: place.cut };
  }
  const { seq, time, cut } = place;
  return { kind: "tool", key, seq, time, callId, name, args, streaming: false, cut, result: null };
}

function result(place: Place, event: AgUi, board: Board): void {
  const callId = textOf(event["toolCallId"]);
  const key = `t:${place.run}:${callId}`;
  const call = board.find(key);
  const here = call?.kind === "tool" && board.lastIs(key);
  const { seq, time } = place;
  if (call?.kind === "tool" && call.result?.content === textOf(event["content"])) return;
  const came = { content: textOf(event["content"]), apart: !here, seq, time };
  if (call?.kind === "tool") board.set({ ...call, result: came });
  if (here) return;
  const name = call?.kind === "tool" ? call.name : "";
  const own = `u:${seq}:${callId}`;
  board.set({ kind: "result", key: own, seq, time, callId, name, result: came });
}

function asItCame(place: Place, name: string, event: AgUi, board: Board): Row {
  const { seq, time } = place;
  let key = `x:${seq}:${name}`;
  while (board.find(key) !== undefined) key += "'";
  return { kind: "data", key, seq, time, name, value: event };
}
