/** Bands over the timeline: each says what is wrong, since when, and what to do about it. */
import { useState } from "react";
import { needingPeople, present } from "../../store/select";
import { clockOf, spaced } from "../../text/format";
import { Icon } from "../parts/icons";
import { Act } from "../parts/parts";
import { Band } from "./band";
import { useNow } from "./clock";
import { useStore, useView } from "./context";
import { notifications } from "./notify";
import { AwayBand, FailedBand } from "./troubles";

export function Notices() {
  return (
    <div className="bands">
      <PresentBand />
      <ResyncBand />
      <AwayBand />
      <FailedBand />
    </div>
  );
}

/** Says that what is on the screen is not the present. */
function PresentBand() {
  const view = useView();
  const store = useStore();
  const now = present(view);
  const past = `You see the past, up to seq ${spaced(view.seq)}. What you write is kept.`;
  const tryNow = <Act onPress={store.reconnect}>Try now</Act>;
  const reload = <Act onPress={() => location.reload()}>Reload the page</Act>;
  switch (now.kind) {
    case "offline":
      return (
        <Band look="offline" icon="cut" testid="offline-band" ways={tryNow}>
          {now.since === null ? "Not reached yet." : `Disconnected since ${clockOf(now.since)}.`}{" "}
          {now.sentence} {past} <NextTry until={now.until} />
        </Band>
      );
    case "silent":
      return (
        <Band look="offline" icon="cut" testid="silent-band" ways={tryNow}>
          Nothing was heard from the server since {clockOf(now.since)}: the network may be gone, or
          the server cannot reach its log. {past}
        </Band>
      );
    case "ended":
      return (
        <Band look="offline" icon="cut" testid="offline-band" ways={reload}>
          {now.sentence} {past}
        </Band>
      );
    default:
      return null;
  }
}

/** Counts down for the eye only: a screen reader would say every second. */
function NextTry({ until }: { readonly until: number | null }) {
  const now = useNow(until !== null);
  const seconds = until === null ? 0 : Math.max(0, Math.ceil((until - now) / 1000));
  return (
    <span className="num" aria-hidden="true">
      {until === null ? "It is being tried." : `Tried again in ${seconds}\u00a0s.`}
    </span>
  );
}

function ResyncBand() {
  const { resync } = useView();
  const store = useStore();
  if (resync === null) return null;
  const from = resync.lost_from > 0 ? `: from seq ${spaced(resync.lost_from)} on it differs` : "";
  const ways = (
    <Act look="bare" onPress={store.dismissResync}>
      Dismiss
    </Act>
  );
  return (
    <Band icon="warn" testid="resync-band" ways={ways}>
      {resync.sentence} This page began again from what the log holds{from}.
    </Band>
  );
}

/** Offer notifications where the first approval stands, and only to those who may answer it. */
export function NotifyOffer() {
  const view = useView();
  const [allowed, setAllowed] = useState(notifications);
  const [declined, setDeclined] = useState(false);
  const asked = needingPeople(view.state).length > 0 && view.permissions.has("approve");
  if (allowed !== "default" || declined || !asked) return null;
  return (
    <p className="offer" data-testid="notify-offer">
      <Icon name="bell" />
      <span>Be told when this tab is in the background?</span>
      <button
        type="button"
        className="link-button"
        onClick={() => void Notification.requestPermission().then(setAllowed)}
      >
        Yes
      </button>
      <button type="button" className="link-button" onClick={() => setDeclined(true)}>
        No
      </button>
    </p>
  );
}
