/** The kinds of row that a timeline has. Types only. */
import type { Event, EventType, Placed } from "../core/generated";
import type { AgUi } from "../core/state";

interface Base {
  readonly key: string;
  readonly seq: number;
  /** Microseconds since 1970. */
  readonly time: number;
}

export interface PromptRow extends Base {
  readonly kind: "prompt";
  readonly actor: string | undefined;
  readonly promptId: string;
  readonly text: string;
  readonly recalled: boolean;
}

/** What the session's agent says or thinks. Whoever cut it off did not say it. */
export interface TextRow extends Base {
  readonly kind: "message" | "thought";
  readonly text: string;
  readonly streaming: boolean;
  /** The run ended in the middle of it. */
  readonly cut: boolean;
}

export interface Result {
  readonly content: string;
  /** Something else happened between the call and this, an approval for example. */
  readonly apart: boolean;
  readonly seq: number;
  readonly time: number;
}

export interface ToolRow extends Base {
  readonly kind: "tool";
  readonly callId: string;
  readonly name: string;
  /** The arguments as the agent wrote them: JSON, or what it made of it. */
  readonly args: string;
  readonly streaming: boolean;
  readonly cut: boolean;
  readonly result: Result | null;
}

/** A result that came after something else, so that it is also said where it came. */
export interface ResultRow extends Base {
  readonly kind: "result";
  readonly callId: string;
  readonly name: string;
  readonly result: Result;
}

export type DecisionType =
  | "approval.requested"
  | "approval.decided"
  | "approval.dispatched"
  | "approval.settled";

export interface DecisionRow extends Base {
  readonly kind: "decision";
  readonly event: { [T in DecisionType]: Placed<T> }[DecisionType];
  readonly tool: string;
  /** What was decided before, where the event itself does not say it. */
  readonly decision: Decision | null;
}

export type Decision = Placed<"approval.decided">["body"]["decision"];

export type ControlType = Exclude<
  EventType,
  DecisionType | "prompt.queued" | "output.streamed" | "output.emitted" | "note.written"
>;

export interface ControlRow extends Base {
  readonly kind: "control";
  readonly event: { [T in ControlType]: Placed<T> }[ControlType];
}

export interface NoteRow extends Base {
  readonly kind: "note";
  readonly actor: string | undefined;
  readonly text: string;
  readonly visibility: NonNullable<Event["visibility"]>;
}

export interface WithheldRow extends Base {
  readonly kind: "withheld";
  readonly count: number;
}

/** An AG-UI event that is no text and no tool call, shown as it came. */
export interface DataRow extends Base {
  readonly kind: "data";
  readonly name: string;
  readonly value: unknown;
}

/** Where a run's agent is in its work, event by event: one row a run, where the first of them came. */
export interface DetailsRow extends Base {
  readonly kind: "details";
  readonly events: readonly Detail[];
}

export interface Detail {
  readonly seq: number;
  readonly time: number;
  readonly value: AgUi;
}

export type Row =
  | PromptRow
  | TextRow
  | ToolRow
  | ResultRow
  | DecisionRow
  | ControlRow
  | NoteRow
  | WithheldRow
  | DataRow
  | DetailsRow;
