/** Where people write: a prompt to the agent or a note to each other; nothing typed is lost. */
import { type KeyboardEvent, type ReactNode, useEffect, useState } from "react";
import { LENGTHS } from "../../core/generated";
import { Link } from "../../router";
import { keep, kept } from "../../store/drafts";
import { nameOf } from "../../store/names";
import { type Mode, modesOf, present, whoMay } from "../../store/select";
import type { SessionView } from "../../store/view";
import { orList } from "../../text/format";
import { Act } from "../parts/parts";
import { OwnActions, WRITE_BACK } from "./actions";
import { useStore, useView } from "./context";
import { SEND_KEYS } from "./keys";
import { asSentence, controlWords } from "./words";

export function Composer({ session }: { readonly session: string }) {
  const view = useView();
  if (view.session === null) return null;
  const closed = view.state.status === "closed";
  const modes = modesOf(view);
  return (
    <footer className="composer" data-testid="composer-area">
      <OwnActions />
      {closed ? <Closed view={view} /> : null}
      {!closed && view.state.agent === null && view.permissions.has("drive") ? <NoAgent /> : null}
      {!closed && modes.length === 0 ? <ReadOnly view={view} /> : null}
      {modes.length > 0 ? <Writer session={session} modes={modes} /> : null}
    </footer>
  );
}

function Closed({ view }: { readonly view: SessionView }) {
  const row = view.rows.findLast(
    (one) => one.kind === "control" && one.event.type === "session.closed",
  );
  const how = row?.kind === "control" ? `${asSentence(controlWords(row, view.names))} ` : "";
  return (
    <p className="told" data-testid="closed">
      {how === "" ? "This session is closed. " : how}All of it can still be read. To go on, begin
      another one from <Link href="/">your sessions</Link>.
    </p>
  );
}

function NoAgent() {
  return (
    <p className="read-only" data-testid="no-agent">
      No agent sits behind this session, so there is nobody to ask; notes are for the people here.
      To work with an agent, begin a session that has one from <Link href="/">your sessions</Link>.
    </p>
  );
}

function ReadOnly({ view }: { readonly view: SessionView }) {
  const names = whoMay(view, "drive").map((user) => nameOf(view.names, user).name);
  return (
    <p className="read-only" data-testid="read-only">
      Your role here is to observe: you see all that happens, as it happens, and change nothing. To
      take part, ask {names.length === 0 ? "the owner of the workspace" : orList(names.slice(0, 3))}
      .
    </p>
  );
}

interface WriterProps {
  readonly session: string;
  readonly modes: readonly Mode[];
}

function Writer({ session, modes }: WriterProps) {
  const view = useView();
  const store = useStore();
  const [wanted, setWanted] = useState<Mode>("prompt");
  const mode = modes.includes(wanted) ? wanted : (modes[0] ?? "note");
  const [texts, setTexts] = useDrafts(session, setWanted);
  const text = texts[mode];
  const set = (next: string) => setTexts({ ...texts, [mode]: next });

  const send = () => {
    const words = text.trim();
    if (words === "") return;
    store.submit(
      mode === "prompt"
        ? { type: "prompt.queue", text: words }
        : { type: "note.write", text: words },
    );
    set("");
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) {
      event.preventDefault();
      send();
    }
    if (event.key === "Escape" && event.target instanceof HTMLElement) event.target.blur();
  };

  return (
    <div className="writer" data-mode={mode}>
      <textarea
        className="writer-text"
        id="composer"
        data-testid="composer"
        aria-label={mode === "prompt" ? "Prompt for the agent" : "Note for the people here"}
        placeholder={placeholder(mode, view)}
        rows={Math.min(8, Math.max(2, text.split("\n").length))}
        value={text}
        maxLength={LENGTHS[mode === "prompt" ? "prompt.queue.text" : "note.write.text"]}
        onChange={(event) => set(event.target.value)}
        onKeyDown={pressed}
        dir="auto"
      />
      <div className="writer-foot">
        <Switch modes={modes} mode={mode} choose={setWanted} />
        <span className="quiet writer-hint">{hint(mode, view)}</span>
        <span className="spacer" />
        <kbd className="keys wide-only">{SEND_KEYS}</kbd>
        <Act look="main" onPress={send} isDisabled={text.trim() === ""} testid="send">
          {mode === "prompt" ? "Send" : "Note"}
        </Act>
      </div>
    </div>
  );
}

function placeholder(mode: Mode, view: SessionView): string {
  const { agent } = view.state;
  if (mode === "note" && agent === null) return "A note for the people here.";
  if (mode === "note") return "A note for the people here. The agent does not read it.";
  return `Ask ${agent?.name ?? "the agent"} for something`;
}

function hint(mode: Mode, view: SessionView): string {
  if (present(view).kind !== "live") return "Kept here, and sent when the connection is back.";
  if (mode === "prompt" && view.agentAway !== null)
    return "The agent is not connected: this will wait in the queue.";
  if (mode === "prompt" && view.state.run !== null)
    return "The agent works: this will wait in the queue.";
  return "";
}

interface SwitchProps {
  readonly modes: readonly Mode[];
  readonly mode: Mode;
  readonly choose: (mode: Mode) => void;
}

function Switch({ modes, mode, choose }: SwitchProps): ReactNode {
  if (modes.length < 2) return null;
  return (
    <fieldset className="switch">
      <legend className="only-heard">What you write</legend>
      {modes.map((one) => (
        <label key={one} data-on={one === mode}>
          <input
            type="radio"
            name="mode"
            className="only-heard"
            checked={one === mode}
            onChange={() => choose(one)}
            data-testid={`mode-${one}`}
          />
          {one === "prompt" ? "Prompt" : "Note"}
        </label>
      ))}
    </fieldset>
  );
}

type Drafts = Readonly<Record<Mode, string>>;

function useDrafts(
  session: string,
  choose: (mode: Mode) => void,
): readonly [Drafts, (next: Drafts) => void] {
  const key = `drafts:${session}`;
  const [drafts, setDrafts] = useState<Drafts>(() => kept(key, { prompt: "", note: "" }));
  const change = (next: Drafts) => {
    setDrafts(next);
    keep(key, next);
  };
  useEffect(() => {
    const back = (event: globalThis.Event) => {
      const { mode, text } = (event as CustomEvent<{ mode: Mode; text: string }>).detail;
      choose(mode);
      document.getElementById("composer")?.focus();
      setDrafts((before) => ({
        ...before,
        [mode]: [before[mode], text].filter(Boolean).join("\n"),
      }));
    };
    window.addEventListener(WRITE_BACK, back);
    return () => window.removeEventListener(WRITE_BACK, back);
  }, [choose]);
  return [drafts, change];
}
