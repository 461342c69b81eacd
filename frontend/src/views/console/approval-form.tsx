/** The buttons of an approval: approve, edit the arguments and approve, reject with a reason. */
import { useState } from "react";
import { type ApprovalDecide, LENGTHS } from "../../core/generated";
import { keep, kept } from "../../store/drafts";
import type { Held } from "../../store/select";
import { readEdited } from "../../text/edited";
import { andList } from "../../text/format";
import { editableJson } from "../../text/visible";
import { Act, Choice } from "../parts/parts";
import { useStore, useView } from "./context";
import { Writing } from "./writing";

type Mode = "look" | "edit" | "reject" | "respond";
type Answer = Omit<ApprovalDecide, "type" | "approval_id" | "args_digest" | "shown_seq">;

export function ApprovalForm({ held }: { readonly held: Held }) {
  const store = useStore();
  const view = useView();
  const [mode, setMode] = useState<Mode>("look");
  const [option, setOption] = useState("");
  const busy = view.actions.some(
    ({ command, progress }) =>
      command.type === "approval.decide" &&
      command.approval_id === held.id &&
      progress.stage === "sending",
  );
  const decide = (answer: Answer) =>
    store.submit({
      type: "approval.decide",
      approval_id: held.id,
      args_digest: held.args_digest,
      shown_seq: view.seq,
      ...answer,
      ...(option === "" ? {} : { option_id: option }),
    });
  const shared = { held, busy, decide, back: () => setMode("look") };

  if (mode === "edit") return <EditForm {...shared} />;
  if (mode === "reject") return <ReasonForm {...shared} />;
  if (mode === "respond") return <RespondForm {...shared} />;
  return (
    <>
      <Options held={held} option={option} setOption={setOption} />
      <Buttons held={held} busy={busy} decide={decide} setMode={setMode} />
    </>
  );
}

interface ButtonsProps {
  readonly held: Held;
  readonly busy: boolean;
  readonly decide: (answer: Answer) => void;
  readonly setMode: (mode: Mode) => void;
}

function Buttons({ held, busy, decide, setMode }: ButtonsProps) {
  const offered = new Set(
    held.request.allowed_decisions ?? ["approve", "approve_edited", "reject"],
  );
  return (
    <div className="approval-buttons">
      {offered.has("approve") ? (
        <Act
          look="main"
          icon="check"
          isDisabled={busy}
          onPress={() => decide({ decision: "approve" })}
          testid="approval-approve"
        >
          {busy ? "Sending" : "Approve"}
        </Act>
      ) : null}
      {offered.has("respond") ? (
        <Act isDisabled={busy} onPress={() => setMode("respond")} testid="approval-respond">
          Answer
        </Act>
      ) : null}
      {offered.has("approve_edited") ? (
        <Act icon="pencil" isDisabled={busy} onPress={() => setMode("edit")} testid="approval-edit">
          Edit
        </Act>
      ) : null}
      {offered.has("reject") ? (
        <Act
          icon="close"
          isDisabled={busy}
          onPress={() => setMode("reject")}
          testid="approval-reject"
        >
          Reject
        </Act>
      ) : null}
      {offered.has("cancel") ? (
        <Act
          look="bare"
          isDisabled={busy}
          onPress={() => decide({ decision: "cancel" })}
          testid="approval-cancel"
        >
          Call off
        </Act>
      ) : null}
    </div>
  );
}

interface OptionsProps {
  readonly held: Held;
  readonly option: string;
  readonly setOption: (option: string) => void;
}

function Options({ held, option, setOption }: OptionsProps) {
  const options = held.request.options ?? [];
  if (options.length === 0) return null;
  return (
    <Choice
      label="Answer with"
      value={option}
      onChange={setOption}
      options={[
        { value: "", label: "No option" },
        ...options.map(({ id, label }) => ({ value: id, label })),
      ]}
    />
  );
}

interface FormProps {
  readonly held: Held;
  readonly busy: boolean;
  readonly decide: (answer: Answer) => void;
  readonly back: () => void;
}

function EditForm({ held, busy, decide, back }: FormProps) {
  const before = held.request.action.args ?? {};
  const key = `edit:${held.id}`;
  const [text, setText] = useState(() => kept(key, editableJson(before)));
  const edited = readEdited(text, before);
  const change = (next: string) => {
    setText(next);
    keep(key, next);
  };
  const send = () => {
    if (edited.kind !== "good") return;
    decide({ decision: "approve_edited", args: edited.args });
    keep(key, "");
  };
  return (
    <Writing
      label="Arguments to run with (JSON)"
      code
      text={text}
      change={change}
      testid="approval-args"
      invalid={edited.kind === "wrong"}
      back={back}
      send={send}
      hint={editHint(edited)}
    >
      <Act
        look="main"
        icon="check"
        isDisabled={busy || edited.kind !== "good"}
        onPress={send}
        testid="approval-approve-edited"
      >
        Approve edited
      </Act>
    </Writing>
  );
}

function editHint(edited: ReturnType<typeof readEdited>): string {
  if (edited.kind === "wrong") return edited.sentence;
  return edited.kind === "same"
    ? "Nothing is changed yet."
    : `Changed: ${andList(edited.changed)}.`;
}

function ReasonForm({ held, busy, decide, back }: FormProps) {
  const key = `reject:${held.id}`;
  const [reason, setReason] = useState(() => kept(key, ""));
  const change = (next: string) => {
    setReason(next);
    keep(key, next);
  };
  const send = () => {
    decide({ decision: "reject", ...(reason.trim() === "" ? {} : { reason: reason.trim() }) });
    keep(key, "");
  };
  return (
    <Writing
      label="Why not? The agent and everybody here read it."
      text={reason}
      change={change}
      testid="approval-reason"
      longest={LENGTHS["approval.decide.reason"]}
      back={back}
      send={send}
    >
      <Act
        look="main"
        icon="close"
        isDisabled={busy}
        onPress={send}
        testid="approval-reject-confirm"
      >
        Reject
      </Act>
    </Writing>
  );
}

function RespondForm({ busy, decide, back }: FormProps) {
  const [text, setText] = useState("");
  const send = () => decide({ decision: "respond", content: text });
  return (
    <Writing
      label="Your answer to the agent"
      text={text}
      change={setText}
      testid="approval-answer"
      back={back}
      send={send}
    >
      <Act
        look="main"
        isDisabled={busy || text.trim() === ""}
        onPress={send}
        testid="approval-answer-send"
      >
        Answer
      </Act>
    </Writing>
  );
}
