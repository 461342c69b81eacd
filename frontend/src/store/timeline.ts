/** Turns entries into the rows of a timeline, growing at the end; the same rows for everybody. Pure. */
import type { Entry, Event, State } from "../core/generated";
import type { AgUi } from "../core/state";
import { type Place, placeOutput, textOf } from "./output";
import type { ControlRow, DecisionRow, Row, TextRow, ToolRow } from "./rows";

type Asked = Pick<DecisionRow, "tool" | "decision">;

export class Timeline {
  #rows: Row[] = [];
  /** Where each row stands. */
  readonly #places = new Map<string, number>();
  readonly #asked = new Map<string, Asked>();

  /** The rows so far; a new array after each change. */
  get rows(): readonly Row[] {
    return this.#rows;
  }

  append(entries: readonly Entry[]): void {
    // What is only streamed makes no row: the array stays the same, and nothing is drawn for it.
    if (entries.every((entry) => !("stub" in entry) && entry.type === "output.streamed")) return;
    this.#rows = [...this.#rows];
    for (const entry of entries) this.#add(entry);
  }

  #find(key: string): Row | undefined {
    const index = this.#places.get(key);
    return index === undefined ? undefined : this.#rows[index];
  }

  #add(entry: Entry): void {
    if ("stub" in entry) return this.#withhold(entry.seq, entry.time);
    if (entry.type === "output.emitted") return this.#emit(entry);
    const row = this.#rowOf(entry);
    if (row !== null) this.#push(row);
  }

  #push(row: Row): void {
    this.#places.set(row.key, this.#rows.length);
    this.#rows.push(row);
  }

  #withhold(seq: number, time: number): void {
    // A run's details may stand elsewhere once more is loaded: they part nothing.
    const at = this.#rows.findLastIndex(({ kind }) => kind !== "details");
    const last = this.#rows[at];
    // Named after its last entry: what is loaded before it leaves its name as it is.
    const key = `w:${seq}`;
    if (last?.kind === "withheld") {
      this.#rows[at] = { ...last, key, count: last.count + 1 };
    } else {
      this.#push({ kind: "withheld", key, seq, time, count: 1 });
    }
  }

  #rowOf(event: Exclude<Event, { type: "output.emitted" }>): Row | null {
    const base = { key: `e:${event.seq}`, seq: event.seq, time: event.time };
    switch (event.type) {
      case "prompt.queued":
        return {
          ...base,
          kind: "prompt",
          key: `p:${event.body.prompt_id}`,
          actor: event.actor,
          promptId: event.body.prompt_id,
          text: event.body.text,
          recalled: false,
        };
      case "prompt.recalled":
        this.#change(`p:${event.body.prompt_id}`, recalled);
        return { ...base, kind: "control", event } satisfies ControlRow;
      case "note.written":
        return {
          ...base,
          kind: "note",
          actor: event.actor,
          text: event.body.text,
          visibility: event.visibility ?? "everyone",
        };
      case "approval.requested":
      case "approval.decided":
      case "approval.dispatched":
      case "approval.settled":
        return { ...base, kind: "decision", event, ...this.#about(event) };
      case "output.streamed":
        return null;
      default:
        return { ...base, kind: "control", event };
    }
  }

  /** Say which tool an event is about, and what was decided: only the first two events say so. */
  #about(event: DecisionRow["event"]): Asked {
    if (event.type === "approval.requested") {
      const { approval_id, action } = event.body.request;
      return this.#remember(approval_id, { tool: action.name, decision: null });
    }
    const ids =
      event.type === "approval.dispatched" ? event.body.approval_ids : [event.body.approval_id];
    const id = ids[0] ?? "";
    const asked = this.#asked.get(id) ?? UNKNOWN;
    if (event.type !== "approval.decided") return asked;
    return this.#remember(id, { ...asked, decision: event.body.decision });
  }

  #remember(id: string, asked: Asked): Asked {
    this.#asked.set(id, asked);
    return asked;
  }

  /** Change a row, where there is such a one. */
  #change(key: string, how: (row: Row) => Row): void {
    const at = this.#places.get(key);
    const row = at === undefined ? undefined : this.#rows[at];
    if (at !== undefined && row !== undefined) this.#rows[at] = how(row);
  }

  #emit(event: Extract<Event, { type: "output.emitted" }>): void {
    const place: Place = {
      seq: event.seq,
      time: event.time,
      run: event.body.run_id,
      cut: event.body.cut ?? false,
    };
    for (const output of event.body.events) {
      placeOutput(place, output, {
        find: (key) => this.#find(key),
        set: (row) =>
          this.#places.has(row.key) ? this.#change(row.key, () => row) : this.#push(row),
        lastIs: (key) => this.#onlyToolsAfter(key),
      });
    }
  }

  #onlyToolsAfter(key: string): boolean {
    for (let at = (this.#places.get(key) ?? -1) + 1; at < this.#rows.length; at += 1) {
      const kind = this.#rows[at]?.kind;
      if (kind !== "tool" && kind !== "thought" && kind !== "details") return false;
    }
    return true;
  }
}

const UNKNOWN: Asked = { tool: "", decision: null };

const recalled = (row: Row): Row => (row.kind === "prompt" ? { ...row, recalled: true } : row);

/** Give the rows of what is being streamed; they stand after all others until they are whole. */
export function openRows(state: State): readonly Row[] {
  const run = state.run;
  if (run === null) return [];
  return Object.entries(run.items).map(([id, item]) =>
    openRow(run.run_id, id, item.seq, run.time, item.start, item.text),
  );
}

function openRow(
  run: string,
  id: string,
  seq: number,
  time: number,
  start: AgUi,
  text: string,
): TextRow | ToolRow {
  if (start["type"] === "TOOL_CALL_START") {
    const name = textOf(start["toolCallName"]);
    const base = { kind: "tool", key: `t:${run}:${id}`, seq, time, callId: id, name } as const;
    return { ...base, args: text, streaming: true, cut: false, result: null };
  }
  const kind = start["type"] === "REASONING_MESSAGE_START" ? "thought" : "message";
  const key = `${kind === "thought" ? "r" : "m"}:${run}:${id}`;
  return { kind, key, seq, time, text, streaming: true, cut: false };
}
