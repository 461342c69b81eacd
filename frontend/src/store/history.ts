/** What is here of the log: its end, which grows, and the part that somebody went back to. Pure. */
import { PAGE_LIMIT } from "../core/generated";
import { type Part, Stretch } from "./stretch";
import type { Shown } from "./view";

/** A page that is asked for: before what is shown, after it, or around a place. */
export type Wish =
  | { readonly kind: "older" }
  | { readonly kind: "newer" }
  | { readonly kind: "place"; readonly seq: number };

export interface Sizes {
  /** Entries that are kept to be drawn; of as many, places are counted anew in no time. */
  readonly kept: number;
  readonly page: number;
}

const SIZES: Sizes = { kept: 4000, page: PAGE_LIMIT };

export class History {
  readonly #sizes: Sizes;
  #present: Stretch;
  /** Another part than the present, while it is that which is shown. */
  #past: Stretch | null = null;

  constructor(first: number, sizes: Sizes = SIZES) {
    this.#sizes = sizes;
    this.#present = new Stretch({ first, last: first - 1, events: [] });
  }

  get #stretch(): Stretch {
    return this.#past ?? this.#present;
  }

  get present(): Stretch {
    return this.#present;
  }

  get shown(): Shown {
    const { first, last, rows } = this.#stretch;
    return { first, last, rows, older: first > 1, past: this.#past !== null };
  }

  /** Grow at the end. What a reader looks at stays; else the oldest give way in time. */
  append({ events, last }: Part, readerAtEnd: boolean): void {
    this.#present.append(events, last);
    const unread = readerAtEnd || this.#past !== null;
    const { kept } = this.#sizes;
    if (unread && this.#present.length > 2 * kept) this.#present = this.#present.newest(kept);
  }

  /** Show the present again. */
  toPresent(): void {
    this.#past = null;
  }

  /** Give the place before which the page that is wished for ends; null where it is here. */
  before(wish: Wish): number | null {
    const { first, last } = this.#stretch;
    switch (wish.kind) {
      case "older":
        return first > 1 ? first : null;
      case "newer":
        return this.#past === null ? null : last + 1 + this.#sizes.page;
      case "place":
        return this.#stretch.holds(wish.seq) ? null : wish.seq + Math.ceil(this.#sizes.page / 2);
    }
  }

  /** Take the page that was wished for. */
  take(wish: Wish, page: Part): void {
    switch (wish.kind) {
      case "older":
        return this.#older(page);
      case "newer":
        return this.#show(this.#stretch.joined(page).newest(this.#sizes.kept));
      case "place":
        return this.#show(new Stretch(page));
    }
  }

  #older(page: Part): void {
    const longer = this.#stretch.withOlder(page, this.#sizes.kept);
    if (this.#past !== null || longer.last < this.#present.last) {
      this.#past = longer;
      this.#present = this.#present.newest(this.#sizes.page);
    } else {
      this.#present = longer;
    }
  }

  /** Show a part of the past; where it reaches the present, both are one. */
  #show(part: Stretch): void {
    const meets = part.last + 1 >= this.#present.first;
    if (meets) this.#present = part.joined(this.#present.part);
    this.#past = meets ? null : part;
  }
}
