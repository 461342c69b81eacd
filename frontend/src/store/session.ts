/** One session as this tab sees it: the link, the fold, the timeline and one's own actions. */
import { Link, type LinkState } from "../client/link";
import { type Cursor, take } from "../core/feed";
import {
  type Access,
  type Beat,
  type ClientFrame,
  type Events,
  PAGE_LIMIT,
  type Page,
  type PersonCommand,
  type Presence,
  type Present,
  type Resync,
  type ServerFrame,
  type Welcome,
} from "../core/generated";
import { apply } from "../core/state";
import type { Action } from "./actions";
import { History, type Wish } from "./history";
import { Cell } from "./listeners";
import { fromEntries, fromPresence, fromState } from "./names";
import { Outbox } from "./outbox";
import { here } from "./people";
import { soon } from "./soon";
import { openRows } from "./timeline";
import { type Away, NOTHING_YET, type SessionView } from "./view";

export class SessionStore {
  readonly #view = new Cell<SessionView>(NOTHING_YET);
  readonly #link: Link;
  readonly #outbox: Outbox;
  #next: SessionView = NOTHING_YET;
  #cursor: Cursor | null = null;
  #history = new History(1);
  #stateFrom = 0;
  #reads = 0;
  #readerAtEnd = true;
  readonly #publish = soon(() => this.#view.set(this.#next));

  constructor(session: string) {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.#link = new Link(`${scheme}://${location.host}/ws/sessions/${session}/`, {
      opened: () => this.#join(),
      heard: (frame) => this.#heard(frame),
      changed: (state) => this.#linkChanged(state),
    });
    this.#outbox = new Outbox(session, {
      send: (frame: ClientFrame) => this.#next.live && this.#link.send(frame),
      changed: (actions) => this.#change({ actions }),
    });
    this.#next = { ...NOTHING_YET, actions: this.#outbox.actions };
    this.#view.set(this.#next);
  }

  readonly get = (): SessionView => this.#view.get();
  readonly subscribe = (listener: () => void): (() => void) => this.#view.subscribe(listener);

  start(): void {
    this.#link.start();
  }

  stop(): void {
    this.#link.stop();
    this.#outbox.stop();
  }

  readonly reconnect = (): void => this.#link.now();

  /** Send a command; give its id, by which its progress is found in the view's actions. */
  readonly submit = (command: PersonCommand): string => this.#outbox.submit(command);

  readonly retry = (action: Action): void => this.#outbox.retry(action);

  readonly forget = (action: Action): void => this.#outbox.forget(action.id);

  readonly dismissResync = (): void => this.#change({ resync: null });

  /** Ask for the page before what is shown, unless one is on its way. */
  readonly loadOlder = (): void => {
    if (this.#next.reading === null) this.#read({ kind: "older" });
  };

  /** Ask for what follows a part of the past, unless a page is on its way. */
  readonly loadNewer = (): void => {
    if (this.#next.reading === null) this.#read({ kind: "newer" });
  };

  /** Show what is around a place: what lies between there and here is not loaded. */
  readonly seek = (seq: number): void => {
    const { reading } = this.#next;
    if (reading?.kind === "place" && reading.seq === seq) return;
    if (this.#history.present.holds(seq)) this.toPresent();
    else this.#read({ kind: "place", seq });
  };

  readonly toPresent = (): void => {
    this.#history.toPresent();
    this.#change({ shown: this.#history.shown, reading: null });
  };

  /** Be told whether somebody reads what is older than the end. */
  readonly readerIsAtEnd = (yes: boolean): void => {
    this.#readerAtEnd = yes;
  };

  #read(wish: Wish): void {
    const before = this.#next.live ? this.#history.before(wish) : null;
    if (before === null) return;
    this.#reads += 1;
    const request_id = this.#reads;
    const sent = this.#link.send({ frame: "read", request_id, before, limit: PAGE_LIMIT });
    if (sent) this.#change({ reading: wish });
  }

  #change(part: Partial<SessionView>): void {
    this.#next = { ...this.#next, ...part };
    this.#publish();
  }

  #join(): ClientFrame {
    if (this.#cursor === null) return { frame: "join" };
    const { epoch, seq, mark } = this.#cursor;
    return { frame: "join", cursor: [epoch, seq, mark] };
  }

  #linkChanged(link: LinkState): void {
    const live = link.kind === "open" && this.#next.live;
    const lostAt = this.#next.live && !live ? Date.now() : this.#next.lostAt;
    this.#change({ link, live, lostAt, reading: live ? this.#next.reading : null });
  }

  #heard(frame: ServerFrame): void {
    switch (frame.frame) {
      case "welcome":
        return this.#welcome(frame);
      case "events":
        return this.#events(frame);
      case "page":
        return this.#page(frame);
      case "reply":
        return this.#outbox.replied(frame);
      case "refusal":
        return this.#outbox.refused(frame);
      case "presence":
        return this.#presence(frame);
      case "access":
        return this.#access(frame);
      case "beat":
        return this.#beat(frame);
      case "resync":
        return this.#resync(frame);
      default:
        // A newer server may say more than this page knows; what it must know is in the log.
        frame satisfies never;
    }
  }

  #beat({ head, time }: Beat): void {
    const skew = Math.floor(time / 1000) - Date.now();
    this.#change({ head: Math.max(head, this.#next.seq), skew });
  }

  #welcome(frame: Welcome): void {
    this.#link.beatEvery(frame.beat_seconds);
    if (frame.state !== null) this.#begin(frame);
    const state = frame.state ?? this.#next.state;
    this.#stateFrom = state.seq;
    this.#change({
      session: frame.session,
      you: frame.you,
      permissions: new Set(frame.you.permissions),
      state,
      open: openRows(state),
      names: fromState(this.#next.names, state, frame.you),
      head: frame.head,
      epoch: frame.epoch,
      live: true,
      lostAt: null,
    });
    this.#outbox.resend();
  }

  #begin(frame: Welcome): void {
    this.#history = new History(frame.first);
    this.#cursor = null;
    this.#change({ ...this.#drawn, seq: frame.first - 1, reading: null });
  }

  get #drawn(): Pick<SessionView, "rows" | "shown"> {
    return { rows: this.#history.present.rows, shown: this.#history.shown };
  }

  #events(frame: Events): void {
    const taken = take(this.#next.seq, this.#next.epoch, frame);
    if (taken.kind === "known") return;
    if (taken.kind === "gap") return this.#link.now();
    this.#cursor = taken.cursor;
    const { first, last } = frame;
    this.#history.append({ first, last, events: taken.entries }, this.#readerAtEnd);
    const fresh = taken.entries.filter((entry) => entry.seq > this.#stateFrom);
    const state = fresh.reduce(apply, this.#next.state);
    this.#change({
      ...this.#drawn,
      state,
      open: openRows(state),
      names: fromEntries(this.#next.names, taken.entries),
      seq: taken.cursor.seq,
      head: Math.max(this.#next.head, taken.cursor.seq),
    });
  }

  #page(frame: Page): void {
    const { reading } = this.#next;
    if (frame.request_id !== this.#reads || reading === null) return;
    this.#history.take(reading, frame);
    const names = fromEntries(this.#next.names, frame.events);
    this.#change({ ...this.#drawn, names, reading: null });
  }

  #presence(frame: Presence): void {
    const people = here(this.#next.people, frame);
    this.#change({
      people,
      agentAway: this.#awaySince(people),
      names: fromPresence(this.#next.names, frame.people),
    });
  }

  #awaySince(people: readonly Present[]): Away | null {
    const { state, agentAway, people: before } = this.#next;
    const agent = state.agent?.user;
    if (agent === undefined || people.some(({ user }) => user === agent)) return null;
    return agentAway ?? { noticed: Date.now(), seen: before.some(({ user }) => user === agent) };
  }

  #access(frame: Access): void {
    this.#change({ permissions: new Set(frame.permissions) });
  }

  #resync(frame: Resync): void {
    this.#cursor = null;
    this.#change({ resync: frame, live: false });
  }
}
