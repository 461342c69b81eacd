/** The virtualised timeline: stays at the end while somebody is there, stays put when they are not. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState } from "react";
import type { Row } from "../../store/rows";
import type { SessionView } from "../../store/view";
import { Icon } from "../parts/icons";
import { Blank } from "../parts/parts";
import { useStore, useView } from "./context";
import { useEnd } from "./end";
import { usePlaceInHash } from "./place";
import { RowView } from "./row";
import { useWalk } from "./walk";

const NEAR_START = 600;

const SIZES: { readonly [K in Row["kind"]]: number } = {
  prompt: 64,
  message: 84,
  thought: 32,
  tool: 32,
  result: 32,
  decision: 40,
  control: 28,
  note: 56,
  withheld: 28,
  data: 32,
};

export function TimelineView() {
  const view = useView();
  if (view.rows.length + view.open.length > 0) return <Rows view={view} />;
  if (!view.live) return <Waiting view={view} />;
  return (
    <div className="timeline-blank">
      <Blank icon="helm" title="Nothing has happened yet">
        <p>What people and the agent do appears here, in one order for everybody.</p>
      </Blank>
    </div>
  );
}

function Waiting({ view }: { readonly view: SessionView }) {
  const offline = view.link.kind === "waiting";
  return (
    <div className="timeline-blank" aria-busy={!offline}>
      <p className="quiet">
        {offline
          ? "The session cannot be reached yet. It is tried again by itself."
          : "Loading the session."}
      </p>
    </div>
  );
}

function Rows({ view }: { readonly view: SessionView }) {
  const store = useStore();
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => [...view.rows, ...view.open], [view.rows, view.open]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => SIZES[rows[index]?.kind ?? "control"],
    getItemKey: (index) => rows[index]?.key ?? index,
    anchorTo: "end",
    overscan: 10,
    paddingStart: 16,
    paddingEnd: 16,
  });
  const { atEnd, toEnd, goTo } = useEnd(scroller, virtual);
  const unseen = useUnseen(rows.length, atEnd);
  useEffect(() => {
    if ((virtual.scrollOffset ?? NEAR_START) < NEAR_START) store.loadOlder();
  });
  const walked = useWalk(rows, goTo);
  const linked = usePlaceInHash(view, store, goTo);
  const chosen = walked ?? linked;

  return (
    <div className="timeline-frame">
      <section
        className="timeline"
        ref={scroller}
        data-testid="timeline"
        aria-label="Timeline"
        tabIndex={0}
      >
        <div className="timeline-whole" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index];
            return row === undefined ? null : (
              <div
                key={item.key}
                ref={virtual.measureElement}
                data-index={item.index}
                className="timeline-place"
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <RowView
                  row={row}
                  before={rows[item.index - 1]}
                  view={view}
                  chosen={chosen === row.key}
                />
              </div>
            );
          })}
        </div>
        {view.older === "loading" ? (
          <p className="timeline-older quiet">Loading earlier entries.</p>
        ) : null}
      </section>
      {atEnd ? null : (
        <button type="button" className="to-end" onClick={toEnd} data-testid="to-end">
          <Icon name="down" /> {unseen > 0 ? `${unseen} new` : "To the present"}
        </button>
      )}
    </div>
  );
}

/** Count the rows that came since the reader left the end. */
function useUnseen(total: number, atEnd: boolean): number {
  const [seen, setSeen] = useState(total);
  if (atEnd && seen !== total) setSeen(total);
  return Math.max(0, total - seen);
}
