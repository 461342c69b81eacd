/** The session itself: its title, and its end. */
import { type FormEvent, useState } from "react";
import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { LENGTHS } from "../../core/generated";
import { Act, TextLine } from "../parts/parts";
import { useStore, useView } from "./context";

export function SessionDialog({ close }: { readonly close: () => void }) {
  const view = useView();
  return (
    <ModalOverlay className="scrim" isOpen isDismissable onOpenChange={(open) => open || close()}>
      <Modal className="dialog">
        <Dialog>
          <Heading slot="title">This session</Heading>
          <Rename close={close} />
          {view.permissions.has("manage") ? <End close={close} /> : null}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function Rename({ close }: { readonly close: () => void }) {
  const view = useView();
  const store = useStore();
  const [title, setTitle] = useState(view.state.title);
  const wanted = title.trim();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    store.submit({ type: "session.rename", title: wanted });
    close();
  };
  return (
    <form className="form" onSubmit={submit}>
      <TextLine
        label="Title"
        testid="rename-title"
        maxLength={LENGTHS["session.rename.title"]}
        value={title}
        onChange={setTitle}
      />
      <div className="actions-row">
        <Act onPress={close}>Cancel</Act>
        <Act
          look="main"
          type="submit"
          isDisabled={wanted === "" || wanted === view.state.title}
          testid="rename"
        >
          Rename
        </Act>
      </div>
    </form>
  );
}

function End({ close }: { readonly close: () => void }) {
  const store = useStore();
  const [reason, setReason] = useState("");
  const end = () => {
    store.submit({
      type: "session.close",
      ...(reason.trim() === "" ? {} : { reason: reason.trim() }),
    });
    close();
  };
  return (
    <section className="form dialog-part" aria-label="Close the session">
      <p>
        Closing ends what the agent does and empties the queue. All of it can still be read; it
        cannot be opened again.
      </p>
      <TextLine
        label="Reason"
        testid="close-reason"
        maxLength={LENGTHS["session.close.reason"]}
        value={reason}
        onChange={setReason}
      />
      <div className="actions-row">
        <Act onPress={end} testid="close-session">
          Close the session
        </Act>
      </div>
    </section>
  );
}
