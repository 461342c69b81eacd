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
import { Cell } from "./listeners";
import { fromEntries, fromPresence, fromState } from "./names";
import { Outbox } from "./outbox";
import { here } from "./people";
import { soon } from "./soon";
import { openRows, Timeline } from "./timeline";
import { type Away, NOTHING_YET, type SessionView } from "./view";

export class SessionStore {
  readonly #view = new Cell<SessionView>(NOTHING_YET);
  readonly #link: Link;
  readonly #outbox: Outbox;
  #next: SessionView = NOTHING_YET;
  #cursor: Cursor | null = null;
  #timeline = new Timeline();
  #stateFrom = 0;
  #reads = 0;
  #back = Number.POSITIVE_INFINITY;
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

  /**
   * Ask for the page before the oldest entry that is here, unless one is on its way; with `back`,
   * for all pages down to that seq, which are drawn when the last of them is here.
   */
  readonly loadOlder = (back = Number.POSITIVE_INFINITY): void => {
    const { oldest, older, live } = this.#next;
    if (!live || older !== "more" || oldest <= 1) return;
    this.#back = back;
    if (this.#read(oldest)) this.#change({ older: "loading" });
  };

  #read(before: number): boolean {
    this.#reads += 1;
    const limit = PAGE_LIMIT;
    return this.#link.send({ frame: "read", request_id: this.#reads, before, limit });
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
    const older = !live && this.#next.older === "loading" ? "more" : this.#next.older;
    this.#change({ link, live, lostAt, older });
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
    this.#timeline = new Timeline();
    this.#cursor = null;
    this.#change({
      rows: [],
      seq: frame.first - 1,
      oldest: frame.first,
      older: frame.first > 1 ? "more" : "none",
    });
  }

  #events(frame: Events): void {
    const taken = take(this.#next.seq, this.#next.epoch, frame);
    if (taken.kind === "known") return;
    if (taken.kind === "gap") return this.#link.now();
    this.#cursor = taken.cursor;
    this.#timeline.append(taken.entries);
    const fresh = taken.entries.filter((entry) => entry.seq > this.#stateFrom);
    const state = fresh.reduce(apply, this.#next.state);
    this.#change({
      state,
      rows: this.#timeline.rows,
      open: openRows(state),
      names: fromEntries(this.#next.names, taken.entries),
      seq: taken.cursor.seq,
      head: Math.max(this.#next.head, taken.cursor.seq),
    });
  }

  #page(frame: Page): void {
    if (frame.request_id !== this.#reads) return;
    this.#timeline.prepend(frame.events);
    const further = frame.more && frame.first > this.#back && this.#read(frame.first);
    if (further)
      return this.#change({
        oldest: frame.first,
        names: fromEntries(this.#next.names, frame.events),
      });
    this.#change({
      rows: this.#timeline.rows,
      names: fromEntries(this.#next.names, frame.events),
      oldest: frame.first,
      older: frame.more ? "more" : "none",
    });
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
