/** The same vectors in both languages: tests/conformance is read here and by pytest. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { decode, encode } from "../core/frames";
import type { ClientFrame, Entry, State } from "../core/generated";
import { apply, EMPTY } from "../core/state";

const FOLDER = new URL("../../../tests/conformance/", import.meta.url);

interface FoldVector {
  readonly name: string;
  readonly events: readonly Entry[];
  readonly state: State;
  /** The states on the way, where the vector has them: one after each event. */
  readonly states?: readonly State[];
}

interface CodecVector {
  readonly name: string;
  readonly hex: string;
  readonly frame: Readonly<Record<string, unknown>>;
}

function vectors(): readonly (FoldVector | CodecVector)[] {
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

describe("vectors", () => {
  for (const vector of vectors()) {
    if ("events" in vector) {
      test(`fold: ${vector.name}`, () => {
        const states: State[] = [];
        for (const event of vector.events) states.push(apply(states.at(-1) ?? EMPTY, event));
        expect(states.at(-1) ?? EMPTY).toEqual(vector.state);
        if (vector.states !== undefined) expect(states).toEqual(vector.states);
      });
    } else if ("hex" in vector) {
      test(`codec: ${vector.name}`, () => {
        const frame = decode(Buffer.from(vector.hex, "hex"));
        expect(asJson(frame)).toEqual(vector.frame);
        const again = encode(frame as unknown as ClientFrame);
        expect(asJson(decode(again))).toEqual(vector.frame);
      });
    }
  }
  test("are read from the same folder as in Python", () => {
    expect(Array.isArray(vectors())).toBe(true);
  });
});
