/** Tool calls, results and raw data: one line each, unfolding to what was exactly sent and given back. */
import { type ReactNode, useState } from "react";
import type { DataRow, Result, ResultRow, TextRow, ToolRow } from "../../store/rows";
import { lasted, msOf } from "../../text/format";
import { parsed, resultSize, tellingArgument } from "../../text/tools";
import { Icon, type IconName } from "../parts/icons";
import { Rich } from "../parts/rich";
import { Exact, Value } from "../parts/shown";

interface FoldProps {
  readonly icon: IconName;
  readonly line: ReactNode;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

const PICTURES = 4;

/** What somebody presses must not move away from under their hand, also at the timeline's end. */
function keepInPlace(pressed: HTMLElement): void {
  const scroller = pressed.closest(".timeline");
  const top = pressed.getBoundingClientRect().top;
  let left = PICTURES;
  const settle = () => {
    if (scroller === null || !pressed.isConnected) return;
    scroller.scrollTop += pressed.getBoundingClientRect().top - top;
    left -= 1;
    if (left > 0) requestAnimationFrame(settle);
  };
  requestAnimationFrame(settle);
}

export function Fold({ icon, line, aside, children }: FoldProps) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <span className="row-icon">
        <Icon name={icon} />
      </span>
      <div className="row-body">
        <button
          type="button"
          className="fold"
          aria-expanded={open}
          onClick={(event) => {
            keepInPlace(event.currentTarget);
            setOpen(!open);
          }}
        >
          <Icon name="chevron" size={12} />
          <span className="fold-line">{line}</span>
          {aside === undefined ? null : <span className="fold-aside num">{aside}</span>}
        </button>
        {open ? <div className="unfolded">{children}</div> : null}
      </div>
    </>
  );
}

export function ToolLine({ row, over }: { readonly row: ToolRow; readonly over: boolean }) {
  return (
    <Fold
      icon="tool"
      line={
        <>
          <strong>
            <Exact text={row.name || "tool"} />
          </strong>{" "}
          <span className="quiet">
            <Exact text={tellingArgument(row.args)} />
          </span>
        </>
      }
      aside={toolAside(row, over)}
    >
      <Detail title="Arguments" text={row.args} />
      {row.result === null ? null : <Detail title="Result" text={row.result.content} />}
    </Fold>
  );
}

function toolAside(row: ToolRow, over: boolean): string {
  if (row.result !== null) return resultWords(row, row.result);
  if (row.streaming) return "writing";
  if (row.cut) return "cut off";
  return over ? "no result" : "no result yet";
}

/** The time that people took to decide is not the tool's. */
function resultWords(row: ToolRow, result: Result): string {
  const size = resultSize(result.content);
  return result.apart ? size : `${size} · ${lasted(msOf(result.time) - msOf(row.time))}`;
}

export function ResultLine({ row }: { readonly row: ResultRow }) {
  return (
    <Fold
      icon="tool"
      line={
        <>
          <span className="quiet">result of </span>
          <strong>
            <Exact text={row.name || "a tool"} />
          </strong>
        </>
      }
      aside={resultSize(row.result.content)}
    >
      <Detail title="Result" text={row.result.content} />
    </Fold>
  );
}

export function ThoughtLine({ row }: { readonly row: TextRow }) {
  return (
    <Fold
      icon="thought"
      line={<span className="quiet">{row.streaming ? "Thinking" : "Thought"}</span>}
    >
      <Rich text={row.text} />
    </Fold>
  );
}

export function DataLine({ row }: { readonly row: DataRow }) {
  return (
    <Fold
      icon="control"
      line={<span className="quiet">{row.name.toLowerCase().replaceAll("_", " ")}</span>}
    >
      <Value value={row.value} />
    </Fold>
  );
}

interface DetailProps {
  readonly title: string;
  readonly text: string;
}

export function Detail({ title, text }: DetailProps) {
  const [raw, setRaw] = useState(false);
  const found = parsed(text);
  const structured = found.kind === "json" && typeof found.value === "object" && !raw;
  return (
    <figure className="detail">
      <figcaption>
        {title}
        {found.kind === "json" ? (
          <button type="button" className="link-button" onClick={() => setRaw(!raw)}>
            {raw ? "formatted" : "as sent"}
          </button>
        ) : null}
      </figcaption>
      <div className="detail-body">
        {structured ? (
          <Value value={found.value} />
        ) : (
          <pre>
            <Exact text={text === "" ? "nothing" : text} />
          </pre>
        )}
      </div>
    </figure>
  );
}
