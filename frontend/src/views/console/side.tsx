/** The column beside the timeline: what waits, the queue, the people; on a phone, sheets. */
import { Dialog, Modal, ModalOverlay } from "react-aria-components";
import { nameOf } from "../../store/names";
import { approvals, needingPeople } from "../../store/select";
import { counted } from "../../text/format";
import { Icon } from "../parts/icons";
import { Act } from "../parts/parts";
import { Straight } from "../parts/shown";
import { ApprovalCard } from "./approval";
import { useStore, useView } from "./context";
import { NotifyOffer } from "./notices";
import { PeoplePanel } from "./people";

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

export function QueuePanel() {
  const view = useView();
  const store = useStore();
  const { queue } = view.state;
  const moderates = view.permissions.has("moderate");
  return (
    <section className="panel" aria-label="Queue" data-testid="queue">
      <h2>Queue {queue.length > 0 ? <span className="quiet num">({queue.length})</span> : null}</h2>
      {queue.length === 0 ? (
        <p className="quiet">Empty. A prompt sent while the agent works waits here.</p>
      ) : (
        <ol className="queue">
          {queue.map((prompt) => {
            const own = prompt.author === view.you?.id;
            const may = view.permissions.has("drive") && (own || moderates);
            return (
              <li key={prompt.prompt_id} data-testid="queue-item" data-prompt={prompt.prompt_id}>
                <div>
                  <strong>{own ? "You" : nameOf(view.names, prompt.author).name}</strong>
                  <p className="words clamp">
                    <Straight text={prompt.text} />
                  </p>
                </div>
                {may ? (
                  <Act
                    look="bare"
                    icon="undo"
                    aria-label={`Take back: ${prompt.text.slice(0, 60)}`}
                    testid="queue-recall"
                    onPress={() =>
                      store.submit({ type: "prompt.recall", prompt_id: prompt.prompt_id })
                    }
                  />
                ) : null}
              </li>
            );
          })}
        </ol>
      )}
    </section>
  );
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
          <Icon name="asked" /> {counted(waiting, "approval waits", "approvals wait")}
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
