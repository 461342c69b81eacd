/** One session's socket: opens it, hears it, comes back by close code. Knows nothing of state. */
import { decode, encode } from "../core/frames";
import { BEAT_SECONDS, type ClientFrame, type ServerFrame, SUBPROTOCOL } from "../core/generated";
import { delay, type End, meaning } from "./backoff";

export type LinkState =
  | { readonly kind: "connecting" }
  /** `silentSince`: when it was last heard, where it should have been heard again by now. */
  | { readonly kind: "open"; readonly silentSince: number | null }
  | { readonly kind: "waiting"; readonly until: number; readonly sentence: string }
  | { readonly kind: "ended"; readonly end: End };

export interface LinkEvents {
  /** The socket is open: the first frame to send, a join. */
  readonly opened: () => ClientFrame;
  readonly heard: (frame: ServerFrame) => void;
  readonly changed: (state: LinkState) => void;
}

const NO_NETWORK = "This device has no network.";
const UNREADABLE = "An answer of the server could not be read.";
const SILENT = "Nothing was heard for too long.";
/** In beats: when silence is said, and when the socket is given up. */
const DOUBT = 1.3;
const PATIENCE = 2.5;
const OPEN_WITHIN_MS = 10_000;
const PROBE_MS = 30_000;
const STEADY_MS = 5_000;

export class Link {
  readonly #url: string;
  readonly #events: LinkEvents;
  #socket: WebSocket | null = null;
  #attempt = 0;
  #openedAt = 0;
  #heardAt = 0;
  #silent = false;
  #why = "";
  #beatMs = BEAT_SECONDS * 1000;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setTimeout> | undefined;
  #doubt: ReturnType<typeof setTimeout> | undefined;
  #alive: ReturnType<typeof setInterval> | undefined;

  constructor(url: string, events: LinkEvents) {
    this.#url = url;
    this.#events = events;
  }

  start(): void {
    window.addEventListener("online", this.#online);
    window.addEventListener("offline", this.#offline);
    this.#connect();
  }

  stop(): void {
    window.removeEventListener("online", this.#online);
    window.removeEventListener("offline", this.#offline);
    this.#drop();
    clearTimeout(this.#retry);
  }

  /** Come back now, without waiting for the time that was set. */
  readonly now = (): void => {
    this.#attempt = 0;
    this.#drop();
    this.#connect();
  };

  beatEvery(seconds: number): void {
    this.#beatMs = seconds * 1000;
  }

  /** Send if the socket is open; say whether it was. */
  send(frame: ClientFrame): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(encode(frame));
    return true;
  }

  readonly #online = (): void => this.now();

  readonly #offline = (): void => this.#lost({ number: 1006, sentence: NO_NETWORK, back: true });

  #connect(): void {
    clearTimeout(this.#retry);
    this.#events.changed({ kind: "connecting" });
    const socket = new WebSocket(this.#url, SUBPROTOCOL);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.onopen = () => this.#opened();
    socket.onmessage = (message) => this.#heard(message.data);
    socket.onclose = (close) => this.#lost(meaning(close.code));
    this.#expect(OPEN_WITHIN_MS);
  }

  #opened(): void {
    this.#openedAt = this.#heardAt = Date.now();
    this.send(this.#events.opened());
    this.#say(false);
    this.#alive = setInterval(() => this.send({ frame: "alive" }), this.#beatMs);
    this.#expect(this.#beatMs * PATIENCE);
  }

  #heard(data: unknown): void {
    this.#heardAt = Date.now();
    this.#expect(this.#beatMs * PATIENCE);
    if (this.#silent) this.#say(false);
    const frame = readable(data);
    if (frame === null) return this.#lost({ number: 1007, sentence: UNREADABLE, back: true });
    this.#events.heard(frame);
  }

  /** Without a sign of life in time the socket is given up: a dead network closes nothing. */
  #expect(ms: number): void {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => this.#lost({ number: 1006, sentence: SILENT, back: true }), ms);
    clearTimeout(this.#doubt);
    if (this.#openedAt === 0) return;
    this.#doubt = setTimeout(() => this.#say(true), this.#beatMs * DOUBT);
  }

  #say(silent: boolean): void {
    this.#silent = silent;
    this.#events.changed({ kind: "open", silentSince: silent ? this.#heardAt : null });
  }

  #lost(end: End): void {
    if (this.#socket === null) return;
    // Why it was lost is told until it is back, and not why one attempt after it failed.
    if (this.#openedAt > 0 || this.#why === "") this.#why = end.sentence;
    const steady = this.#openedAt > 0 && Date.now() - this.#openedAt > STEADY_MS;
    this.#drop();
    if (!end.back) return this.#events.changed({ kind: "ended", end });
    this.#attempt = steady ? 0 : this.#attempt + 1;
    const wait = navigator.onLine ? delay(this.#attempt, Math.random()) : PROBE_MS;
    this.#retry = setTimeout(() => this.#connect(), wait);
    this.#events.changed({ kind: "waiting", until: Date.now() + wait, sentence: this.#why });
  }

  #drop(): void {
    clearTimeout(this.#watch);
    clearTimeout(this.#doubt);
    clearInterval(this.#alive);
    clearTimeout(this.#retry);
    const socket = this.#socket;
    this.#socket = null;
    this.#openedAt = 0;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }
}

function readable(data: unknown): ServerFrame | null {
  try {
    return data instanceof ArrayBuffer ? decode(data) : null;
  } catch {
    return null;
  }
}
