/** Own commands on their way: kept over reloads, sent again with the same id until answered. */
import { newId } from "../client/ids";
import type { ClientFrame, PersonCommand, RefusalFrame, Reply } from "../core/generated";
import { type Action, again, begin, committed, refused, uncommitted, unsent } from "./actions";
import { keep, kept } from "./drafts";

interface Ways {
  /** Send if possible; say whether it was. */
  readonly send: (frame: ClientFrame) => boolean;
  readonly changed: (actions: readonly Action[]) => void;
}

const ASK_AGAIN_MS = 10_000;
const AFTER_REFUSAL_MS = 700;
const SHOWN_FOR_MS = 6_000;

export class Outbox {
  readonly #key: string;
  readonly #ways: Ways;
  #actions: readonly Action[];
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();

  constructor(session: string, ways: Ways) {
    this.#key = `actions:${session}`;
    this.#ways = ways;
    this.#actions = kept<readonly Action[]>(this.#key, []);
  }

  get actions(): readonly Action[] {
    return this.#actions;
  }

  submit(command: PersonCommand): string {
    const action = begin(newId(), command, Date.now());
    this.#set([...this.#actions, action]);
    this.#send(action);
    return action.id;
  }

  retry(action: Action): void {
    const next = again(action, Date.now());
    this.#replace(next);
    this.#send(next);
  }

  forget(id: string): void {
    this.#set(this.#actions.filter((action) => action.id !== id));
  }

  /** Send all that has no answer; the id makes a second arrival harmless. */
  resend(): void {
    for (const action of unsent(this.#actions)) this.#send(action);
  }

  replied(reply: Reply): void {
    const action = this.#find(reply.command_id);
    if (action === undefined) return;
    this.#replace(committed(action, reply, Date.now()));
    this.#later(SHOWN_FOR_MS, () => this.forget(action.id));
  }

  refused(refusal: RefusalFrame): void {
    const action = this.#find(refusal.command_id);
    if (action === undefined || action.progress.stage !== "sending") return;
    const next = refused(action, refusal, Date.now());
    this.#replace(next);
    if (next.progress.stage !== "sending") return;
    this.#later(AFTER_REFUSAL_MS * next.progress.tries, () => this.#sendIfOpen(next.id));
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #find(id: string | null): Action | undefined {
    return this.#actions.find((action) => action.id === id);
  }

  #replace(next: Action): void {
    this.#set(this.#actions.map((action) => (action.id === next.id ? next : action)));
  }

  #set(actions: readonly Action[]): void {
    this.#actions = actions;
    keep(this.#key, uncommitted(actions));
    this.#ways.changed(actions);
  }

  #send(action: Action): void {
    const { id, command } = action;
    if (!this.#ways.send({ frame: "submit", command_id: id, command })) return;
    this.#later(ASK_AGAIN_MS, () => this.#sendIfOpen(id));
  }

  #sendIfOpen(id: string): void {
    const action = this.#find(id);
    if (action?.progress.stage === "sending") this.#send(action);
  }

  #later(ms: number, call: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      call();
    }, ms);
    this.#timers.add(timer);
  }
}
