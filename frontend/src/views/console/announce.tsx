/** Tells screen readers what happened, by the sentence: finished messages, decisions, what waits. */
import { useEffect, useRef, useState } from "react";
import { nameOf } from "../../store/names";
import type { Row } from "../../store/rows";
import type { SessionView } from "../../store/view";
import { useView } from "./context";
import { decisionWords, sentenceOf } from "./words";

const LONGEST = 300;
const AT_ONCE = 3;

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
      return `${nameOf(view.names, row.actor).name}: ${row.text.slice(0, LONGEST)}`;
    case "prompt":
    case "note":
      if (row.actor === view.you?.id) return "";
      return `${nameOf(view.names, row.actor).name}: ${row.text.slice(0, LONGEST)}`;
    case "decision":
      return sentenceOf(decisionWords(row, view.names));
    default:
      return "";
  }
}
