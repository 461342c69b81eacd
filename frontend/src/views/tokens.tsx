/** Tokens of one's own programs and of the agents that one manages. */
import { type FormEvent, useState } from "react";
import { type AgentRow, api, type Me } from "../client/api";
import { sentenceOf } from "../client/http";
import { type TokenCard, tokens } from "../client/people";
import { dayOf, fullTime } from "../text/format";
import { type Loaded, useLoaded } from "./parts/loaded";
import { Once } from "./parts/once";
import { Page } from "./parts/page";
import { Act, Again, Blank, Choice, Problem, TextLine } from "./parts/parts";
import { type Question, Sure } from "./parts/sure";

export function TokensPage({ me }: { readonly me: Me }) {
  const [found, reload] = useLoaded(tokens.list);
  const [asked, ask] = useState<Question | null>(null);
  return (
    <Page
      me={me}
      here="tokens"
      title="Tokens"
      about="A program signs in with a token, and may do what its owner may, or only read."
    >
      <div className="agent-grid">
        <TokenList found={found} reload={reload} ask={ask} />
        <NewToken me={me} made={reload} />
      </div>
      {asked === null ? null : (
        <Sure
          question={asked}
          close={(done) => {
            ask(null);
            if (done) reload();
          }}
        />
      )}
    </Page>
  );
}

interface TokenListProps {
  readonly found: Loaded<TokenCard[]>;
  readonly reload: () => void;
  readonly ask: (question: Question) => void;
}

function TokenList({ found, reload, ask }: TokenListProps) {
  if (found.kind === "loading") return <p className="quiet">Loading the tokens.</p>;
  if (found.kind === "failed") return <Again reload={reload}>{found.sentence}</Again>;
  if (found.value.length === 0) {
    return (
      <Blank icon="key" title="No token yet">
        <p>Make one for a script, or for an agent that joins by itself.</p>
      </Blank>
    );
  }
  return (
    <ul className="card rows" data-testid="token-list" aria-label="Tokens">
      {found.value.map((token) => (
        <li className="session-row" key={token.id} data-kept={token.id}>
          <strong>{token.name}</strong>
          <span className="quiet">
            <span className="mono">{token.prefix}…</span> · {whose(token)}
            {token.scope === "read" ? "reading only · " : ""}
            {token.until === null ? "without an end" : `until ${dayOf(Date.parse(token.until))}`} ·{" "}
            {used(token)}
          </span>
          <span className="tags">
            <Act
              aria-label={`Revoke ${token.name}`}
              onPress={() => ask(revoking(token))}
              testid="token-revoke"
            >
              Revoke
            </Act>
          </span>
        </li>
      ))}
    </ul>
  );
}

function whose({ agent, session, workspace }: TokenCard): string {
  const place = session ?? workspace;
  const of = agent === null ? "" : `of the agent ${agent.name} · `;
  return place === null ? of : `${of}only in ${place.name} · `;
}

function used({ last_used_at: at }: TokenCard): string {
  return at === null ? "never used" : `last used ${fullTime(Date.parse(at))}`;
}

function revoking({ id, name, prefix }: TokenCard): Question {
  return {
    title: "Revoke this token?",
    sentence: `Whatever uses ${name} (${prefix}…) is shut out at once. It cannot be made valid again.`,
    yes: "Revoke",
    work: () => tokens.revoke(id),
  };
}

const ENDS = [
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "1 year" },
  { value: "", label: "No end" },
] as const;

const SCOPES = [
  { value: "full", label: "All that its owner may" },
  { value: "read", label: "Reading only" },
] as const;

const BLANK_TOKEN = { name: "", scope: "full", days: "90", agent: "", workspace: "" };

function NewToken({ me, made }: { readonly me: Me; readonly made: () => void }) {
  const [form, setForm] = useState(BLANK_TOKEN);
  const [text, setText] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const [agents] = useLoaded(api.agents);
  const managed = agents.kind === "here" ? agents.value.filter((one) => manages(me, one)) : [];
  const set = (key: keyof typeof form) => (value: string) => setForm({ ...form, [key]: value });

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem("");
    try {
      const { token } = await tokens.make({
        name: form.name.trim(),
        scope: form.scope,
        days: form.days === "" ? null : Number(form.days),
        agent_id: form.agent === "" ? null : form.agent,
        workspace_id: form.workspace === "" ? null : form.workspace,
      });
      setText(token);
      setForm(BLANK_TOKEN);
      made();
    } catch (error) {
      setProblem(sentenceOf(error));
    }
    setBusy(false);
  };

  return (
    <section className="card agent-form" aria-label="New token">
      <form className="form" onSubmit={(event) => void submit(event)}>
        <h2>New token</h2>
        <TextLine
          label="What it is for"
          testid="token-name"
          maxLength={100}
          value={form.name}
          onChange={set("name")}
        />
        <Choice
          label="It may do"
          testid="token-scope"
          value={form.scope}
          onChange={set("scope")}
          options={SCOPES}
        />
        <Choice label="It works for" value={form.days} onChange={set("days")} options={ENDS} />
        {me.workspaces.length > 0 ? (
          <Choice
            label="Where"
            value={form.workspace}
            onChange={set("workspace")}
            options={[
              { value: "", label: "Everywhere" },
              ...me.workspaces.map(({ id, name }) => ({ value: id, label: `Only in ${name}` })),
            ]}
          />
        ) : null}
        {managed.length > 0 ? (
          <Choice
            label="Whose"
            value={form.agent}
            onChange={set("agent")}
            options={[
              { value: "", label: "Yours" },
              ...managed.map(({ id, name }) => ({ value: id, label: `The agent ${name}` })),
            ]}
          />
        ) : null}
        {problem === "" ? null : <Problem>{problem}</Problem>}
        {text === "" ? null : (
          <Once
            key={text}
            label="Copy it now"
            text={text}
            hint="It is not shown again."
            testid="token-text"
          />
        )}
        <div className="actions-row">
          <Act
            look="main"
            type="submit"
            isDisabled={busy || form.name.trim() === ""}
            testid="token-make"
          >
            Make the token
          </Act>
        </div>
      </form>
    </section>
  );
}

function manages(me: Me, agent: AgentRow): boolean {
  const place = typeof agent.workspace === "string" ? agent.workspace : agent.workspace.id;
  return me.workspaces.some(
    ({ id, permissions }) => id === place && permissions.includes("manage"),
  );
}
