/** The dialog that begins a session. */
import { type FormEvent, useRef, useState } from "react";
import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { type AgentRow, api, type Me } from "../client/api";
import { sentenceOf } from "../client/http";
import { newId } from "../client/ids";
import { go } from "../router";
import { useLoaded } from "./parts/loaded";
import { Act, Choice, Problem, TextLine } from "./parts/parts";

export function NewSession({ me, close }: { readonly me: Me; readonly close: () => void }) {
  return (
    <ModalOverlay className="scrim" isOpen isDismissable onOpenChange={(open) => open || close()}>
      <Modal className="dialog">
        <Dialog>
          <Heading slot="title">New session</Heading>
          <NewSessionForm me={me} close={close} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function NewSessionForm({ me, close }: { readonly me: Me; readonly close: () => void }) {
  const [agents] = useLoaded(api.agents);
  const places = me.workspaces.filter((workspace) => workspace.permissions.includes("drive"));
  const [title, setTitle] = useState("");
  const [workspace, setWorkspace] = useState(places[0]?.id ?? "");
  const [agent, setAgent] = useState<string | null>(null);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  // Pressed again after a lost answer, the same wish opens no second session.
  const last = useRef({ wish: "", key: "" });
  const keyOf = (wish: string) => {
    if (last.current.wish !== wish) last.current = { wish, key: newId() };
    return last.current.key;
  };
  const known = agents.kind === "here" ? agents.value.filter((one) => within(one, workspace)) : [];
  const chosen = agent ?? known[0]?.id ?? "";

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      const wish = { workspace_id: workspace, title: title.trim(), agent_id: chosen || null };
      go(`/sessions/${(await api.createSession(wish, keyOf(JSON.stringify(wish)))).id}`);
    } catch (error) {
      setProblem(sentenceOf(error));
      setBusy(false);
    }
  };

  return (
    <form className="form" onSubmit={(event) => void submit(event)}>
      <TextLine
        label="Title"
        testid="session-title"
        placeholder="What it is about"
        isRequired
        autoFocus
        maxLength={200}
        value={title}
        onChange={setTitle}
      />
      {places.length > 1 ? (
        <Choice
          label="Workspace"
          value={workspace}
          onChange={setWorkspace}
          options={places.map(({ id, name }) => ({ value: id, label: name }))}
        />
      ) : null}
      <Choice
        label="Agent"
        testid="session-agent"
        value={chosen}
        onChange={setAgent}
        options={[
          ...known.map(({ id, name }) => ({ value: id, label: name })),
          { value: "", label: "No agent: notes only" },
        ]}
      />
      {problem === "" ? null : <Problem>{problem}</Problem>}
      <div className="actions-row">
        <Act onPress={close}>Cancel</Act>
        <Act
          look="main"
          type="submit"
          isDisabled={busy || title.trim() === ""}
          testid="session-create"
        >
          Begin
        </Act>
      </div>
    </form>
  );
}

function within(agent: AgentRow, workspace: string): boolean {
  return typeof agent.workspace === "string"
    ? agent.workspace === workspace
    : agent.workspace.id === workspace;
}
