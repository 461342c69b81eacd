/** The column beside the timeline: what waits, the queue, the people; on a phone, sheets. */
import { Dialog, Modal, ModalOverlay } from "react-aria-components";
import { approvals, needingPeople, waitingIn } from "../../store/select";
import { Icon } from "../parts/icons";
import { Act } from "../parts/parts";
import { ApprovalCard } from "./approval";
import { useView } from "./context";
import { NotifyOffer } from "./notices";
import { PeoplePanel } from "./people";
import { QueuePanel } from "./queue";

export function Side() {
  return (
    <aside className="side" aria-label="Approvals, queue and people">
      <ApprovalsPanel />
      <QueuePanel />
      <PeoplePanel />
    </aside>
  );
}

export function ApprovalsPanel() {
  const view = useView();
  const all = approvals(view.state);
  if (all.length === 0) return null;
  const waiting = needingPeople(view.state).length;
  const mine = view.permissions.has("approve");
  return (
    <section className="panel" aria-label="Approvals" data-testid="approvals">
      <h2 data-on={mine && waiting > 0}>{waiting === 0 ? "Decided" : heading(mine, waiting)}</h2>
      {all.map((held) => (
        <ApprovalCard key={held.id} held={held} />
      ))}
      <NotifyOffer />
    </section>
  );
}

function heading(mine: boolean, waiting: number): string {
  return `${mine ? "Waits for you" : "Waits for an operator"} (${waiting})`;
}

export type Sheet = "approvals" | "more" | null;

interface SheetProps {
  readonly open: Sheet;
  readonly show: (sheet: Sheet) => void;
}

/** On a narrow screen: a bar that says what waits, and the sheets that it opens. */
export function Sheets({ open, show }: SheetProps) {
  const view = useView();
  const all = approvals(view.state).length;
  const waiting = needingPeople(view.state).length;
  const { queue } = view.state;
  return (
    <div className="sheet-bar narrow-only">
      {waiting > 0 ? (
        <button
          type="button"
          className="sheet-wait"
          onClick={() => show("approvals")}
          data-testid="sheet-open"
          data-on={view.permissions.has("approve")}
        >
          <Icon name="asked" /> {waitingIn(view.state)} {waiting === 1 ? "waits" : "wait"}
          <span className="spacer" /> Look
        </button>
      ) : null}
      <button
        type="button"
        className="sheet-more"
        onClick={() => show("more")}
        data-testid="sheet-more"
      >
        Queue {queue.length} · People {view.people.filter(({ kind }) => kind === "person").length}
      </button>
      <ModalOverlay
        className="sheet-scrim"
        isOpen={open === "more" || (open === "approvals" && all > 0)}
        isDismissable
        onOpenChange={(now) => now || show(null)}
      >
        <Modal className="sheet">
          <Dialog aria-label={open === "approvals" ? "Approvals" : "Queue and people"}>
            <div className="sheet-top">
              <Act look="bare" icon="close" aria-label="Close" onPress={() => show(null)} />
            </div>
            {open === "approvals" ? (
              <ApprovalsPanel />
            ) : (
              <>
                <QueuePanel />
                <PeoplePanel />
              </>
            )}
          </Dialog>
        </Modal>
      </ModalOverlay>
    </div>
  );
}
