/** Settling a call whose outcome is not known: somebody looked, and says what they found. */
import { useState } from "react";
import type { ApprovalSettle } from "../../core/generated";
import type { Held } from "../../store/select";
import { Icon } from "../parts/icons";
import { Act, TextLine } from "../parts/parts";
import { useStore, useView } from "./context";

export function SettleForm({ held }: { readonly held: Held }) {
  const store = useStore();
  const view = useView();
  const [reason, setReason] = useState("");
  const busy = view.actions.some(
    ({ command, progress }) =>
      command.type === "approval.settle" &&
      command.approval_id === held.id &&
      progress.stage === "sending",
  );
  const settle = (outcome: ApprovalSettle["outcome"]) =>
    store.submit({
      type: "approval.settle",
      approval_id: held.id,
      outcome,
      ...(reason.trim() === "" ? {} : { reason: reason.trim() }),
    });
  return (
    <div className="form" data-testid="approval-unknown">
      <div className="problem">
        <Icon name="warn" />
        <p>
          Outcome not known: it may have run, or not. It is not repeated by itself. Look at what it
          touches, then say what you found.
        </p>
      </div>
      <TextLine
        label="What you saw"
        testid="settle-reason"
        value={reason}
        onChange={setReason}
        maxLength={2000}
      />
      <div className="approval-buttons">
        <Act isDisabled={busy} onPress={() => settle("executed")} testid="settle-executed">
          It ran
        </Act>
        <Act isDisabled={busy} onPress={() => settle("failed")} testid="settle-failed">
          It did not run
        </Act>
      </div>
    </div>
  );
}
