/** Turns entries into the rows of a timeline, growing at the end; the same rows for everybody. Pure. */
import type { Entry, Event, State } from "../core/generated";
import type { AgUi } from "../core/state";
import { type Place, placeOutput, textOf } from "./output";
import type { ControlRow, DecisionRow, Row, TextRow, ToolRow } from "./rows";

type Asked = Pick<DecisionRow, "tool" | "decision">;

/** What an entry speaks of that was not known when it came: it stands in a page still to be read. */
type Loose =
  | { readonly what: "recall"; readonly prompt: string }
  | { readonly what: "result"; readonly call: string; readonly row: string }
  | { readonly what: "decision"; readonly id: string; readonly row: string };

export class Timeline {
  #rows: Row[] = [];
  /** Where each row stands, counted so that rows put before it do not move it: its index + #first. */
  readonly #places = new Map<string, number>();
  #first = 0;
  readonly #asked = new Map<string, Asked>();
  #loose: Loose[] = [];

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

  /** Put an older page before all; the rows are then those of the whole, at the page's cost. */
  prepend(older: readonly Entry[]): void {
    const page = new Timeline();
    page.append(older);
    const front = page.#rows;
    const later = new Map(front.map(({ key }) => [key, this.#take(key)]));
    this.#rows = [...front.map((row) => grown(row, later.get(row.key))), ...this.#rows];
    this.#first -= front.length;
    this.#stand(front, this.#first);
    this.#joinWithheld(front.length);
    for (const [id, asked] of page.#asked) this.#asked.set(id, known(asked, this.#asked.get(id)));
    this.#loose = [...page.#loose, ...this.#loose.filter((one) => !this.#tie(one, page))];
  }

  /** Say whether what a loose end belongs to is here now; then its rows say so. */
  #tie(end: Loose, page: Timeline): boolean {
    switch (end.what) {
      case "recall":
        return page.#places.has(end.prompt) && this.#change(end.prompt, recalled);
      case "result":
        return page.#places.has(end.call) && this.#tieResult(end.call, end.row);
      case "decision": {
        const asked = page.#asked.get(end.id) ?? UNKNOWN;
        this.#change(end.row, (row) =>
          row.kind === "decision" ? { ...row, ...known(asked, row) } : row,
        );
        return asked.tool !== "";
      }
    }
  }

  #tieResult(callKey: string, key: string): boolean {
    const call = this.#find(callKey);
    const row = this.#find(key);
    if (call?.kind !== "tool" || row?.kind !== "result") return false;
    // What is said again is no second result.
    if (call.result?.content === row.result.content) return this.#take(key) !== undefined;
    const here = this.#onlyToolsBetween(callKey, this.#index(key) ?? 0);
    const result = { ...row.result, apart: !here };
    this.#change(callKey, () => ({ ...call, result }));
    if (here) this.#take(key);
    else this.#change(key, () => ({ ...row, name: call.name, result }));
    return true;
  }

  /** Entries withheld on both sides of a page's end, or of a row that went, are one row. */
  #joinWithheld(at: number): void {
    const [last, first] = [this.#rows[at - 1], this.#rows[at]];
    if (last?.kind !== "withheld" || first?.kind !== "withheld") return;
    this.#take(first.key);
    this.#change(last.key, () => ({ ...last, count: last.count + first.count }));
  }

  #index(key: string): number | undefined {
    const place = this.#places.get(key);
    return place === undefined ? undefined : place - this.#first;
  }

  #find(key: string): Row | undefined {
    const index = this.#index(key);
    return index === undefined ? undefined : this.#rows[index];
  }

  /** Take a row out; the shorter side moves up, and withheld entries that now meet are one row. */
  #take(key: string): Row | undefined {
    const index = this.#index(key);
    if (index === undefined) return undefined;
    const early = index < this.#rows.length / 2;
    const moved = early ? this.#rows.slice(0, index) : this.#rows.slice(index + 1);
    const [row] = this.#rows.splice(index, 1);
    this.#places.delete(key);
    if (early) this.#first += 1;
    const start = this.#first + (early ? 0 : index);
    this.#stand(moved, start);
    this.#joinWithheld(index);
    return row;
  }

  /** Note where rows stand that follow each other. */
  #stand(rows: readonly Row[], start: number): void {
    for (const [offset, { key }] of rows.entries()) this.#places.set(key, start + offset);
  }

  #add(entry: Entry): void {
    if ("stub" in entry) return this.#withhold(entry.seq, entry.time);
    if (entry.type === "output.emitted") return this.#emit(entry);
    const row = this.#rowOf(entry);
    if (row !== null) this.#push(row);
  }

  #push(row: Row): void {
    this.#places.set(row.key, this.#first + this.#rows.length);
    this.#rows.push(row);
  }

  #withhold(seq: number, time: number): void {
    const last = this.#rows.at(-1);
    if (last?.kind === "withheld") {
      this.#rows[this.#rows.length - 1] = { ...last, count: last.count + 1 };
    } else {
      this.#push({ kind: "withheld", key: `w:${seq}`, seq, time, count: 1 });
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
        this.#recall(`p:${event.body.prompt_id}`);
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
    if (asked.tool === "") this.#loose.push({ what: "decision", id, row: `e:${event.seq}` });
    if (event.type !== "approval.decided") return asked;
    return this.#remember(id, { ...asked, decision: event.body.decision });
  }

  #recall(prompt: string): void {
    if (!this.#change(prompt, recalled)) this.#loose.push({ what: "recall", prompt });
  }

  #remember(id: string, asked: Asked): Asked {
    this.#asked.set(id, asked);
    return asked;
  }

  /** Say whether there was such a row to change. */
  #change(key: string, how: (row: Row) => Row): boolean {
    const at = this.#index(key);
    const row = at === undefined ? undefined : this.#rows[at];
    if (at === undefined || row === undefined) return false;
    this.#rows[at] = how(row);
    return true;
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
        lastIs: (key) => this.#onlyToolsBetween(key, this.#rows.length),
        orphan: (call, row) => this.#loose.push({ what: "result", call, row }),
      });
    }
  }

  #onlyToolsBetween(key: string, end: number): boolean {
    for (let at = (this.#index(key) ?? -1) + 1; at < end; at += 1) {
      const kind = this.#rows[at]?.kind;
      if (kind !== "tool" && kind !== "thought" && kind !== "details") return false;
    }
    return true;
  }
}

const UNKNOWN: Asked = { tool: "", decision: null };

/** What is known of a request from an older page and from what came after it. */
function known(before: Asked, after: Asked | undefined): Asked {
  const { tool, decision } = after ?? UNKNOWN;
  return { tool: tool || before.tool, decision: decision ?? before.decision };
}

const recalled = (row: Row): Row => (row.kind === "prompt" ? { ...row, recalled: true } : row);

/** Give a row of an older page, grown by what came for it later. */
function grown(row: Row, later: Row | undefined): Row {
  if (row.kind === "tool" && later?.kind === "tool") {
    const { args, name, cut, result } = later;
    return {
      ...row,
      name: row.name || name,
      args: row.args + args,
      cut,
      result: result ?? row.result,
    };
  }
  if ((row.kind === "message" || row.kind === "thought") && later?.kind === row.kind) {
    return { ...row, text: row.text + later.text, cut: later.cut };
  }
  if (row.kind === "details" && later?.kind === "details") {
    return { ...row, events: [...row.events, ...later.events] };
  }
  return row;
}

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
