/** Sentences for events of control and of decisions. Pure. */

import { type Names, nameOf } from "../../store/names";
import type { ControlRow, DecisionRow } from "../../store/rows";
import { clockOf, msOf } from "../../text/format";

const OUTCOMES = {
  executed: "ran",
  failed: "failed",
  unknown: "may or may not have run",
  expired: "was not answered in time",
  cancelled: "was not carried out",
} as const;

const DECISIONS = {
  approve: "approved",
  approve_edited: "changed the arguments and approved",
  reject: "rejected",
  respond: "answered",
  cancel: "called off",
} as const;

export const decisionVerb = (decision: keyof typeof DECISIONS): string => DECISIONS[decision];

const because = (reason: string | undefined): string =>
  reason === undefined || reason === "" ? "" : `: ${reason}`;

export function controlWords({ event }: ControlRow, names: Names): string {
  const who = nameOf(names, event.actor).name;
  switch (event.type) {
    case "session.opened":
      return `${who} opened the session${event.body.agent ? ` with ${event.body.agent.name}` : ""}`;
    case "session.renamed":
      return `${who} named the session “${event.body.title}”`;
    case "session.closed":
      return `${who} closed the session${because(event.body.reason)}`;
    case "participant.joined":
      return `${event.body.name} joined`;
    case "participant.left":
      return `${nameOf(names, event.body.user).name} left${because(event.body.reason)}`;
    case "grant.given":
      return grantWords(
        who,
        nameOf(names, event.body.user).name,
        event.body.role,
        event.body.until,
      );
    case "grant.taken":
      return `${who} took the role ${event.body.role} from ${nameOf(names, event.body.user).name}${because(event.body.reason)}`;
    case "invitation.made":
      return `${who} invited ${event.body.name || "somebody"} as ${event.body.role}`;
    case "invitation.taken":
      return `${nameOf(names, event.body.user).name} came by an invitation`;
    case "invitation.withdrawn":
      return `${who} withdrew an invitation${because(event.body.reason)}`;
    case "prompt.recalled":
      return `${who} took a prompt back out of the queue`;
    case "prompt.moved":
      return `${who} moved a prompt in the queue`;
    case "agent.attached":
      return `${who} is connected`;
    case "run.started":
      return "The agent began";
    case "run.finished":
      return "The agent finished";
    case "run.failed":
      return `The run failed${because(event.body.sentence || event.body.reason)}`;
    case "run.cancelled":
      return `${who} cancelled the run${because(event.body.reason)}`;
    case "workspace.opened":
      return `${who} opened the workspace ${event.body.name}`;
    case "agent.added":
      return `${who} added the agent ${event.body.agent.name}`;
    case "connection.closed":
      return `${who} closed the connections of ${nameOf(names, event.body.user).name}${because(event.body.reason)}`;
    case "access.changed":
      return `Roles or permissions were changed by ${event.body.person ? nameOf(names, event.body.person).name : event.body.db_role}`;
    case "agent.changed":
      return `${who} changed the agent ${event.body.agent.name}`;
    case "agent.removed":
      return `${who} removed the agent ${event.body.agent.name}`;
    default:
      event satisfies never;
      return "";
  }
}

function grantWords(who: string, whom: string, role: string, until: number | undefined): string {
  const end = until === undefined ? "" : ` until ${clockOf(msOf(until))}`;
  return `${who} gave ${whom} the role ${role}${end}`;
}

/** A sentence around the name of a tool: who, before, the tool, after. */
export interface Told {
  readonly who: string;
  readonly before: string;
  readonly tool: string;
  readonly after: string;
  readonly reason: string;
}

export function decisionWords(row: DecisionRow, names: Names): Told {
  const who = nameOf(names, row.event.actor).name;
  const base = { who: "", before: "", tool: row.tool || "the request", after: "", reason: "" };
  const { event } = row;
  switch (event.type) {
    case "approval.requested":
      return { ...base, who, before: "asks for approval of" };
    case "approval.decided": {
      const { decision, reason } = event.body;
      return { ...base, who, before: decisionVerb(decision), reason: reason ?? "" };
    }
    case "approval.dispatched":
      return { ...base, after: dispatchedWords(row.decision) };
    case "approval.settled": {
      const { outcome, by_person, reason = "" } = event.body;
      if (!by_person) return { ...base, after: OUTCOMES[outcome], reason };
      return {
        ...base,
        who,
        before: "looked:",
        after: outcome === "executed" ? "ran" : "did not run",
        reason,
      };
    }
  }
}

function dispatchedWords(decision: DecisionRow["decision"]): string {
  const approved = decision === null || decision.startsWith("approve");
  return approved ? "is handed to the agent" : "is answered: the agent is told";
}

export const sentenceOf = ({ who, before, tool, after }: Told): string =>
  `${[who, before, tool, after].filter((part) => part !== "").join(" ")}.`;

/** End words with a full stop, unless they end with one. */
export const asSentence = (words: string): string => words.replace(/[^.?!]$/, "$&.");
