/** A part of the log without a hole, and its rows: what lies further away is read again. */
import type { Entry } from "../core/generated";
import type { Row } from "./rows";
import { Timeline } from "./timeline";

/** A page of the log: it covers `first` to `last`, and `events` are what is left of that. */
export interface Part {
  readonly first: number;
  readonly last: number;
  readonly events: readonly Entry[];
}

export class Stretch {
  readonly first: number;
  #last: number;
  #entries: readonly Entry[];
  readonly #timeline = new Timeline();
  #drawn: Drawn = { of: [], rows: [] };

  constructor({ first, last, events }: Part) {
    this.first = first;
    this.#last = last;
    this.#entries = events.filter(lasts);
    this.#timeline.append(this.#entries);
  }

  /**
   * The rows but for loose ones at the beginning: the first row keeps its name whatever is put
   * before it, so that who reads there stays there.
   */
  get rows(): readonly Row[] {
    const { rows } = this.#timeline;
    if (this.#drawn.of === rows) return this.#drawn.rows;
    const begin = this.first > 1 ? rows.findIndex((row) => !isLoose(row)) : 0;
    this.#drawn = { of: rows, rows: begin > 0 ? rows.slice(begin) : rows };
    return this.#drawn.rows;
  }

  get last(): number {
    return this.#last;
  }

  get length(): number {
    return this.#entries.length;
  }

  holds(seq: number): boolean {
    return this.first <= seq && seq <= this.#last;
  }

  /** Grow by what has just come, at its cost alone. */
  append(events: readonly Entry[], last: number): void {
    this.#entries = this.#entries.concat(events.filter(lasts));
    this.#timeline.append(events);
    this.#last = last;
  }

  /** Give it with an older page before it; longer than `kept` entries, it loses its end. */
  withOlder(page: Part, kept: number): Stretch {
    const older = page.events.filter(({ seq }) => seq < this.first);
    const whole = [...older, ...this.#entries];
    const events = whole.slice(0, kept);
    const last = events.length < whole.length ? endOf(events) : this.#last;
    return new Stretch({ first: page.first, last, events });
  }

  /** Give it with a part that follows it or overlaps its end. */
  joined({ last, events }: Part): Stretch {
    const newer = events.filter(({ seq }) => seq > this.#last);
    const whole = [...this.#entries, ...newer];
    return new Stretch({ first: this.first, last: Math.max(this.#last, last), events: whole });
  }

  /** Give so many entries of its end. */
  newest(count: number): Stretch {
    const first = this.#entries.at(-count)?.seq;
    if (first === undefined || this.length === count) return this;
    return new Stretch({ first, last: this.#last, events: this.#entries.slice(-count) });
  }

  get part(): Part {
    return { first: this.first, last: this.#last, events: this.#entries };
  }
}

interface Drawn {
  readonly of: readonly Row[];
  readonly rows: readonly Row[];
}

/** A result whose call is not here stands in the call's row as soon as that is; a run's details
 * stand where the first of them came. */
const isLoose = (row: Row): boolean =>
  row.kind === "details" || (row.kind === "result" && row.name === "");

/** What is only streamed makes no row, and is said again when it is whole. */
const lasts = (entry: Entry): boolean => "stub" in entry || entry.type !== "output.streamed";

const endOf = (entries: readonly Entry[]): number => entries.at(-1)?.seq ?? 0;
