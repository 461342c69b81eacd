/** What is shown of a log is a part of it without a hole, wherever somebody goes. */
import { describe, expect, test } from "vitest";
import type { Entry } from "../core/generated";
import { type Dice, diceOf, event, message, output, rows, story } from "./entries.testing";
import { History, type Wish } from "./history";
import type { Row } from "./rows";
import type { Part } from "./stretch";

const SIZES = { kept: 40, page: 8 };

/** A log and somebody who reads it as a page does. */
class Reader {
  readonly log: Entry[];
  readonly history: History;
  head = 0;

  constructor(log: readonly Entry[], seen: number) {
    this.log = [...log];
    this.history = new History(seen - 9, SIZES);
    this.#come(seen - 9, seen);
  }

  /** The server's answer to a read: the compact page that ends before a seq. */
  #page(before: number): Part {
    const end = Math.min(before, this.head + 1);
    const compact = this.log.slice(0, end - 1).filter((entry) => !passing(entry));
    const events = compact.slice(-SIZES.page);
    return { first: events[0]?.seq ?? 0, last: end - 1, events };
  }

  #come(first: number, last: number): void {
    this.head = last;
    this.history.append({ first, last, events: this.log.slice(first - 1, last) }, true);
  }

  wish(wish: Wish): void {
    const before = this.history.before(wish);
    if (before !== null) this.history.take(wish, this.#page(before));
  }

  live(count: number): void {
    if (this.head < this.log.length) {
      this.#come(this.head + 1, Math.min(this.log.length, this.head + count));
    }
  }

  /** Rows of the part that is said to be shown, made from the log at once. */
  get expected(): unknown {
    const { first, last } = this.history.shown;
    const whole = rows(this.log.slice(Math.max(0, first - 1), last).filter((one) => !passing(one)));
    const loose = (row: Row) =>
      row.kind === "details" || (row.kind === "result" && row.name === "");
    const begin = whole.findIndex((row) => first <= 1 || !loose(row));
    return whole.slice(Math.max(0, begin));
  }
}

const passing = (entry: Entry): boolean => !("stub" in entry) && entry.type === "output.streamed";

/** A story in which one entry of four is only streamed. */
function streamed(dice: Dice, length: number): readonly Entry[] {
  return story(dice, length).map((entry) => (dice(4) === 0 ? piece(entry.seq) : entry));
}

const piece = (seq: number): Entry =>
  ({ ...event("output.streamed", { run_id: "r", events: [] }), seq }) as Entry;

const notes = (count: number): readonly Entry[] =>
  Array.from(
    { length: count },
    (_, at) => ({ ...event("note.written", {}), seq: at + 1 }) as Entry,
  );

function step(reader: Reader, dice: Dice): void {
  const ways: readonly (() => void)[] = [
    () => reader.wish({ kind: "older" }),
    () => reader.wish({ kind: "older" }),
    () => reader.wish({ kind: "newer" }),
    () => reader.wish({ kind: "place", seq: 1 + dice(reader.head) }),
    () => reader.live(1 + dice(30)),
    () => reader.history.toPresent(),
  ];
  ways[dice(ways.length)]?.();
}

describe("history", () => {
  test("is one part of the log without a hole, whatever is wished for", () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const dice = diceOf(seed);
      const reader = new Reader(streamed(dice, 400), 200);
      for (let count = 0; count < 60; count += 1) {
        step(reader, dice);
        expect(reader.history.shown.rows, `seed ${seed}, step ${count}`).toEqual(reader.expected);
        expect(reader.history.present.last).toBe(reader.head);
      }
    }
  });

  test("keeps the name of its first row when more is put before it", () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const reader = new Reader(streamed(diceOf(seed), 400), 400);
      while (reader.history.shown.older) {
        const first = reader.history.shown.rows[0]?.key;
        reader.wish({ kind: "older" });
        const now = reader.history.shown.rows.map(({ key }) => key);
        expect(now, `seed ${seed}`).toContain(first);
      }
    }
  });

  test("holds little of a long log, and shows all of it to who goes through it", () => {
    const reader = new Reader(notes(300), 300);
    const read = new Set<number>();
    const look = () => {
      expect(reader.history.shown.rows.length).toBeLessThanOrEqual(2 * SIZES.kept);
      for (const row of reader.history.shown.rows) read.add(row.seq);
    };
    while (reader.history.shown.older) {
      reader.wish({ kind: "older" });
      look();
    }
    expect(read.size).toBe(300);
    read.clear();
    while (reader.history.shown.past) {
      reader.wish({ kind: "newer" });
      look();
    }
    expect(read.size).toBeGreaterThan(250);
    expect(reader.history.shown.last).toBe(300);
  });

  test("loads a far place and nothing between it and the present", () => {
    const reader = new Reader(notes(300), 300);
    reader.wish({ kind: "place", seq: 50 });
    expect(reader.history.shown).toMatchObject({ first: 46, last: 53, older: true, past: true });
    reader.history.toPresent();
    expect(reader.history.shown).toMatchObject({ last: 300, past: false });
  });

  test("what is older gives way while nobody reads it, and stays while somebody does", () => {
    const log = notes(201);
    const history = new History(1, SIZES);
    const come = (seq: number, atEnd: boolean) =>
      history.append({ first: seq, last: seq, events: log.slice(seq - 1, seq) }, atEnd);
    for (let seq = 1; seq <= 200; seq += 1) come(seq, false);
    expect(history.shown.rows.length).toBe(200);
    come(201, true);
    expect(history.shown.rows.length).toBe(SIZES.kept);
    expect(history.shown.older).toBe(true);
  });

  test("a text that goes on in a later page stays one row", () => {
    const entries = [
      message("m", "one "),
      event("note.written", { text: "n" }),
      output({ type: "TEXT_MESSAGE_CONTENT", messageId: "m", delta: "two" }),
    ];
    const at = (part: readonly Entry[]): Part => ({
      first: part[0]?.seq ?? 0,
      last: part.at(-1)?.seq ?? 0,
      events: part,
    });
    const history = new History(entries[2]?.seq ?? 0, SIZES);
    history.append(at(entries.slice(2)), true);
    history.take({ kind: "older" }, at(entries.slice(0, 2)));
    expect(history.shown.rows).toEqual(rows(entries));
    expect(history.shown.rows[0]).toMatchObject({ text: "one two" });
  });
});
