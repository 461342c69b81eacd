/** The link over a socket that the test holds in its hand; time is moved, never waited for. */
import { Encoder } from "@msgpack/msgpack";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Link, type LinkState } from "./link";

class HeldSocket {
  static readonly OPEN = 1;
  static made: HeldSocket[] = [];
  readyState = 0;
  binaryType = "";
  sent: Uint8Array[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: unknown }) => void) | null = null;
  onclose: ((close: { code: number }) => void) | null = null;

  constructor() {
    HeldSocket.made.push(this);
  }
  open(): void {
    this.readyState = HeldSocket.OPEN;
    this.onopen?.();
  }
  hear(frame: object): void {
    const bytes = new Encoder().encode(frame);
    this.onmessage?.({ data: bytes.buffer.slice(0, bytes.byteLength) });
  }
  send(bytes: Uint8Array): void {
    this.sent.push(bytes);
  }
  close(): void {
    this.readyState = 3;
  }
}

const beat = { frame: "beat", head: 1, time: 1 };
let states: LinkState[];
let link: Link;
const last = () => HeldSocket.made.at(-1) as HeldSocket;
const state = () => states.at(-1);

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", HeldSocket);
  vi.stubGlobal("window", {
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  });
  vi.stubGlobal("navigator", { onLine: true });
  HeldSocket.made = [];
  states = [];
  link = new Link("ws://here/", {
    opened: () => ({ frame: "join" }),
    heard: () => undefined,
    changed: (next) => states.push(next),
  });
  link.start();
  last().open();
});

afterEach(() => {
  link.stop();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("it joins as soon as the socket is open", () => {
  expect(last().sent).toHaveLength(1);
  expect(state()).toEqual({ kind: "open", silentSince: null });
});

test("a close that comes back does so by itself, after a while", () => {
  last().onclose?.({ code: 4000 });
  expect(state()).toMatchObject({ kind: "waiting" });
  vi.advanceTimersByTime(1_000);
  expect(HeldSocket.made).toHaveLength(2);
});

test.each([4000, 1012])("why the server ended it (%i) is told until it is back", (code) => {
  last().onclose?.({ code });
  const told = state() as { sentence: string };
  expect(told.sentence).toContain("restarts");
  vi.advanceTimersByTime(1_000);
  last().onclose?.({ code: 1006 });
  expect(state()).toMatchObject({ kind: "waiting", sentence: told.sentence });
});

test("a close that stays away is told and not tried again", () => {
  last().onclose?.({ code: 4503 });
  expect(state()).toMatchObject({ kind: "ended", end: { number: 4503 } });
  vi.advanceTimersByTime(600_000);
  expect(HeldSocket.made).toHaveLength(1);
});

test("silence is said first, and then the socket is given up", () => {
  vi.advanceTimersByTime(14_000);
  expect(state()).toEqual({ kind: "open", silentSince: Date.now() - 14_000 });
  last().hear(beat);
  expect(state()).toEqual({ kind: "open", silentSince: null });
  vi.advanceTimersByTime(25_000);
  expect(state()).toMatchObject({ kind: "waiting" });
});

test("without a network it is not tried in vain, and at once when there is one again", () => {
  vi.stubGlobal("navigator", { onLine: false });
  last().onclose?.({ code: 1006 });
  vi.advanceTimersByTime(20_000);
  expect(HeldSocket.made).toHaveLength(1);
  link.now();
  expect(HeldSocket.made).toHaveLength(2);
});
