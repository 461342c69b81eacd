/** The exact sequence: each entry once, in order, from frames that say which range they cover. Pure. */
import type { Entry, Events } from "./generated";

export interface Cursor {
  readonly epoch: number;
  readonly seq: number;
  readonly mark: Uint8Array;
}

export type Taken =
  | { readonly kind: "new"; readonly cursor: Cursor; readonly entries: readonly Entry[] }
  | { readonly kind: "known" }
  | { readonly kind: "gap"; readonly after: number };

/** Give what a frame adds after `seq`; a gap means that the connection must be begun again. */
export function take(seq: number, epoch: number, frame: Events): Taken {
  if (frame.last <= seq) return { kind: "known" };
  if (frame.first > seq + 1) return { kind: "gap", after: seq };
  return {
    kind: "new",
    cursor: { epoch, seq: frame.last, mark: frame.mark },
    entries: frame.events.filter((entry) => entry.seq > seq),
  };
}
