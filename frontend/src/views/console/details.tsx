/** What the agent told of its own work in a run: one quiet line, unfolding to every event of it. */
import { useState } from "react";
import type { Detail, DetailsRow } from "../../store/rows";
import { countsOf, nameOfDetail, stepsOf } from "../../text/details";
import { clockOf, msOf } from "../../text/format";
import { Exact, Value } from "../parts/shown";
import { Fold } from "./tool";

const AT_ONCE = 50;

export function DetailsLine({ row }: { readonly row: DetailsRow }) {
  return (
    <Fold
      icon="control"
      line={
        <span className="quiet">
          <Exact text={stepsOf(row.events)} />
        </span>
      }
      aside={countsOf(row.events) || undefined}
    >
      <Events events={row.events} />
    </Fold>
  );
}

function Events({ events }: { readonly events: readonly Detail[] }) {
  const [shown, show] = useState(AT_ONCE);
  const left = events.length - shown;
  return (
    <div className="details">
      {events.slice(0, shown).map((detail, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they only grow at the end, or all at once
        <OneEvent key={at} detail={detail} />
      ))}
      {left > 0 ? (
        <button type="button" className="link-button" onClick={() => show(shown + AT_ONCE)}>
          {Math.min(left, AT_ONCE)} more of {left}
        </button>
      ) : null}
    </div>
  );
}

/** What it says is drawn only when it is asked for: a state can be long. */
function OneEvent({ detail }: { readonly detail: Detail }) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        <Exact text={nameOfDetail(detail)} />
        <span className="quiet num">
          {" "}
          {clockOf(msOf(detail.time))} · #{detail.seq}
        </span>
      </summary>
      {open ? (
        <div className="detail-body">
          <Value value={detail.value} />
        </div>
      ) : null}
    </details>
  );
}
