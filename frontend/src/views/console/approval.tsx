/** An approval as an object: drawn only from the request that is in the log, never from the agent's text. */
import { useId } from "react";
import type { ApprovalRequest } from "../../core/generated";
import { nameOf } from "../../store/names";
import type { PromptRow } from "../../store/rows";
import { approvals, type Held, whoMay } from "../../store/select";
import type { SessionView } from "../../store/view";
import { clockOf, counted, msOf, orList } from "../../text/format";
import { Icon } from "../parts/icons";
import { Exact, Straight, Value } from "../parts/shown";
import { ApprovalForm } from "./approval-form";
import { useView } from "./context";
import { SettleForm } from "./settle";
import { decisionVerb } from "./words";

export function ApprovalCard({ held }: { readonly held: Held }) {
  const view = useView();
  const heading = useId();
  const { request } = held;
  const stage = held.stage ?? "requested";
  const needs = stage === "requested" || stage === "unknown";
  return (
    <article
      className="approval"
      aria-labelledby={heading}
      data-testid="approval"
      data-approval={held.id}
      data-kept={held.id}
      data-stage={stage}
      data-on={needs && view.permissions.has("approve")}
      tabIndex={-1}
    >
      <header className="approval-head">
        <Icon name="asked" />
        <h3 id={heading}>
          <code>
            <Exact text={request.action.name} />
          </code>
        </h3>
        <Risk risk={request.risk ?? "medium"} />
      </header>
      {request.title !== request.action.name ? (
        <p className="approval-title">
          <Straight text={request.title} />
        </p>
      ) : null}
      <Message request={request} />
      <Touched request={request} />
      <Arguments request={request} digest={held.args_digest} />
      <ChangedArguments held={held} view={view} />
      <Origin held={held} view={view} />
      <Group held={held} view={view} />
      <Foot held={held} view={view} />
    </article>
  );
}

function Risk({ risk }: { readonly risk: NonNullable<ApprovalRequest["risk"]> }) {
  return (
    <span className={`tag ${risk === "high" ? "tag--alarm" : ""}`} data-testid="approval-risk">
      {risk === "high" ? <Icon name="warn" size={12} /> : null} {risk} risk
    </span>
  );
}

function Message({ request }: { readonly request: ApprovalRequest }) {
  const { message } = request;
  if (message === undefined || message === request.title || repeats(message, request)) return null;
  return (
    <p className="approval-message words" dir="auto">
      <Straight text={message} />
    </p>
  );
}

/** Some agents only put the arguments into a sentence; they are shown exactly below. */
function repeats(message: string, { action }: ApprovalRequest): boolean {
  const flat = (text: string) => text.replace(/\s+/g, "");
  return flat(message).includes(flat(JSON.stringify(action.args ?? {})));
}

function Touched({ request }: { readonly request: ApprovalRequest }) {
  const places = request.action.locations ?? [];
  if (places.length === 0 || inArguments(request)) return null;
  return (
    <section className="approval-part" aria-label="What it touches">
      <h4>
        {VERBS[request.action.kind ?? "other"]} <span className="quiet">({places.length})</span>
      </h4>
      <ul className="places">
        {places.map((place) => (
          <li key={place}>
            <Icon name="file" size={14} />{" "}
            <code>
              <Exact text={place} />
            </code>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Say whether the arguments name every place, so that they need not be listed twice. */
function inArguments({ action }: ApprovalRequest): boolean {
  const strings = new Set(Object.values(action.args ?? {}).flat());
  return (action.locations ?? []).every((place) => strings.has(place));
}

const VERBS: { readonly [K in NonNullable<ApprovalRequest["action"]["kind"]>]: string } = {
  read: "Will read",
  edit: "Will write",
  delete: "Will delete",
  move: "Will move",
  search: "Will search",
  execute: "Will run on",
  fetch: "Will fetch",
  other: "Touches",
};

interface ArgumentsProps {
  readonly request: ApprovalRequest;
  readonly digest: string;
}

function Arguments({ request, digest }: ArgumentsProps) {
  const verb = VERBS[request.action.kind ?? "other"];
  const count = request.action.locations?.length ?? 0;
  return (
    <section className="approval-part" aria-label="Exact arguments">
      <h4 title={`SHA-256 ${digest}`}>
        {count > 0 && inArguments(request) ? `${verb} ${count}. ` : ""}Exact arguments
      </h4>
      <div
        className="approval-args"
        data-testid="approval-exact"
        tabIndex={0}
        role="region"
        aria-label="Arguments"
      >
        <Value value={request.action.args ?? {}} />
      </div>
    </section>
  );
}

/** What was asked for is not what runs, where somebody changed it. */
function ChangedArguments({ held, view }: { readonly held: Held; readonly view: SessionView }) {
  const { answer } = held;
  if (answer?.decision !== "approve_edited") return null;
  const decided = view.rows.find((row) => row.seq === answer.seq && row.kind === "decision");
  const event = decided?.kind === "decision" ? decided.event : undefined;
  const args = event?.type === "approval.decided" ? event.body.args : undefined;
  return (
    <section className="approval-part" aria-label="Arguments as changed">
      <h4>Changed by {nameOf(view.names, answer.by).name}: this is what runs</h4>
      <div className="approval-args" data-testid="approval-changed">
        {args === undefined ? (
          <a href={`#${answer.seq}`}>See #{answer.seq}</a>
        ) : (
          <Value value={args} />
        )}
      </div>
    </section>
  );
}

function Origin({ held, view }: { readonly held: Held; readonly view: SessionView }) {
  const agent = view.state.agent?.name ?? "The agent";
  const asked = promptOf(held, view);
  const ends = held.request.expires_at;
  return (
    <p className="approval-origin quiet">
      {agent} asks
      {asked === undefined
        ? ""
        : `, working on what ${nameOf(view.names, asked.actor).name} asked for`}
      {` (seq ${held.seq})`}
      {ends === undefined ? "." : `. To be answered by ${clockOf(msOf(ends))}.`}
    </p>
  );
}

/** Several requests of one group go back to the agent together. */
function Group({ held, view }: { readonly held: Held; readonly view: SessionView }) {
  const { group_id } = held.request;
  const group = approvals(view.state).filter(({ request }) => request.group_id === group_id);
  const open = group.filter(({ stage }) => (stage ?? "requested") === "requested").length;
  if (group.length < 2 || open === 0) return null;
  return (
    <p className="approval-origin" data-testid="approval-group">
      Asked together with {counted(group.length - 1, "other", "others")}: the agent goes on when all
      are answered, {open} still to go.
    </p>
  );
}

function promptOf(held: Held, view: SessionView): PromptRow | undefined {
  const { run } = view.state;
  if (run === null || run.run_id !== held.run_id) return undefined;
  return view.rows.findLast(
    (row): row is PromptRow => row.kind === "prompt" && run.prompts.includes(row.promptId),
  );
}

function Foot({ held, view }: { readonly held: Held; readonly view: SessionView }) {
  const stage = held.stage ?? "requested";
  if (stage === "decided" || stage === "dispatched") return <Decided held={held} view={view} />;
  if (!view.permissions.has("approve")) return <MayNot view={view} />;
  return stage === "unknown" ? <SettleForm held={held} /> : <ApprovalForm held={held} />;
}

function Decided({ held, view }: { readonly held: Held; readonly view: SessionView }) {
  const { answer } = held;
  const who = nameOf(view.names, answer?.by).name;
  const next = nextWords(held);
  return (
    <p className="told" data-testid="approval-decided">
      <strong>{who}</strong> {answer === undefined ? "decided" : decisionVerb(answer.decision)}.{" "}
      {next}
    </p>
  );
}

function nextWords({ stage, answer }: Held): string {
  if (stage !== "dispatched") return "It goes to the agent.";
  return answer?.decision.startsWith("approve")
    ? "The agent is carrying it out."
    : "The agent is told.";
}

function MayNot({ view }: { readonly view: SessionView }) {
  const names = whoMay(view, "approve").map((user) => nameOf(view.names, user).name);
  return (
    <p className="told" data-testid="approval-may-not">
      Your role lets you see this, not decide it. Ask{" "}
      {names.length === 0 ? "an operator of this session" : orList(names.slice(0, 4))}.
    </p>
  );
}
