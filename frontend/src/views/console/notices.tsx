/** Bands over the timeline: offline, a restored log, notifications not asked for yet. */
import { useState } from "react";
import { approvals, present } from "../../store/select";
import { clockOf, spaced } from "../../text/format";
import { Icon } from "../parts/icons";
import { Act } from "../parts/parts";
import { useStore, useView } from "./context";
import { notifications } from "./notify";

export function Notices() {
  return (
    <>
      <OfflineBand />
      <ResyncBand />
    </>
  );
}

function OfflineBand() {
  const view = useView();
  const now = present(view);
  if (now.kind !== "offline" && now.kind !== "ended") return null;
  const since = now.kind === "offline" && now.since !== null ? ` since ${clockOf(now.since)}` : "";
  return (
    <div className="band band--offline" role="status" data-testid="offline-band">
      <Icon name="cut" />
      <span>
        {now.kind === "ended" ? now.sentence : `Disconnected${since}. ${now.sentence}`} You see the
        past, up to seq {spaced(view.seq)}. What you write is kept.
      </span>
    </div>
  );
}

function ResyncBand() {
  const { resync } = useView();
  const store = useStore();
  if (resync === null) return null;
  return (
    <div className="band" role="status" data-testid="resync-band">
      <Icon name="warn" />
      <span>
        {resync.sentence} This page began again from what the log holds
        {resync.lost_from > 0 ? `: from seq ${spaced(resync.lost_from)} on it differs` : ""}.
      </span>
      <Act look="bare" onPress={store.dismissResync}>
        Dismiss
      </Act>
    </div>
  );
}

/** Offer notifications where the first approval stands, and only to those who may answer it. */
export function NotifyOffer() {
  const view = useView();
  const [allowed, setAllowed] = useState(notifications);
  const [declined, setDeclined] = useState(false);
  const asked = approvals(view.state).length > 0 && view.permissions.has("approve");
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
