/** Tells screen readers what happened, by the sentence: finished messages, decisions, what waits. */
import { useEffect, useRef, useState } from "react";
import { nameOf } from "../../store/names";
import type { ControlType, Row } from "../../store/rows";
import type { SessionView } from "../../store/view";
import { useView } from "./context";
import { asSentence, controlWords, decisionWords, sentenceOf } from "./words";

const LONGEST = 300;
const AT_ONCE = 3;
const TOLD: ReadonlySet<ControlType> = new Set<ControlType>([
  "prompt.moved",
  "prompt.recalled",
  "run.failed",
  "run.cancelled",
  "session.closed",
]);

export function Announcer() {
  const view = useView();
  const heard = useRef(0);
  const [words, setWords] = useState("");
  const last = view.rows.at(-1)?.seq ?? 0;
  useEffect(() => {
    if (heard.current === 0) heard.current = last;
    if (last <= heard.current) return;
    const fresh = view.rows.slice(-20).filter((row) => row.seq > heard.current);
    heard.current = last;
    const sentences = fresh.map((row) => sentence(row, view)).filter((one) => one !== "");
    if (sentences.length > 0) setWords(sentences.slice(-AT_ONCE).join(" "));
  }, [last, view]);
  return (
    <div className="only-heard" role="log" aria-live="polite">
      {words}
    </div>
  );
}

function sentence(row: Row, view: SessionView): string {
  switch (row.kind) {
    case "message":
      return `${nameOf(view.names, view.state.agent?.user).name}: ${row.text.slice(0, LONGEST)}`;
    case "prompt":
    case "note":
      if (row.actor === view.you?.id) return "";
      return `${nameOf(view.names, row.actor).name}: ${row.text.slice(0, LONGEST)}`;
    case "decision":
      return sentenceOf(decisionWords(row, view.names));
    case "control":
      if (row.event.actor === view.you?.id || !TOLD.has(row.event.type)) return "";
      return asSentence(controlWords(row, view.names));
    default:
      return "";
  }
}
