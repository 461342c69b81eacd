/** The keys of the console: one list for those who press them and for those who look them up. */
import { useEffect } from "react";
import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { Act } from "../parts/parts";

type Hands = Readonly<Record<string, () => void>>;

/** Call a hand for its key, unless somebody is typing; give the function that ends it. */
export function onKeys(hands: Hands): () => void {
  const pressed = (event: KeyboardEvent) => {
    if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return;
    const hand = Object.hasOwn(hands, event.key) ? hands[event.key] : undefined;
    if (hand === undefined) return;
    if (event.key !== "Escape") event.preventDefault();
    hand();
  };
  window.addEventListener("keydown", pressed);
  return () => window.removeEventListener("keydown", pressed);
}

export function useKeys(hands: Hands): void {
  useEffect(() => onKeys(hands), [hands]);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

const mac = /Mac|iPhone|iPad/.test(navigator.platform);
export const SEND_KEYS = mac ? "⌘ Enter" : "Ctrl Enter";

const LIST: readonly (readonly [string, string])[] = [
  ["?", "These keys"],
  ["a", "To the approval that waits"],
  ["q", "To the queue"],
  ["s", "To the button that cancels the run"],
  ["c", "To the composer"],
  ["j", "Next entry of the timeline"],
  ["k", "Entry before it"],
  ["e", "To the present"],
  ["g", "To a place by its seq"],
  ["d", "Closer or wider lines"],
  [SEND_KEYS, "Send"],
  ["Esc", "Leave what is open"],
];

export function KeysDialog({ close }: { readonly close: () => void }) {
  return (
    <ModalOverlay className="scrim" isOpen isDismissable onOpenChange={(open) => open || close()}>
      <Modal className="dialog">
        <Dialog>
          <Heading slot="title">Keys</Heading>
          <dl className="key-list">
            {LIST.map(([key, what]) => (
              <div key={key}>
                <dt>
                  <kbd className="keys">{key}</kbd>
                </dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
          <div className="actions-row">
            <Act onPress={close}>Close</Act>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
