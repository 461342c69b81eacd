/** The agents of one's workspaces; adding one and testing the connection. */
import { type FormEvent, type ReactNode, useState } from "react";
import { type AgentRow, type AgentTest, api, type Me } from "../client/api";
import { sentenceOf } from "../client/http";
import { AgentItem } from "./agent";
import { AgentFields, type AgentForm, BLANK_AGENT, headersOf } from "./parts/agent-fields";
import { type Loaded, useLoaded } from "./parts/loaded";
import { Page } from "./parts/page";
import { Act, Again, Blank, Choice, Problem } from "./parts/parts";
import { Tested } from "./parts/says";

export function AgentsPage({ me }: { readonly me: Me }) {
  const [agents, reload] = useLoaded(api.agents);
  const manages = me.workspaces.filter((workspace) => workspace.permissions.includes("manage"));
  return (
    <Page me={me} here="agents" title="Agents">
      <div className="agent-grid">
        <AgentList agents={agents} managed={new Set(manages.map(({ id }) => id))} reload={reload} />
        {manages.length > 0 ? <AddAgent workspaces={manages} added={reload} /> : <MayNot />}
      </div>
    </Page>
  );
}

function MayNot() {
  return (
    <p className="told">
      An owner of the workspace can add agents. You can use those that are here.
    </p>
  );
}

interface AgentListProps {
  readonly agents: Loaded<AgentRow[]>;
  readonly managed: ReadonlySet<string>;
  readonly reload: () => void;
}

function AgentList({ agents, managed, reload }: AgentListProps): ReactNode {
  if (agents.kind === "loading") return <p className="quiet">Loading the agents.</p>;
  if (agents.kind === "failed") return <Again reload={reload}>{agents.sentence}</Again>;
  if (agents.value.length === 0) {
    return (
      <Blank icon="agent" title="No agent yet">
        <p>Any agent that speaks AG-UI can be added by its address.</p>
      </Blank>
    );
  }
  return (
    <ul className="card rows" data-testid="agent-list">
      {agents.value.map((agent) => (
        <AgentItem
          key={agent.id}
          agent={agent}
          managed={managed.has(
            typeof agent.workspace === "string" ? agent.workspace : agent.workspace.id,
          )}
          changed={reload}
        />
      ))}
    </ul>
  );
}

interface AddAgentProps {
  readonly workspaces: Me["workspaces"];
  readonly added: () => void;
}

function AddAgent({ workspaces, added }: AddAgentProps) {
  const [workspace, setWorkspace] = useState(workspaces[0]?.id ?? "");
  const [form, setForm] = useState(BLANK_AGENT);
  const [test, setTest] = useState<AgentTest | null>(null);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState("");
  // One thing at a time: a button that is switched off would lose the keyboard.
  const run = async (what: string, work: () => Promise<void>) => {
    if (busy !== "") return;
    setBusy(what);
    setProblem("");
    await work().catch((error: unknown) => setProblem(sentenceOf(error)));
    setBusy("");
  };
  const tryIt = () =>
    run("test", async () =>
      setTest(await api.testAgent(form.url, headersOf(form), form.ca.trim())),
    );
  const add = () =>
    run("add", async () => {
      const { name, url } = form;
      const ca = form.ca.trim();
      await api.addAgent({ workspace_id: workspace, name, url, headers: headersOf(form), ca });
      setForm(BLANK_AGENT);
      setTest(null);
      added();
    });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (form.url !== "" && form.name !== "") void add();
  };
  const change = (next: AgentForm) => {
    if (next.name === form.name) setTest(null);
    setForm(next);
  };

  return (
    <form
      className="card agent-form form"
      aria-label="Add an agent"
      data-kept="add"
      onSubmit={submit}
    >
      <h2>Add an agent</h2>
      <AgentFields
        prefix="agent"
        form={form}
        change={change}
        hint="The header is kept sealed and is never shown again."
        caHint="In PEM form. Leave it empty where a public authority did."
      />
      {workspaces.length > 1 ? (
        <Choice
          label="Workspace"
          value={workspace}
          onChange={setWorkspace}
          options={workspaces.map(({ id, name }) => ({ value: id, label: name }))}
        />
      ) : null}
      {test === null ? null : <Tested test={test} />}
      {problem === "" ? null : <Problem>{problem}</Problem>}
      <div className="actions-row">
        <Act isDisabled={form.url === ""} onPress={() => void tryIt()} testid="agent-test">
          {busy === "test" ? "Testing" : "Test connection"}
        </Act>
        <Act
          look="main"
          type="submit"
          isDisabled={form.url === "" || form.name === ""}
          testid="agent-add"
        >
          Add
        </Act>
      </div>
    </form>
  );
}
