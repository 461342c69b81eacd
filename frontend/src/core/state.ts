/** The fold of a session's log, event by event; the twin of collab/core/state.py. Pure. */
import {
  type Answer,
  type Approval,
  type ApprovalDecided,
  type ApprovalSettled,
  ENDS,
  type Ended,
  type Entry,
  type Event,
  GROWS,
  type Grant,
  type GrantGiven,
  type GrantTaken,
  type Item,
  OPENS,
  type Participant,
  type Prompt,
  type PromptMoved,
  SETTLED_KEPT,
  type State,
} from "./generated";

export type AgUi = Readonly<Record<string, unknown>>;

export const EMPTY: State = {
  seq: 0,
  status: "new",
  title: "",
  agent: null,
  participants: {},
  queue: [],
  claim: null,
  run: null,
  ended: null,
  approvals: {},
  settled: {},
  agents: {},
  invitations: {},
};

/** Give the state after an entry; a withheld one only moves the place. */
export function apply(state: State, entry: Entry): State {
  const folded = "stub" in entry ? state : fold(state, entry);
  return { ...folded, seq: entry.seq };
}

function fold(state: State, event: Event): State {
  switch (event.type) {
    case "session.opened":
      return {
        ...state,
        status: "open",
        title: event.body.title,
        agent: event.body.agent ?? null,
      };
    case "session.renamed":
      return { ...state, title: event.body.title };
    case "session.closed":
      return { ...state, status: "closed", queue: [] };
    case "participant.joined":
      return withPerson(state, event.body.user, {
        name: event.body.name,
        kind: event.body.kind ?? "person",
      });
    case "participant.left":
      return { ...state, participants: without(state.participants, event.body.user) };
    case "grant.given":
      return given(state, event.body);
    case "grant.taken":
      return taken(state, event.body);
    case "invitation.made":
      return invited(state, event);
    case "invitation.taken":
    case "invitation.withdrawn":
      return { ...state, invitations: without(state.invitations, event.body.invitation_id) };
    case "prompt.queued":
      return { ...state, queue: [...state.queue, promptOf(event)] };
    case "prompt.recalled":
      return { ...state, queue: unqueued(state.queue, [event.body.prompt_id]) };
    case "prompt.moved":
      return { ...state, queue: moved(state.queue, event.body) };
    case "agent.attached":
      return { ...state, claim: { runner: event.body.runner, number: event.body.claim } };
    case "run.started":
      return started(state, event);
    case "run.finished":
      return ended(state, { run_id: event.body.run_id, outcome: "finished" });
    case "run.failed":
      return ended(state, {
        run_id: event.body.run_id,
        outcome: "failed",
        ...text("reason", event.body.reason),
        ...text("sentence", event.body.sentence),
      });
    case "run.cancelled":
      return ended(state, {
        run_id: event.body.run_id,
        outcome: "cancelled",
        ...text("reason", event.body.reason),
      });
    case "output.streamed":
    case "output.emitted":
      return output(state, event.seq, event.body.events);
    case "approval.requested":
      return withApproval(state, event.body.request.approval_id, {
        request: event.body.request,
        args_digest: event.body.args_digest,
        run_id: event.body.run_id,
        seq: event.seq,
      });
    case "approval.decided":
      return decided(state, event, event.body);
    case "approval.dispatched":
      return staged(state, event.body.approval_ids, "dispatched");
    case "approval.settled":
      return settled(state, event.seq, event.body);
    case "note.written":
    case "access.changed":
    case "connection.closed":
      return state;
    case "workspace.opened":
      return { ...state, status: "open", title: event.body.name };
    case "agent.added":
    case "agent.changed": {
      const { agent } = event.body;
      return { ...state, agents: { ...state.agents, [agent.agent_id]: agent } };
    }
    case "agent.removed": {
      const { [event.body.agent.agent_id]: _, ...agents } = state.agents ?? {};
      return { ...state, agents };
    }
    default:
      event satisfies never;
      return state;
  }
}

/** Leave a text out where it is empty, as the wire does. */
function text<K extends string>(key: K, value: string | undefined): { [P in K]?: string } {
  return (value === undefined || value === "" ? {} : { [key]: value }) as { [P in K]?: string };
}

function without<V>(map: Readonly<Record<string, V>>, key: string): Readonly<Record<string, V>> {
  return Object.fromEntries(Object.entries(map).filter(([name]) => name !== key));
}

function withPerson(state: State, user: string, person: Participant): State {
  return { ...state, participants: { ...state.participants, [user]: person } };
}

function withApproval(state: State, id: string, approval: Approval): State {
  return { ...state, approvals: { ...state.approvals, [id]: approval } };
}

function granted(person: Participant, grants: readonly Grant[]): Participant {
  const { grants: _before, ...rest } = person;
  return grants.length === 0 ? rest : { ...rest, grants };
}

function given(state: State, body: GrantGiven): State {
  const person = state.participants[body.user];
  if (person === undefined) return state;
  const others = (person.grants ?? []).filter((grant) => grant.role !== body.role);
  const grant: Grant =
    body.until === undefined ? { role: body.role } : { role: body.role, until: body.until };
  return withPerson(state, body.user, granted(person, [...others, grant]));
}

function taken(state: State, body: GrantTaken): State {
  const person = state.participants[body.user];
  if (person === undefined) return state;
  const rest = (person.grants ?? []).filter((grant) => grant.role !== body.role);
  return withPerson(state, body.user, granted(person, rest));
}

function invited(state: State, event: Extract<Event, { type: "invitation.made" }>): State {
  const { invitation_id, role, until, name } = event.body;
  const open = Object.entries(state.invitations).filter(([, one]) => one.until > event.time);
  const invitation = { role, until, ...text("name", name) };
  return { ...state, invitations: { ...Object.fromEntries(open), [invitation_id]: invitation } };
}

function promptOf(event: Extract<Event, { type: "prompt.queued" }>): Prompt {
  const { prompt_id, text: words } = event.body;
  return { prompt_id, author: event.actor ?? null, text: words, seq: event.seq };
}

function unqueued(queue: readonly Prompt[], ids: readonly string[]): readonly Prompt[] {
  return queue.filter((prompt) => !ids.includes(prompt.prompt_id));
}

/** Give the queue with one prompt before another, or at its end where that one is not in it. */
function moved(queue: readonly Prompt[], { prompt_id, before }: PromptMoved): readonly Prompt[] {
  const rest = unqueued(queue, [prompt_id]);
  const found = rest.findIndex((prompt) => prompt.prompt_id === before);
  const place = found < 0 ? rest.length : found;
  const prompt = queue.filter((one) => one.prompt_id === prompt_id);
  return [...rest.slice(0, place), ...prompt, ...rest.slice(place)];
}

function started(state: State, event: Extract<Event, { type: "run.started" }>): State {
  const prompts = event.body.prompts ?? [];
  const run = { run_id: event.body.run_id, prompts, seq: event.seq, time: event.time, items: {} };
  return { ...state, run, queue: unqueued(state.queue, prompts) };
}

function ended(state: State, how: Ended): State {
  return { ...state, run: null, ended: how };
}

function output(state: State, seq: number, events: readonly AgUi[]): State {
  if (state.run === null) return state;
  const items = new Map(Object.entries(state.run.items));
  for (const event of events) stream(items, seq, event);
  return { ...state, run: { ...state.run, items: Object.fromEntries(items) } };
}

function stream(items: Map<string, Item>, seq: number, event: AgUi): void {
  const type = String(event["type"]);
  const opens = fieldOf(OPENS, type);
  const grows = fieldOf(GROWS, type);
  const ends = fieldOf(ENDS, type);
  if (opens !== undefined) items.set(word(event[opens]), { start: event, seq, text: "" });
  if (grows !== undefined) grow(items, seq, word(event[grows]), delta(event));
  if (ends !== undefined) items.delete(word(event[ends]));
}

function grow(items: Map<string, Item>, seq: number, key: string, more: string): void {
  const item = items.get(key) ?? { start: {}, seq, text: "" };
  items.set(key, { ...item, text: item.text + more });
}

function fieldOf(table: Readonly<Record<string, string>>, type: string): string | undefined {
  return Object.hasOwn(table, type) ? table[type] : undefined;
}

function delta(event: AgUi): string {
  return "delta" in event ? word(event["delta"]) : "";
}

/** Name a value as the other language does, so that both folds use the same key. */
function word(value: unknown): string {
  return value === undefined || value === null ? "None" : String(value);
}

function decided(state: State, event: Event, body: ApprovalDecided): State {
  const approval = state.approvals[body.approval_id];
  if (approval === undefined) return state;
  const answer: Answer = {
    decision: body.decision,
    by: event.actor ?? null,
    seq: event.seq,
    ...text("args_digest", body.args_digest),
  };
  return withApproval(state, body.approval_id, { ...approval, stage: "decided", answer });
}

function staged(state: State, ids: readonly string[], stage: "dispatched" | "unknown"): State {
  const pairs = Object.entries(state.approvals).map(([id, approval]) => [
    id,
    ids.includes(id) ? { ...approval, stage } : approval,
  ]);
  return { ...state, approvals: Object.fromEntries(pairs) };
}

function settled(state: State, seq: number, body: ApprovalSettled): State {
  const approval = state.approvals[body.approval_id];
  if (approval === undefined) return state;
  if (body.outcome === "unknown") return staged(state, [body.approval_id], "unknown");
  const kept = Object.entries(state.settled).slice(-(SETTLED_KEPT - 1));
  const entry = {
    outcome: body.outcome,
    seq,
    ...(approval.answer === undefined ? {} : { answer: approval.answer }),
  };
  return {
    ...state,
    approvals: without(state.approvals, body.approval_id),
    settled: { ...Object.fromEntries(kept), [body.approval_id]: entry },
  };
}
