/** The same vectors in both languages: tests/conformance is read here and by pytest. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { take } from "../core/feed";
import { decode, encode } from "../core/frames";
import type { ClientFrame, Entry, Events, State } from "../core/generated";
import { apply, EMPTY } from "../core/state";

const FOLDER = new URL("../../../tests/conformance/", import.meta.url);

interface FoldVector {
  readonly name: string;
  readonly events: readonly Entry[];
  readonly state: State;
  /** The states on the way, where the vector has them: one after each event. */
  readonly states?: readonly State[];
  /** States on the way by the number of events before them, where it has only some. */
  readonly cuts?: Readonly<Record<string, State>>;
}

interface FeedVector {
  readonly name: string;
  readonly at: number;
  readonly frames: readonly { first: number; last: number; seqs: readonly number[] }[];
  readonly kinds: readonly string[];
  readonly taken: readonly number[];
  readonly ends: number;
}

interface CodecVector {
  readonly name: string;
  readonly hex: string;
  readonly frame: Readonly<Record<string, unknown>>;
}

function vectors(): readonly (FoldVector | FeedVector | CodecVector)[] {
  if (!existsSync(FOLDER)) return [];
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(".json"))
    .flatMap((file) => JSON.parse(readFileSync(new URL(file, FOLDER), "utf-8")) as FoldVector[]);
}

/** JSON has no bytes: they stand there in hex. */
function asJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (Array.isArray(value)) return value.map(asJson);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, asJson(inner)]));
}

const mark = new Uint8Array(8);

function covering({ first, last, seqs }: FeedVector["frames"][number]): Events {
  const events = seqs.map((seq): Entry => ({ seq, time: 0, digest: mark, stub: true }));
  return { frame: "events", first, last, mark, events };
}

function folds(vector: FoldVector): void {
  const states: State[] = [];
  for (const event of vector.events) states.push(apply(states.at(-1) ?? EMPTY, event));
  expect(states.at(-1) ?? EMPTY).toEqual(vector.state);
  if (vector.states !== undefined) expect(states).toEqual(vector.states);
  for (const [after, state] of Object.entries(vector.cuts ?? {})) {
    expect(states[Number(after) - 1]).toEqual(state);
  }
}

function feeds(vector: FeedVector): void {
  let at = vector.at;
  const seqs: number[] = [];
  const kinds = vector.frames.map((frame) => {
    const taken = take(at, 1, covering(frame));
    if (taken.kind === "new") {
      seqs.push(...taken.entries.map((entry) => entry.seq));
      at = taken.cursor.seq;
    }
    return taken.kind;
  });
  const { kinds: expected, taken, ends } = vector;
  expect({ kinds, taken: seqs, ends: at }).toEqual({ kinds: expected, taken, ends });
}

function codes(vector: CodecVector): void {
  const frame = decode(Buffer.from(vector.hex, "hex"));
  expect(asJson(frame)).toEqual(vector.frame);
  const again = encode(frame as unknown as ClientFrame);
  expect(asJson(decode(again))).toEqual(vector.frame);
}

describe("vectors", () => {
  for (const vector of vectors()) {
    if ("events" in vector) test(`fold: ${vector.name}`, () => folds(vector));
    else if ("kinds" in vector) test(`feed: ${vector.name}`, () => feeds(vector));
    else test(`codec: ${vector.name}`, () => codes(vector));
  }
  test("are read from the same folder as in Python", () => {
    expect(Array.isArray(vectors())).toBe(true);
  });
});
