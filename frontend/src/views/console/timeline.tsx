/** The virtualised timeline: stays at the end while somebody is there, stays put when they are not. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState } from "react";
import type { SessionView } from "../../store/view";
import { Icon } from "../parts/icons";
import { Blank } from "../parts/parts";
import { useStore, useView } from "./context";
import { useEnd } from "./end";
import { goesOn, useLines } from "./lines";
import { usePlaceInHash } from "./place";
import { RowView } from "./row";
import { useWalk } from "./walk";

/** Pixels of what is left to scroll, below which more is loaded. */
const LITTLE = 2000;

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
  const lines = useLines(view);
  const virtual = useVirtualizer({
    count: lines.count,
    getScrollElement: () => scroller.current,
    estimateSize: lines.sizeOf,
    getItemKey: lines.keyOf,
    anchorTo: "end",
    overscan: 10,
    paddingStart: 16,
    paddingEnd: 16,
  });
  const { atEnd, toEnd, goTo } = useEnd(scroller, virtual, view.shown.past);
  const unseen = useUnseen(view, atEnd);
  useEffect(() => {
    const above = virtual.scrollOffset ?? LITTLE;
    const below = virtual.getTotalSize() - above - (virtual.scrollRect?.height ?? 0);
    if (view.shown.older && above < LITTLE) store.loadOlder();
    else if (view.shown.past && below < LITTLE) store.loadNewer();
  });
  const walked = useWalk(lines, goTo);
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
            const row = lines.at(item.index);
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
                  before={lines.at(item.index - 1)}
                  follows={goesOn(lines.at, item.index)}
                  view={view}
                  chosen={chosen === row.key}
                />
              </div>
            );
          })}
        </div>
        <Reading view={view} />
      </section>
      {atEnd ? null : (
        <button type="button" className="to-end" onClick={toEnd} data-testid="to-end">
          <Icon name="down" /> {unseen > 0 ? `${unseen} new` : "To the present"}
        </button>
      )}
    </div>
  );
}

function Reading({ view }: { readonly view: SessionView }) {
  const { reading, shown } = view;
  if (reading === null || reading.kind === "newer") return null;
  return (
    <p className="timeline-older quiet">
      {reading.kind === "place" ? "Going to " : "Loading earlier entries, back to "}
      <span className="num">#{reading.kind === "place" ? reading.seq : shown.first}</span>.
    </p>
  );
}

/** Count the rows that came since the reader left the end. */
function useUnseen({ rows, open }: SessionView, atEnd: boolean): number {
  const at = (fromEnd: number) => open.at(-1 - fromEnd) ?? rows.at(open.length - 1 - fromEnd);
  const last = at(0)?.seq ?? 0;
  const [seen, setSeen] = useState(last);
  if (atEnd && seen !== last) setSeen(last);
  let unseen = 0;
  while ((at(unseen)?.seq ?? 0) > seen) unseen += 1;
  return unseen;
}
