/** One agent of the list: its name and address changed, or the agent removed. */
import { type FormEvent, type KeyboardEvent, useState } from "react";
import type { AgentRow, AgentTest } from "../client/api";
import { sentenceOf } from "../client/http";
import { agents } from "../client/people";
import { AgentFields, BLANK_AGENT, headersOf } from "./parts/agent-fields";
import { Act, Problem } from "./parts/parts";
import { Says, Tested } from "./parts/says";
import { type Question, Sure } from "./parts/sure";

interface AgentItemProps {
  readonly agent: AgentRow;
  readonly managed: boolean;
  readonly changed: () => void;
}

export function AgentItem({ agent, managed, changed }: AgentItemProps) {
  const [changing, setChanging] = useState(false);
  const [asked, ask] = useState<Question | null>(null);
  const [tested, test] = useTest(agent, changed);
  const testing = tested === "going" ? "Testing connection" : "Test connection";
  return (
    <li className="member" data-testid="agent" data-agent={agent.name} data-kept={agent.id}>
      <div className="member-head">
        <div className="member-who member-who--wide">
          <strong>{agent.name}</strong>
          <div className="quiet mono agent-url">{agent.url}</div>
        </div>
        {agent.has_headers ? <span className="tag">secret headers</span> : null}
        {agent.has_ca ? <span className="tag">own CA</span> : null}
        {managed ? (
          <div className="member-acts">
            <Act
              aria-label={`${testing} to ${agent.name}`}
              isDisabled={tested === "going"}
              onPress={() => void test()}
              testid="agent-test-kept"
            >
              {testing}
            </Act>
            <Act
              aria-expanded={changing}
              aria-label={`Change ${agent.name}`}
              onPress={() => setChanging(!changing)}
              testid="agent-change"
            >
              Change
            </Act>
            <Act
              look="bare"
              aria-label={`Remove ${agent.name}`}
              onPress={() => ask(removing(agent))}
              testid="agent-remove"
            >
              Remove
            </Act>
          </div>
        ) : null}
      </div>
      <Says says={agent.capabilities} />
      {tested === null || tested === "going" ? null : <Tested test={tested} brief />}
      {changing ? (
        <Change
          agent={agent}
          done={(kept) => {
            setChanging(false);
            if (kept) changed();
          }}
        />
      ) : null}
      {asked === null ? null : (
        <Sure
          question={asked}
          close={(done) => {
            ask(null);
            if (done) changed();
          }}
        />
      )}
    </li>
  );
}

/** Test an agent as it is kept; what it says of itself is then read anew. */
function useTest(agent: AgentRow, changed: () => void) {
  const [tested, setTested] = useState<AgentTest | "going" | null>(null);
  const test = async () => {
    setTested("going");
    const failed = (error: unknown) => ({
      ok: false,
      sentence: sentenceOf(error),
      capabilities: null,
    });
    setTested(await agents.test(agent.id).catch(failed));
    changed();
  };
  return [tested, test] as const;
}

interface ChangeProps {
  readonly agent: AgentRow;
  /** Called with whether anything was changed. */
  readonly done: (changed: boolean) => void;
}

function Change({ agent, done }: ChangeProps) {
  const [form, setForm] = useState({ ...BLANK_AGENT, name: agent.name, url: agent.url });
  const [problem, setProblem] = useState("");
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const { name, url, ca } = form;
    const headers = headersOf(form);
    const anew = {
      ...(Object.keys(headers).length > 0 ? { headers } : {}),
      ...(ca.trim() === "" ? {} : { ca: ca.trim() }),
    };
    try {
      await agents.change(agent.id, { name, url, ...anew });
      done(true);
    } catch (error) {
      setProblem(sentenceOf(error));
    }
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.key === "Escape") done(false);
  };
  return (
    <form className="form" onSubmit={(event) => void submit(event)} onKeyDown={pressed}>
      <AgentFields
        prefix="change"
        form={form}
        change={setForm}
        hint="Left empty, the secret headers stay; another server needs them anew."
        caHint="In PEM form. Left empty, it stays as it is."
        autoFocus
      />
      {problem === "" ? null : <Problem>{problem}</Problem>}
      <div className="actions-row">
        <Act onPress={() => done(false)}>Cancel</Act>
        <Act
          look="main"
          type="submit"
          isDisabled={form.name === "" || form.url === ""}
          testid="change-submit"
        >
          Keep the change
        </Act>
      </div>
    </form>
  );
}

function removing({ id, name }: AgentRow): Question {
  return {
    title: "Remove this agent?",
    sentence: `${name} cannot be put behind sessions any more. One that is behind a session stays.`,
    yes: "Remove",
    work: () => agents.remove(id),
  };
}
