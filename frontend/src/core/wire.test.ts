/** Codec, feed and back-off. */
import { Encoder } from "@msgpack/msgpack";
import { describe, expect, test } from "vitest";
import { delay, meaning } from "../client/backoff";
import { newId } from "../client/ids";
import { take } from "./feed";
import { decode, encode, RENAMED_KEY } from "./frames";
import type { Entry, Events } from "./generated";

const mark = new Uint8Array(8);
const stub = (seq: number): Entry => ({ seq, time: 0, digest: mark, stub: true });
const covering = (first: number, last: number, ...seqs: readonly number[]): Events => ({
  frame: "events",
  first,
  last,
  mark,
  events: seqs.map(stub),
});

describe("codec", () => {
  test("a frame comes back as it went", () => {
    const bytes = encode({ frame: "read", request_id: 1, before: 70_000, limit: 200 });
    expect(decode(bytes)).toEqual({ frame: "read", request_id: 1, before: 70_000, limit: 200 });
  });

  test("times in microseconds stay exact", () => {
    const time = 1_795_246_800_123_456;
    expect(decode(new Encoder().encode({ frame: "beat", head: 1, time }))).toMatchObject({ time });
  });

  test("one key that JavaScript guards does not lose the frame", () => {
    const bytes = new Encoder().encode({ frame: "events", args: { a_proto_b: 1 } });
    const at = Buffer.from(bytes).indexOf("a_proto_b");
    Buffer.from(bytes.buffer, bytes.byteOffset).write("__proto__", at);
    expect(decode(bytes)).toEqual({ frame: "events", args: { [RENAMED_KEY]: 1 } });
  });

  test("what is not a frame is refused", () => {
    expect(() => decode(new Encoder().encode([1, 2]))).toThrow();
  });
});

describe("feed", () => {
  test("gives what is new, once, whatever was left out on purpose", () => {
    const taken = take(10, 1, covering(9, 14, 9, 10, 12, 14));
    expect(taken).toMatchObject({ kind: "new", cursor: { epoch: 1, seq: 14 } });
    expect(taken.kind === "new" && taken.entries.map(({ seq }) => seq)).toEqual([12, 14]);
  });

  test("knows what it has, and notices a hole", () => {
    expect(take(10, 1, covering(8, 10, 8)).kind).toBe("known");
    expect(take(10, 1, covering(12, 13, 12))).toEqual({ kind: "gap", after: 10 });
  });
});

describe("coming back", () => {
  test("closes below 4500 come back, those above stay away", () => {
    expect(meaning(4000).back).toBe(true);
    expect(meaning(1006).back).toBe(true);
    expect(meaning(4503)).toMatchObject({ back: false });
  });

  test("waits longer each time, at most 15 seconds, and never all at once", () => {
    expect(delay(0, 0)).toBe(250);
    expect(delay(0, 1)).toBe(500);
    expect(delay(99, 1)).toBe(15_000);
  });

  test("an id is a version 4 UUID", () => {
    expect(newId()).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });
});
