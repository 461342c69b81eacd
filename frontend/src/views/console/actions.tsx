/** Own actions: sending, committed with their seq, or refused with the sentence and a way on. */
import { useState } from "react";
import { Label, TextArea, TextField } from "react-aria-components";
import type { PersonCommand } from "../../core/generated";
import type { Action } from "../../store/actions";
import { modesOf } from "../../store/select";
import { Icon } from "../parts/icons";
import { Act } from "../parts/parts";
import { Straight } from "../parts/shown";
import { useStore, useView } from "./context";
import { decisionVerb } from "./words";

/** The window event that puts a refused text back into the composer. */
export const WRITE_BACK = "cohelm:write-back";

/** Put a text into the composer, as a prompt or a note, and give it the keyboard. */
export function writeBack(mode: "prompt" | "note", text: string): void {
  window.dispatchEvent(new CustomEvent(WRITE_BACK, { detail: { mode, text } }));
}

export function OwnActions() {
  const { actions, live } = useView();
  if (actions.length === 0) return null;
  return (
    <ul className="own" aria-label="Your actions" data-testid="own-actions">
      {actions.slice(-4).map((action) => (
        <li key={action.id} data-stage={action.progress.stage} data-testid="own-action">
          <One action={action} live={live} />
        </li>
      ))}
    </ul>
  );
}

const WORDS: { readonly [K in PersonCommand["type"]]: string } = {
  "session.rename": "The new name",
  "session.close": "Closing the session",
  "participant.leave": "Leaving",
  "grant.give": "The role",
  "grant.take": "Taking the role",
  "invitation.withdraw": "Withdrawing the invitation",
  "prompt.queue": "Your prompt",
  "prompt.recall": "Taking the prompt back",
  "prompt.move": "Moving the prompt",
  "run.cancel": "Cancelling the run",
  "approval.decide": "Your decision",
  "approval.settle": "What you found",
  "note.write": "Your note",
  "connection.close": "Closing the connections",
};

function What({ command }: { readonly command: PersonCommand }) {
  return <Straight text={what(command)} />;
}

function what(command: PersonCommand): string {
  const words = WORDS[command.type];
  return "text" in command ? `${words} “${brief(command.text)}”` : words;
}

function brief(text: string): string {
  const flat = text.replace(/\s+/g, " ");
  return flat.length > 48 ? `${flat.slice(0, 48)}…` : flat;
}

interface OneProps {
  readonly action: Action;
  readonly live: boolean;
}

function One({ action, live }: OneProps) {
  const store = useStore();
  const you = useView().you?.id;
  const { command, progress } = action;
  switch (progress.stage) {
    case "sending":
      return (
        <span className="quiet">
          <span className="pulse" data-on aria-hidden="true" />
          <span>
            <What command={command} />:{" "}
            {live ? "sending" : "kept, sent when the connection is back"}
          </span>
        </span>
      );
    case "committed":
      return (
        <span className="quiet" role="status">
          <Icon name="check" />
          <span>
            <What command={command} />: in the log at{" "}
            <a href={`#${progress.seq}`}>#{progress.seq}</a>
          </span>
        </span>
      );
    case "refused":
      return (
        <div className="problem" role="alert" data-code={progress.code}>
          <Icon name="warn" />
          <div>
            <p>
              <strong>
                <What command={command} />
              </strong>{" "}
              was not taken. {wonBy(progress.details, you) ?? progress.sentence}
            </p>
            <div className="own-ways">
              {progress.retry ? <Act onPress={() => store.retry(action)}>Try again</Act> : null}
              <EditAgain action={action} />
              <Act look="bare" onPress={() => store.forget(action)}>
                Dismiss
              </Act>
            </div>
          </div>
        </div>
      );
  }
}

/**
 * What was typed goes back into the composer; the reason of a decision that came late, as a note.
 * Where there is no composer for it any more, it is shown whole, to be copied.
 */
function EditAgain({ action }: { readonly action: Action }) {
  const store = useStore();
  const modes = modesOf(useView());
  const [shown, show] = useState(false);
  const { command } = action;
  const text = "text" in command ? command.text : "reason" in command ? (command.reason ?? "") : "";
  if (text === "") return null;
  const mode = command.type === "prompt.queue" ? "prompt" : "note";
  if (shown) return <Written text={text} />;
  if (!modes.includes(mode)) return <Act onPress={() => show(true)}>Show what you wrote</Act>;
  const back = () => {
    writeBack(mode, text);
    store.forget(action);
  };
  return <Act onPress={back}>{"text" in command ? "Edit it" : "Make your reason a note"}</Act>;
}

function Written({ text }: { readonly text: string }) {
  return (
    <TextField className="field own-text" isReadOnly value={text} autoFocus>
      <Label>What you wrote, to be copied</Label>
      <TextArea className="input" rows={3} onFocus={({ target }) => target.select()} />
    </TextField>
  );
}

/** Tell who was first, where a decision lost the race. */
function wonBy(details: Readonly<Record<string, unknown>>, you?: string): string | null {
  const { by, name, decision, seq } = details;
  if (typeof name !== "string" || name === "" || typeof decision !== "string") return null;
  const verb = decisionVerb(decision as Parameters<typeof decisionVerb>[0]);
  const place = typeof seq === "number" ? `, at #${seq}` : "";
  return by === you ? `You ${verb} already${place}.` : `${name} ${verb} first${place}.`;
}
