/** Made by `python3 manage.py protocol`; a change here is lost. */

export const SUBPROTOCOL = "cohelm.v1.msgpack" as const;

export const BEAT_SECONDS = 10 as const;

export const PAGE_LIMIT = 500 as const;

export const FRAME_LIMIT = 65536 as const;

export const SETTLED_KEPT = 200 as const;

export const OPENS = {
  "TEXT_MESSAGE_START": "messageId",
  "TOOL_CALL_START": "toolCallId",
  "REASONING_MESSAGE_START": "messageId"
} as const;

export const GROWS = {
  "TEXT_MESSAGE_CONTENT": "messageId",
  "TOOL_CALL_ARGS": "toolCallId",
  "REASONING_MESSAGE_CONTENT": "messageId"
} as const;

export const ENDS = {
  "TEXT_MESSAGE_END": "messageId",
  "TOOL_CALL_END": "toolCallId",
  "REASONING_MESSAGE_END": "messageId"
} as const;

export const ROLES = {
  "observer": [
    "view"
  ],
  "commenter": [
    "comment",
    "view"
  ],
  "suggester": [
    "comment",
    "suggest",
    "view"
  ],
  "operator": [
    "approve",
    "comment",
    "drive",
    "stop",
    "suggest",
    "view"
  ],
  "moderator": [
    "approve",
    "comment",
    "drive",
    "moderate",
    "stop",
    "suggest",
    "view"
  ],
  "auditor": [
    "audit",
    "view"
  ],
  "owner": [
    "approve",
    "audit",
    "comment",
    "drive",
    "manage",
    "moderate",
    "redact",
    "stop",
    "suggest",
    "view"
  ],
  "agent": [
    "act",
    "view"
  ]
} as const;

export const LENGTHS = {
  "session.rename.title": 200,
  "session.close.reason": 2000,
  "participant.leave.reason": 2000,
  "grant.give.role": 100,
  "grant.take.role": 100,
  "grant.take.reason": 2000,
  "invitation.withdraw.reason": 2000,
  "prompt.queue.text": 32000,
  "run.cancel.reason": 2000,
  "approval.decide.reason": 2000,
  "approval.settle.reason": 2000,
  "note.write.text": 32000,
  "connection.close.reason": 2000
} as const;

/** The agent behind a session. */
export interface AgentSeat {
  readonly user: string;
  readonly agent_id: string;
  readonly name: string;
}

/** The session begins. */
export interface SessionOpened {
  readonly title: string;
  readonly agent?: AgentSeat;
}

/** The session has another title. */
export interface SessionRenamed {
  readonly title: string;
}

/** The session can be read but not driven any more. */
export interface SessionClosed {
  readonly reason?: string;
}

/** Someone became a participant. */
export interface ParticipantJoined {
  readonly user: string;
  readonly name: string;
  readonly kind?: "agent" | "person";
}

/** Someone is a participant no more. */
export interface ParticipantLeft {
  readonly user: string;
  readonly reason?: string;
}

/** `until`: microseconds since 1970, or None for ever. */
export interface GrantGiven {
  readonly user: string;
  readonly role: string;
  readonly until?: number;
}

/** A role was taken away. */
export interface GrantTaken {
  readonly user: string;
  readonly role: string;
  readonly reason?: string;
}

/** Whoever has the link gets the role, once, before `until` (microseconds since 1970). */
export interface InvitationMade {
  readonly invitation_id: string;
  readonly role: string;
  readonly until: number;
  readonly name?: string;
}

/** Somebody used the link; the grant of its role follows. */
export interface InvitationTaken {
  readonly invitation_id: string;
  readonly user: string;
}

/** The link works no more. */
export interface InvitationWithdrawn {
  readonly invitation_id: string;
  readonly reason?: string;
}

/** A prompt waits for the agent. */
export interface PromptQueued {
  readonly prompt_id: string;
  readonly text: string;
}

/** A prompt was taken back before the agent got it. */
export interface PromptRecalled {
  readonly prompt_id: string;
}

/** A waiting prompt got another place; `before`: the prompt it now precedes, None is the end. */
export interface PromptMoved {
  readonly prompt_id: string;
  readonly before?: string;
}

/** A runner took the session; `claim` fences every older runner out. */
export interface AgentAttached {
  readonly runner: string;
  readonly claim: number;
}

/** What an agent said of itself when it was last asked. Nobody has checked it. */
export interface RunAgent {
  readonly name?: string;
  readonly type?: string;
  readonly version?: string;
  readonly tools?: readonly string[];
}

/** The agent begins to work on prompts; `agent`: which one, as far as it says. */
export interface RunStarted {
  readonly run_id: string;
  readonly prompts?: readonly string[];
  readonly agent?: RunAgent;
}

/** The run came to its end. */
export interface RunFinished {
  readonly run_id: string;
}

/** The run ended for a named reason; `sentence` is for people. */
export interface RunFailed {
  readonly run_id: string;
  readonly reason: string;
  readonly sentence?: string;
}

/** A person ended the run. */
export interface RunCancelled {
  readonly run_id: string;
  readonly reason?: string;
}

/** Gathered deltas; passing: the finished message replaces them in every compact read. */
export interface OutputStreamed {
  readonly run_id: string;
  readonly events: readonly Readonly<Record<string, unknown>>[];
}

/** What the agent made; `cut` where a run ended in the middle of it, by whoever is the actor. */
export interface OutputEmitted {
  readonly run_id: string;
  readonly events: readonly Readonly<Record<string, unknown>>[];
  readonly cut?: boolean;
}

/** Where the request came from, in the agent's own protocol. */
export interface AgentRef {
  readonly protocol: string;
  readonly run_id?: string;
  readonly interrupt_id?: string;
  readonly tool_call_id?: string;
}

/** What would be done: the tool and its exact arguments. */
export interface Action {
  readonly name: string;
  readonly args?: Readonly<Record<string, unknown>>;
  readonly args_schema?: Readonly<Record<string, unknown>>;
  readonly kind?: "delete" | "edit" | "execute" | "fetch" | "move" | "other" | "read" | "search";
  readonly locations?: readonly string[];
}

/** A named answer that the agent's side offers. */
export interface Option {
  readonly id: string;
  readonly label: string;
  readonly effect?: string;
  readonly scope?: string;
}

/** Who must answer, and how many. */
export interface ApprovalPolicy {
  readonly quorum?: number;
  readonly permission?: string;
  readonly forbid_driver?: boolean;
}

/** One gate on one action, the same for every kind of agent; times in microseconds. */
export interface ApprovalRequest {
  readonly approval_id: string;
  readonly group_id: string;
  readonly agent_ref: AgentRef;
  readonly title: string;
  readonly action: Action;
  readonly kind?: "auth" | "form" | "plan" | "question" | "tool_call";
  readonly message?: string;
  readonly response_schema?: Readonly<Record<string, unknown>>;
  readonly options?: readonly Option[];
  readonly allowed_decisions?: readonly ("approve" | "approve_edited" | "cancel" | "reject" | "respond")[];
  readonly risk?: "high" | "low" | "medium";
  readonly policy?: ApprovalPolicy;
  readonly expires_at?: number;
  readonly on_expiry?: "cancel" | "reject";
}

/** `args_digest`: SHA-256 (hex) of the canonical arguments, made by the server. */
export interface ApprovalRequested {
  readonly run_id: string;
  readonly request: ApprovalRequest;
  readonly args_digest: string;
}

/** `args_digest` is that of the arguments to run with: the edited ones, if they were edited. */
export interface ApprovalDecided {
  readonly approval_id: string;
  readonly decision: "approve" | "approve_edited" | "cancel" | "reject" | "respond";
  readonly args_digest: string;
  readonly shown_seq: number;
  readonly args?: Readonly<Record<string, unknown>>;
  readonly content?: unknown;
  readonly option_id?: string;
  readonly reason?: string;
}

/** The claim to execute: in the log before the agent is called. */
export interface ApprovalDispatched {
  readonly approval_ids: readonly string[];
  readonly runner: string;
  readonly claim: number;
}

/** What became of an approved call, or of a request that lapsed. */
export interface ApprovalSettled {
  readonly approval_id: string;
  readonly outcome: "cancelled" | "executed" | "expired" | "failed" | "unknown";
  readonly reason?: string;
  readonly by_person?: boolean;
}

/** A note among people; the agent never gets it. */
export interface NoteWritten {
  readonly text: string;
}

/** Somebody's open connections were closed; `away`: a client does not come back by itself. */
export interface ConnectionClosed {
  readonly user: string;
  readonly away?: boolean;
  readonly reason?: string;
}

/** A workspace's own log begins. */
export interface WorkspaceOpened {
  readonly name: string;
}

/** An agent can be put behind sessions of this workspace; its secrets are not in the log. */
export interface AgentAdded {
  readonly agent: AgentSeat;
  readonly url: string;
}

/** Who may do what was changed, in any way: rows of a table before and after (`changed_at` in */
export interface AccessChanged {
  readonly source: string;
  readonly changed_at: number;
  readonly db_role: string;
  readonly old?: readonly Readonly<Record<string, unknown>>[];
  readonly new?: readonly Readonly<Record<string, unknown>>[];
  readonly person?: string;
  readonly log?: string;
}

/** An agent has another name, address or secret headers; the headers are not in the log. */
export interface AgentChanged {
  readonly agent: AgentSeat;
  readonly url: string;
  readonly headers_changed?: boolean;
}

/** An agent cannot be put behind sessions any more. */
export interface AgentRemoved {
  readonly agent: AgentSeat;
}

/** Give the session another title. */
export interface SessionRename {
  readonly type: "session.rename";
  readonly title: string;
}

/** End the session; it stays readable. */
export interface SessionClose {
  readonly type: "session.close";
  readonly reason?: string;
}

/** Give up all roles held in this session. */
export interface ParticipantLeave {
  readonly type: "participant.leave";
  readonly reason?: string;
}

/** Give a role, possibly until a time (microseconds since 1970). */
export interface GrantGive {
  readonly type: "grant.give";
  readonly user: string;
  readonly role: string;
  readonly until?: number;
}

/** Take a role away. */
export interface GrantTake {
  readonly type: "grant.take";
  readonly user: string;
  readonly role: string;
  readonly reason?: string;
}

/** Make a link useless that nobody has used yet. */
export interface InvitationWithdraw {
  readonly type: "invitation.withdraw";
  readonly invitation_id: string;
  readonly reason?: string;
}

/** The prompt's id is the command's. */
export interface PromptQueue {
  readonly type: "prompt.queue";
  readonly text: string;
}

/** Take a waiting prompt back. */
export interface PromptRecall {
  readonly type: "prompt.recall";
  readonly prompt_id: string;
}

/** Put a waiting prompt before another one, or at the end of the queue. */
export interface PromptMove {
  readonly type: "prompt.move";
  readonly prompt_id: string;
  readonly before?: string;
}

/** End the run at once. */
export interface RunCancel {
  readonly type: "run.cancel";
  readonly run_id: string;
  readonly reason?: string;
}

/** `args_digest`: of the arguments that were shown; `shown_seq`: the head when they were. */
export interface ApprovalDecide {
  readonly type: "approval.decide";
  readonly approval_id: string;
  readonly decision: "approve" | "approve_edited" | "cancel" | "reject" | "respond";
  readonly args_digest: string;
  readonly shown_seq: number;
  readonly args?: Readonly<Record<string, unknown>>;
  readonly content?: unknown;
  readonly option_id?: string;
  readonly reason?: string;
}

/** A person looked and says what became of a call whose outcome was not known. */
export interface ApprovalSettle {
  readonly type: "approval.settle";
  readonly approval_id: string;
  readonly outcome: "executed" | "failed";
  readonly reason?: string;
}

/** Write to the other people. */
export interface NoteWrite {
  readonly type: "note.write";
  readonly text: string;
  readonly visibility?: "everyone" | "operators";
}

/** Close somebody's open connections; what they may do stays as it is. */
export interface ConnectionClose {
  readonly type: "connection.close";
  readonly user: string;
  readonly away?: boolean;
  readonly reason?: string;
}

/** A role held here; `until` in microseconds since 1970. */
export interface Grant {
  readonly role: string;
  readonly until?: number;
}

/** Someone who became part of this session. */
export interface Participant {
  readonly name: string;
  readonly kind: "agent" | "person";
  readonly grants?: readonly Grant[];
}

/** A prompt that waits. */
export interface Prompt {
  readonly prompt_id: string;
  readonly author: string | null;
  readonly text: string;
  readonly seq: number;
}

/** The runner that serves the session; a higher number fences a lower one out. */
export interface Claim {
  readonly runner: string;
  readonly number: number;
}

/** A message or tool call being streamed: its first event, its place, the text so far. */
export interface Item {
  readonly start: Readonly<Record<string, unknown>>;
  readonly seq: number;
  readonly text: string;
}

/** The run under way; `time` in microseconds since 1970. */
export interface Run {
  readonly run_id: string;
  readonly prompts: readonly string[];
  readonly seq: number;
  readonly time: number;
  readonly items: Readonly<Record<string, Item>>;
}

/** How the last run ended. */
export interface Ended {
  readonly run_id: string;
  readonly outcome: "cancelled" | "failed" | "finished";
  readonly reason?: string;
  readonly sentence?: string;
}

/** A decision that was taken, by whom and where. */
export interface Answer {
  readonly decision: "approve" | "approve_edited" | "cancel" | "reject" | "respond";
  readonly by: string | null;
  readonly seq: number;
  readonly args_digest?: string;
}

/** An approval that still matters. */
export interface Approval {
  readonly request: ApprovalRequest;
  readonly args_digest: string;
  readonly run_id: string;
  readonly seq: number;
  readonly stage?: "decided" | "dispatched" | "requested" | "unknown";
  readonly answer?: Answer;
}

/** What is remembered of a settled approval. */
export interface Settled {
  readonly outcome: "cancelled" | "executed" | "expired" | "failed" | "unknown";
  readonly seq: number;
  readonly answer?: Answer;
}

/** A link that nobody has used yet; `until` in microseconds since 1970. */
export interface Invitation {
  readonly role: string;
  readonly until: number;
  readonly name?: string;
}

/** Everything that decides what may happen next, at `seq`. */
export interface State {
  readonly seq: number;
  readonly status: "closed" | "new" | "open";
  readonly title: string;
  readonly agent: AgentSeat | null;
  readonly participants: Readonly<Record<string, Participant>>;
  readonly queue: readonly Prompt[];
  readonly claim: Claim | null;
  readonly run: Run | null;
  readonly ended: Ended | null;
  readonly approvals: Readonly<Record<string, Approval>>;
  readonly settled: Readonly<Record<string, Settled>>;
  readonly agents: Readonly<Record<string, AgentSeat>>;
  readonly invitations: Readonly<Record<string, Invitation>>;
}

/** An event that this reader may not see: its place, its time and its digest. */
export interface Stub {
  readonly seq: number;
  readonly time: number;
  readonly digest: Uint8Array;
  readonly stub: true;
}

/** First on every connection. No cursor: state and the last page; `from_start`: everything. */
export interface Join {
  readonly frame: "join";
  readonly cursor?: readonly [number, number, Uint8Array];
  readonly deltas?: boolean;
  readonly from_start?: boolean;
}

/** A command; `command_id` is the sender's, and makes a retry harmless. */
export interface Submit {
  readonly frame: "submit";
  readonly command_id: string;
  readonly command: PersonCommand;
}

/** Ask for the compact page that ends before `before`. */
export interface Read {
  readonly frame: "read";
  readonly request_id: number;
  readonly before: number;
  readonly limit?: number;
}

/** The client lives; a runner's names the claim that it keeps alive. */
export interface Alive {
  readonly frame: "alive";
  readonly claim?: number;
}

/** What a session is called. */
export interface SessionCard {
  readonly id: string;
  readonly title: string;
  readonly status: string;
  readonly workspace: string;
}

/** Who the server takes the reader for, and what they may do. */
export interface You {
  readonly id: string;
  readonly name: string;
  readonly kind: "agent" | "person";
  readonly permissions: readonly string[];
}

/** The answer to a join: events from `first` on follow. A reader that resumes keeps its own */
export interface Welcome {
  readonly frame: "welcome";
  readonly protocol: string;
  readonly session: SessionCard;
  readonly you: You;
  readonly epoch: number;
  readonly head: number;
  readonly first: number;
  readonly state: State | null;
  readonly state_seq: number;
  readonly acl_version: number;
  readonly beat_seconds: number;
}

/** Covers `first` to `last`: what is not in it was left out. `mark`: the chain at last. */
export interface Events {
  readonly frame: "events";
  readonly first: number;
  readonly last: number;
  readonly mark: Uint8Array;
  readonly events: readonly Entry[];
}

/** Older events, asked for by a read. */
export interface Page {
  readonly frame: "page";
  readonly request_id: number;
  readonly first: number;
  readonly last: number;
  readonly events: readonly Entry[];
  readonly more: boolean;
}

/** The command is in the log, its events at `seq` - `events` + 1 to `seq`. */
export interface Reply {
  readonly frame: "reply";
  readonly command_id: string;
  readonly seq: number;
  readonly events: number;
  readonly replayed: boolean;
}

/** Why something was not followed; `retry`: the same again may help. */
export interface RefusalFrame {
  readonly frame: "refusal";
  readonly code: string;
  readonly sentence: string;
  readonly retry: boolean;
  readonly command_id: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Someone who is connected now, and what they may do here, from whatever grant they have it. */
export interface Present {
  readonly user: string;
  readonly name: string;
  readonly kind: "agent" | "person";
  readonly connections: number;
  readonly permissions: readonly string[];
}

/** Everyone who is connected, tabs merged; where it is not `whole`, those who came or are */
export interface Presence {
  readonly frame: "presence";
  readonly people: readonly Present[];
  readonly whole: boolean;
  readonly gone: readonly string[];
}

/** What the reader may do has changed. */
export interface Access {
  readonly frame: "access";
  readonly permissions: readonly string[];
  readonly acl_version: number;
}

/** The server lives and has seen its log: `head` tells a reader whether it sees the present. */
export interface Beat {
  readonly frame: "beat";
  readonly head: number;
  readonly time: number;
}

/** The reader's place is not in this log; forget everything, a welcome follows. */
export interface Resync {
  readonly frame: "resync";
  readonly reason: "beyond" | "chain" | "epoch";
  readonly sentence: string;
  readonly lost_from: number;
  readonly head: number;
}

/** Every event type with its body. */
export interface Bodies {
  readonly "session.opened": SessionOpened;
  readonly "session.renamed": SessionRenamed;
  readonly "session.closed": SessionClosed;
  readonly "participant.joined": ParticipantJoined;
  readonly "participant.left": ParticipantLeft;
  readonly "grant.given": GrantGiven;
  readonly "grant.taken": GrantTaken;
  readonly "invitation.made": InvitationMade;
  readonly "invitation.taken": InvitationTaken;
  readonly "invitation.withdrawn": InvitationWithdrawn;
  readonly "prompt.queued": PromptQueued;
  readonly "prompt.recalled": PromptRecalled;
  readonly "prompt.moved": PromptMoved;
  readonly "agent.attached": AgentAttached;
  readonly "run.started": RunStarted;
  readonly "run.finished": RunFinished;
  readonly "run.failed": RunFailed;
  readonly "run.cancelled": RunCancelled;
  readonly "output.streamed": OutputStreamed;
  readonly "output.emitted": OutputEmitted;
  readonly "approval.requested": ApprovalRequested;
  readonly "approval.decided": ApprovalDecided;
  readonly "approval.dispatched": ApprovalDispatched;
  readonly "approval.settled": ApprovalSettled;
  readonly "note.written": NoteWritten;
  readonly "connection.closed": ConnectionClosed;
  readonly "workspace.opened": WorkspaceOpened;
  readonly "agent.added": AgentAdded;
  readonly "access.changed": AccessChanged;
  readonly "agent.changed": AgentChanged;
  readonly "agent.removed": AgentRemoved;
}

export type EventType = keyof Bodies;

/** A fact in its place; `time` in microseconds since 1970, UTC. */
export interface Placed<T extends EventType> {
  readonly type: T;
  readonly body: Bodies[T];
  readonly seq: number;
  readonly time: number;
  readonly actor?: string;
  readonly run?: string;
  readonly cause?: number;
  readonly visibility?: "auditors" | "everyone" | "operators";
}

export type Event = { [T in EventType]: Placed<T> }[EventType];

export type Entry = Event | Stub;

export type PersonCommand =
  | SessionRename
  | SessionClose
  | ParticipantLeave
  | GrantGive
  | GrantTake
  | InvitationWithdraw
  | PromptQueue
  | PromptRecall
  | PromptMove
  | RunCancel
  | ApprovalDecide
  | ApprovalSettle
  | NoteWrite
  | ConnectionClose;

export type ClientFrame =
  | Join
  | Submit
  | Read
  | Alive;

export type ServerFrame =
  | Welcome
  | Events
  | Page
  | Reply
  | RefusalFrame
  | Presence
  | Access
  | Beat
  | Resync;

export const REFUSALS = {
  "malformed": {
    "sentence": "The frame could not be read.",
    "retry": false
  },
  "too_large": {
    "sentence": "That is too large to be accepted.",
    "retry": false
  },
  "too_deep": {
    "sentence": "That is nested too deeply.",
    "retry": false
  },
  "invalid_text": {
    "sentence": "The text holds characters that cannot be stored.",
    "retry": false
  },
  "invalid_number": {
    "sentence": "A number is out of range.",
    "retry": false
  },
  "invalid": {
    "sentence": "A field has the wrong form.",
    "retry": false
  },
  "unknown_field": {
    "sentence": "A field is not known here.",
    "retry": false
  },
  "unknown_frame": {
    "sentence": "This kind of frame is not known.",
    "retry": false
  },
  "unknown_command": {
    "sentence": "This command is not known.",
    "retry": false
  },
  "not_joined": {
    "sentence": "Join the session first.",
    "retry": false
  },
  "already_joined": {
    "sentence": "This connection has joined already.",
    "retry": false
  },
  "forbidden": {
    "sentence": "Your role in this session does not allow that.",
    "retry": false
  },
  "wrong_kind": {
    "sentence": "That command belongs to the other kind of participant: a person or an agent.",
    "retry": false
  },
  "wrong_place": {
    "sentence": "That command belongs to a workspace, or to a session.",
    "retry": false
  },
  "not_found": {
    "sentence": "There is no such session, or it is not yours to see.",
    "retry": false
  },
  "not_open": {
    "sentence": "This session has not been opened yet.",
    "retry": true
  },
  "already_open": {
    "sentence": "This session is open already.",
    "retry": false
  },
  "closed": {
    "sentence": "This session is closed; it can be read but not driven.",
    "retry": false
  },
  "no_agent": {
    "sentence": "No agent sits behind this session.",
    "retry": false
  },
  "no_run": {
    "sentence": "The agent is not working on anything.",
    "retry": false
  },
  "run_busy": {
    "sentence": "A run is under way already.",
    "retry": true
  },
  "run_over": {
    "sentence": "That run has ended.",
    "retry": false
  },
  "no_prompt": {
    "sentence": "That prompt is not in the queue any more.",
    "retry": false
  },
  "not_yours": {
    "sentence": "Only its author or a moderator may do that.",
    "retry": false
  },
  "queue_full": {
    "sentence": "The queue is full; wait until the agent has taken a prompt.",
    "retry": true
  },
  "stale_claim": {
    "sentence": "Another runner serves this session now.",
    "retry": false
  },
  "claimed": {
    "sentence": "Another runner serves this session and is alive.",
    "retry": true
  },
  "no_approval": {
    "sentence": "There is no such approval request here.",
    "retry": false
  },
  "already_decided": {
    "sentence": "Somebody decided this first.",
    "retry": false
  },
  "not_decided": {
    "sentence": "Not every request of this group is decided yet.",
    "retry": true
  },
  "not_unknown": {
    "sentence": "The outcome of this approval is not in question.",
    "retry": false
  },
  "changed": {
    "sentence": "The request is not the one that you were shown; look again.",
    "retry": false
  },
  "not_offered": {
    "sentence": "This answer is not offered for this request.",
    "retry": false
  },
  "expired": {
    "sentence": "The time for an answer has passed.",
    "retry": false
  },
  "no_person": {
    "sentence": "There is no such person or agent here.",
    "retry": false
  },
  "no_grant": {
    "sentence": "There is no such grant.",
    "retry": false
  },
  "already_granted": {
    "sentence": "That role is held already.",
    "retry": false
  },
  "above_you": {
    "sentence": "That role may do what you may not. Ask somebody who may do all of it.",
    "retry": false
  },
  "last_owner": {
    "sentence": "Somebody must own this workspace. Make somebody else its owner first.",
    "retry": false
  },
  "no_invitation": {
    "sentence": "This invitation does not work any more: it was used or withdrawn, or its time has passed.",
    "retry": false
  },
  "too_many_invitations": {
    "sentence": "Too many invitations are open; withdraw some first.",
    "retry": false
  },
  "nothing_to_do": {
    "sentence": "Nothing would change.",
    "retry": false
  },
  "command_id_taken": {
    "sentence": "This command id was used for a different command.",
    "retry": false
  },
  "slow_down": {
    "sentence": "Too much at once; wait a moment and send it again.",
    "retry": true
  },
  "busy": {
    "sentence": "The session is held up; try again in a moment.",
    "retry": true
  },
  "unavailable": {
    "sentence": "The log cannot be reached; try again in a moment.",
    "retry": true
  },
  "fault": {
    "sentence": "Something went wrong on our side; it has been written down.",
    "retry": true
  }
} as const;

export type RefusalCode = keyof typeof REFUSALS;

export const CLOSES = {
  "4000": {
    "code": "restarting",
    "sentence": "The server restarts and is back in a moment.",
    "retry": true
  },
  "4001": {
    "code": "unavailable",
    "sentence": "The log cannot be reached at the moment.",
    "retry": true
  },
  "4002": {
    "code": "too_slow",
    "sentence": "This connection took its answers too slowly.",
    "retry": true
  },
  "4003": {
    "code": "cut",
    "sentence": "A moderator closed this connection; you may come back.",
    "retry": true
  },
  "4408": {
    "code": "no_join",
    "sentence": "Nothing was joined in time.",
    "retry": true
  },
  "4429": {
    "code": "too_much",
    "sentence": "Too many connections or commands came from you at once; come back in a moment.",
    "retry": true
  },
  "4500": {
    "code": "malformed",
    "sentence": "Three frames could not be read.",
    "retry": false
  },
  "4501": {
    "code": "not_signed_in",
    "sentence": "Sign in first.",
    "retry": false
  },
  "4503": {
    "code": "no_access",
    "sentence": "You no longer have access to this session.",
    "retry": false
  },
  "4504": {
    "code": "not_found",
    "sentence": "There is no such session, or it is not yours to see.",
    "retry": false
  },
  "4505": {
    "code": "sent_away",
    "sentence": "A moderator closed your connections to this session.",
    "retry": false
  },
  "4526": {
    "code": "upgrade",
    "sentence": "This server speaks another version of the protocol.",
    "retry": false
  }
} as const;
