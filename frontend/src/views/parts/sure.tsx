/** A dialog that asks once more before something is taken away. */
import { useState } from "react";
import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { sentenceOf } from "../../client/http";
import { Act, Problem } from "./parts";

export interface Question {
  readonly title: string;
  readonly sentence: string;
  readonly yes: string;
  readonly work: () => Promise<unknown>;
}

interface SureProps {
  readonly question: Question;
  readonly close: (done: boolean) => void;
}

export function Sure({ question, close }: SureProps) {
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const go = async () => {
    setBusy(true);
    try {
      await question.work();
      close(true);
    } catch (error) {
      setProblem(sentenceOf(error));
      setBusy(false);
    }
  };
  return (
    <ModalOverlay
      className="scrim"
      isOpen
      isDismissable
      onOpenChange={(open) => open || close(false)}
    >
      <Modal className="dialog">
        <Dialog role="alertdialog">
          <Heading slot="title">{question.title}</Heading>
          <div className="form">
            <p>{question.sentence}</p>
            {problem === "" ? null : <Problem>{problem}</Problem>}
            <div className="actions-row">
              <Act autoFocus onPress={() => close(false)}>
                Cancel
              </Act>
              <Act look="main" isDisabled={busy} onPress={() => void go()} testid="sure">
                {question.yes}
              </Act>
            </div>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
