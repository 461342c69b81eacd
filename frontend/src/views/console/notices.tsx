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
      <NotifyBand />
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
        {now.kind === "ended" ? now.sentence : `Disconnected${since}. ${now.sentence}`} You see the past, up
        to seq {spaced(view.seq)}. What you write is kept.
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
        {resync.sentence} What you saw from seq {spaced(resync.lost_from)} on is not in the log any more.
      </span>
      <Act look="bare" onPress={store.dismissResync}>
        Dismiss
      </Act>
    </div>
  );
}

/** Offer notifications when the first approval comes, and only to those who may answer it. */
function NotifyBand() {
  const view = useView();
  const [allowed, setAllowed] = useState(notifications);
  const [declined, setDeclined] = useState(false);
  const asked = approvals(view.state).length > 0 && view.permissions.has("approve");
  if (allowed !== "default" || declined || !asked) return null;
  return (
    <div className="band" data-testid="notify-band">
      <Icon name="bell" />
      <span>Be told of approvals when this tab is in the background?</span>
      <Act onPress={() => void Notification.requestPermission().then(setAllowed)}>Allow</Act>
      <Act look="bare" onPress={() => setDeclined(true)}>
        Not now
      </Act>
    </div>
  );
}
