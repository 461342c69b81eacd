/** Going to a place of the timeline by its seq. */
import { type FormEvent, useState } from "react";
import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { spaced } from "../../text/format";
import { Act, TextLine } from "../parts/parts";
import { useView } from "./context";

export function GoToDialog({ close }: { readonly close: () => void }) {
  const view = useView();
  const [text, setText] = useState("");
  const seq = /^\s*#?\s*(\d{1,15})\s*$/.exec(text)?.[1];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (seq === undefined) return;
    location.hash = "";
    location.hash = `#${seq}`;
    close();
  };
  return (
    <ModalOverlay className="scrim" isOpen isDismissable onOpenChange={(open) => open || close()}>
      <Modal className="dialog">
        <Dialog>
          <Heading slot="title">Go to</Heading>
          <form className="form" onSubmit={submit}>
            <TextLine
              label={`Seq, 1 to ${spaced(view.seq)}`}
              testid="goto-seq"
              inputMode="numeric"
              autoFocus
              value={text}
              onChange={setText}
            />
            <div className="actions-row">
              <Act onPress={close}>Cancel</Act>
              <Act look="main" type="submit" isDisabled={seq === undefined}>
                Go
              </Act>
            </div>
          </form>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
