/** The agents of one's workspaces; adding one and testing the connection. */
import { type ReactNode, useEffect, useState } from "react";
import { Label, TextArea, TextField } from "react-aria-components";
import { type AgentRow, type AgentTest, api, type Me } from "../client/api";
import { sentenceOf } from "../client/http";
import { AgentItem } from "./agent";
import { PageBar } from "./parts/bar";
import { Icon } from "./parts/icons";
import { type Loaded, useLoaded } from "./parts/loaded";
import { Act, Blank, Choice, Problem, TextLine } from "./parts/parts";

export function AgentsPage({ me }: { readonly me: Me }) {
  const [agents, reload] = useLoaded(api.agents);
  const manages = me.workspaces.filter((workspace) => workspace.permissions.includes("manage"));
  useEffect(() => {
    document.title = "Agents · Cohelm";
  }, []);
  return (
    <>
      <PageBar me={me} here="agents" />
      <main className="page">
        <div className="page-head">
          <h1>Agents</h1>
        </div>
        <div className="agent-grid">
          <AgentList
            agents={agents}
            managed={new Set(manages.map(({ id }) => id))}
            reload={reload}
          />
          {manages.length > 0 ? <AddAgent workspaces={manages} added={reload} /> : <MayNot />}
        </div>
      </main>
    </>
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
  if (agents.kind === "failed") {
    return (
      <Problem>
        {agents.sentence} <Act onPress={reload}>Try again</Act>
      </Problem>
    );
  }
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

const BLANK_AGENT = { name: "", url: "", header: "", secret: "", ca: "" };

function AddAgent({ workspaces, added }: AddAgentProps) {
  const [workspace, setWorkspace] = useState(workspaces[0]?.id ?? "");
  const [form, setForm] = useState(BLANK_AGENT);
  const [test, setTest] = useState<AgentTest | null>(null);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState("");
  const headers = form.header.trim() === "" ? {} : { [form.header.trim()]: form.secret };

  const run = async (what: string, work: () => Promise<void>) => {
    setBusy(what);
    setProblem("");
    await work().catch((error: unknown) => setProblem(sentenceOf(error)));
    setBusy("");
  };
  const tryIt = () =>
    run("test", async () => setTest(await api.testAgent(form.url, headers, form.ca.trim())));
  const add = () =>
    run("add", async () => {
      const { name, url } = form;
      const ca = form.ca.trim();
      await api.addAgent({ workspace_id: workspace, name, url, headers, ca });
      setForm(BLANK_AGENT);
      setTest(null);
      added();
    });
  const set = (key: keyof typeof form) => (value: string) => {
    setForm({ ...form, [key]: value });
    if (key !== "name") setTest(null);
  };

  return (
    <section className="card agent-form form" aria-label="Add an agent">
      <h2>Add an agent</h2>
      <TextLine label="Name" testid="agent-name" value={form.name} onChange={set("name")} />
      <TextLine
        label="AG-UI address"
        testid="agent-url"
        type="url"
        placeholder="https://agent.example/run"
        value={form.url}
        onChange={set("url")}
      />
      <div className="form-two">
        <TextLine
          label="Secret header"
          testid="agent-header"
          placeholder="Authorization"
          value={form.header}
          onChange={set("header")}
        />
        <TextLine
          label="Its value"
          testid="agent-secret"
          type="password"
          autoComplete="off"
          value={form.secret}
          onChange={set("secret")}
        />
      </div>
      <p className="field-hint">The header is kept sealed and is never shown again.</p>
      {form.url.startsWith("https://") ? (
        <TextField className="field" value={form.ca} onChange={set("ca")}>
          <Label>Who signed its certificate (CA)</Label>
          <TextArea className="input input--code" rows={3} data-testid="agent-ca" />
          <span className="field-hint">
            In PEM form. Leave it empty where a public authority did.
          </span>
        </TextField>
      ) : null}
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
        <Act
          isDisabled={busy !== "" || form.url === ""}
          onPress={() => void tryIt()}
          testid="agent-test"
        >
          {busy === "test" ? "Testing" : "Test connection"}
        </Act>
        <Act
          look="main"
          isDisabled={busy !== "" || form.url === "" || form.name === ""}
          onPress={() => void add()}
          testid="agent-add"
        >
          Add
        </Act>
      </div>
    </section>
  );
}

function Tested({ test }: { readonly test: AgentTest }) {
  if (!test.ok) return <Problem>{test.sentence}</Problem>;
  return (
    <p className="told" data-testid="agent-test-ok">
      <Icon name="check" /> {test.sentence}
    </p>
  );
}
