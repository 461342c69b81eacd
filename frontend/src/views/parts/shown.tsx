/** Text with its hidden characters made visible; values of tools drawn exactly. */
import type { ReactNode } from "react";
import { isMap } from "../../text/tools";
import { type Piece, shown, straightened } from "../../text/visible";

function Pieces({ pieces }: { readonly pieces: readonly Piece[] }) {
  return pieces.map((piece, at) =>
    piece.mark === undefined ? (
      piece.text
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text never move
      <span className="hidden-mark" key={at} title={piece.name}>
        {piece.mark}
      </span>
    ),
  );
}

/** Everything that does not show is marked: for what machines will act on. */
export function Exact({ text }: { readonly text: string }) {
  return <Pieces pieces={shown(text)} />;
}

/** Only what turns the direction of reading is marked: for running text. */
export function Straight({ text }: { readonly text: string }) {
  return <Pieces pieces={straightened(text)} />;
}

const DEEPEST = 5;
const SHOWN_AT_ONCE = 500;

export function Value({ value, depth = 0 }: { readonly value: unknown; readonly depth?: number }) {
  if (typeof value === "string") return <Words text={value} />;
  if (depth > DEEPEST) return <code>{JSON.stringify(value)}</code>;
  if (Array.isArray(value)) return <ListOf values={value} depth={depth} />;
  if (isMap(value)) return <MapOf map={value} depth={depth} />;
  return <span className="value-plain">{String(value)}</span>;
}

function Words({ text }: { readonly text: string }) {
  if (text.includes("\n")) {
    return (
      <pre className="value-block">
        <Exact text={text} />
        {text.endsWith("\n") ? (
          <span className="quiet" title="ends with a new line">
            ↵
          </span>
        ) : null}
      </pre>
    );
  }
  const [, before = "", middle = "", after = ""] = /^( *)(.*?)( *)$/.exec(text) ?? [];
  return (
    <span className="value-text">
      <Spaces text={before} />
      <Exact text={middle} />
      <Spaces text={after} />
    </span>
  );
}

function Spaces({ text }: { readonly text: string }) {
  if (text === "") return null;
  return (
    <span className="hidden-mark" title="spaces">
      {text.length} {text.length === 1 ? "space" : "spaces"}
    </span>
  );
}

function ListOf({
  values,
  depth,
}: {
  readonly values: readonly unknown[];
  readonly depth: number;
}): ReactNode {
  if (values.length === 0) return <span className="quiet">empty list</span>;
  const rest = values.length - SHOWN_AT_ONCE;
  return (
    <ol className="value-list">
      {values.slice(0, SHOWN_AT_ONCE).map((value, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the arguments of one call never change
        <li key={at}>
          <Value value={value} depth={depth + 1} />
        </li>
      ))}
      {rest > 0 ? <li className="quiet">and {rest} more: see them as JSON</li> : null}
    </ol>
  );
}

interface MapProps {
  readonly map: Readonly<Record<string, unknown>>;
  readonly depth: number;
}

function MapOf({ map, depth }: MapProps): ReactNode {
  const entries = Object.entries(map);
  if (entries.length === 0) return <span className="quiet">none</span>;
  return (
    <dl className="value-map">
      {entries.map(([key, value]) => (
        <div key={key} data-long={typeof value === "object" && value !== null}>
          <dt>
            <Exact text={key} />
            {Array.isArray(value) ? <span className="quiet"> ({value.length})</span> : null}
          </dt>
          <dd>
            <Value value={value} depth={depth + 1} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
