/** One row of the timeline; position, weight and icon say whose it is. */
import { memo, type ReactNode } from "react";
import { type Names, nameOf } from "../../store/names";
import type { ControlRow, DecisionRow, NoteRow, PromptRow, Row, TextRow } from "../../store/rows";
import type { SessionView } from "../../store/view";
import { clockOf, counted, fullTime, msOf } from "../../text/format";
import { Icon, type IconName } from "../parts/icons";
import { Avatar } from "../parts/parts";
import { Rich } from "../parts/rich";
import { Exact, Straight, Value } from "../parts/shown";
import { DetailsLine } from "./details";
import { DataLine, ResultLine, ThoughtLine, ToolLine } from "./tool";
import { controlWords, decisionWords } from "./words";

interface RowProps {
  readonly row: Row;
  readonly before: Row | undefined;
  readonly follows: boolean;
  readonly view: SessionView;
  readonly chosen: boolean;
}

export function RowView({ row, before, follows, view, chosen }: RowProps) {
  const queued =
    row.kind === "prompt" && view.state.queue.some(({ prompt_id }) => prompt_id === row.promptId);
  return (
    <StillRow
      row={row}
      names={view.names}
      you={view.you?.id}
      agent={view.state.agent?.user}
      queued={queued}
      over={row.kind === "tool" && !row.key.startsWith(`t:${view.state.run?.run_id}:`)}
      chosen={chosen}
      follows={follows}
      sameMinute={before !== undefined && minuteOf(before) === minuteOf(row)}
    />
  );
}

/** What only carries a decision out is told more quietly than the decision. */
function lookOf(row: Row): string {
  const carried = row.kind === "decision" && /dispatched|settled/.test(row.event.type);
  return carried ? "after" : row.kind;
}

const minuteOf = (row: Row): number => Math.floor(row.time / 60_000_000);

interface StillProps {
  readonly row: Row;
  readonly names: Names;
  readonly you: string | undefined;
  readonly agent: string | undefined;
  readonly queued: boolean;
  /** The run of this tool call is over: no result will come any more. */
  readonly over: boolean;
  readonly chosen: boolean;
  readonly follows: boolean;
  /** The row before says the same time, so that it need not be said again. */
  readonly sameMinute: boolean;
}

const StillRow = memo(function StillRow(props: StillProps) {
  const { row, chosen } = props;
  const ms = msOf(row.time);
  return (
    <article
      className={`row row--${lookOf(row)}`}
      data-testid="event"
      data-seq={row.seq}
      data-kind={row.kind}
      data-type={row.kind === "control" || row.kind === "decision" ? row.event.type : undefined}
      data-streaming={"streaming" in row && row.streaming ? true : undefined}
      data-chosen={chosen}
      data-follows={props.follows}
      tabIndex={-1}
    >
      <a
        className="row-time num"
        data-same={props.sameMinute}
        href={`#${row.seq}`}
        title={`${fullTime(ms)} · seq ${row.seq}`}
        tabIndex={-1}
      >
        {clockOf(ms)}
      </a>
      <Inside {...props} />
    </article>
  );
});

function Inside({ row, names, you, agent, queued, over, follows }: StillProps): ReactNode {
  switch (row.kind) {
    case "prompt":
      return <PromptBody row={row} names={names} you={you} queued={queued} />;
    case "message":
      return <MessageBody row={row} name={nameOf(names, agent).name} follows={follows} />;
    case "thought":
      return <ThoughtLine row={row} />;
    case "tool":
      return <ToolLine row={row} over={over} />;
    case "result":
      return <ResultLine row={row} />;
    case "data":
      return <DataLine row={row} />;
    case "details":
      return <DetailsLine row={row} />;
    case "decision":
      return <DecisionBody row={row} names={names} />;
    case "control":
      return <ControlBody row={row} names={names} />;
    case "note":
      return <NoteBody row={row} names={names} you={you} />;
    case "withheld":
      return (
        <Line icon="withheld">
          {counted(row.count, "entry is", "entries are")} withheld from your role
        </Line>
      );
  }
}

function Line({ icon, children }: { readonly icon: IconName; readonly children: ReactNode }) {
  return (
    <>
      <span className="row-icon">
        <Icon name={icon} />
      </span>
      <div className="row-body">{children}</div>
    </>
  );
}

interface PromptProps {
  readonly row: PromptRow;
  readonly names: Names;
  readonly you: string | undefined;
  readonly queued: boolean;
}

function PromptBody({ row, names, you, queued }: PromptProps) {
  const { name } = nameOf(names, row.actor);
  return (
    <>
      <Avatar name={name} you={row.actor === you} />
      <div className="row-body">
        <div className="row-who">
          {name}
          {queued ? <span className="tag">waits in the queue</span> : null}
          {row.recalled ? <span className="tag">taken back</span> : null}
        </div>
        <p className="words" dir="auto">
          <Straight text={row.text} />
        </p>
      </div>
    </>
  );
}

interface MessageProps {
  readonly row: TextRow;
  readonly name: string;
  readonly follows: boolean;
}

function MessageBody({ row, name, follows }: MessageProps) {
  return (
    <>
      {follows ? <span className="row-icon" /> : <Avatar name={name} agent />}
      <div className="row-body">
        {follows ? null : <div className="row-who">{name}</div>}
        <Rich text={row.text} />
        {row.cut ? <p className="quiet row-cut">The run ended here.</p> : null}
      </div>
    </>
  );
}

const DECISION_ICONS: { readonly [key: string]: IconName } = {
  approve: "approved",
  approve_edited: "approved",
  reject: "rejected",
  cancel: "rejected",
};

function decisionIcon({ event }: DecisionRow): IconName {
  if (event.type === "approval.decided") return DECISION_ICONS[event.body.decision] ?? "asked";
  return event.type === "approval.requested" ? "asked" : "control";
}

function DecisionBody({ row, names }: { readonly row: DecisionRow; readonly names: Names }) {
  const told = decisionWords(row, names);
  return (
    <Line icon={decisionIcon(row)}>
      {told.who === "" ? null : <strong>{told.who} </strong>}
      {told.before}{" "}
      <code>
        <Exact text={told.tool} />
      </code>{" "}
      {told.after}
      <EditedArguments row={row} />
      {told.reason === "" ? null : (
        <blockquote className="words">
          <Straight text={told.reason} />
        </blockquote>
      )}
    </Line>
  );
}

/** What was approved is what runs, so that changed arguments stand beside the decision. */
function EditedArguments({ row }: { readonly row: DecisionRow }) {
  if (row.event.type !== "approval.decided" || row.event.body.args === undefined) return null;
  return (
    <div className="detail-body">
      <Value value={row.event.body.args} />
    </div>
  );
}

function ControlBody({ row, names }: { readonly row: ControlRow; readonly names: Names }) {
  const failed = row.event.type === "run.failed";
  return (
    <Line icon={failed ? "warn" : "control"}>
      <Straight text={controlWords(row, names)} />
    </Line>
  );
}

interface NoteProps {
  readonly row: NoteRow;
  readonly names: Names;
  readonly you: string | undefined;
}

function NoteBody({ row, names, you }: NoteProps) {
  const { name } = nameOf(names, row.actor);
  return (
    <>
      <span className="row-icon">
        <Icon name="note" />
      </span>
      <div className="row-body">
        <div className="row-who">
          {name}
          {row.actor === you ? <span className="quiet"> (you)</span> : null}
          <span className="quiet">
            {" "}
            noted{row.visibility === "everyone" ? "" : `, for ${row.visibility}`}
          </span>
        </div>
        <p className="words" dir="auto">
          <Straight text={row.text} />
        </p>
      </div>
    </>
  );
}
