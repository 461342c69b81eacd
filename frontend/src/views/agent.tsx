/** One agent of the list: its name and address changed, or the agent removed. */
import { type FormEvent, useState } from "react";
import type { AgentRow } from "../client/api";
import { sentenceOf } from "../client/http";
import { agents } from "../client/people";
import { Act, Problem, TextLine } from "./parts/parts";
import { type Question, Sure } from "./parts/sure";

interface AgentItemProps {
  readonly agent: AgentRow;
  readonly managed: boolean;
  readonly changed: () => void;
}

export function AgentItem({ agent, managed, changed }: AgentItemProps) {
  const [changing, setChanging] = useState(false);
  const [asked, ask] = useState<Question | null>(null);
  return (
    <li className="member" data-testid="agent" data-agent={agent.name}>
      <div className="member-head">
        <div className="member-who">
          <strong>{agent.name}</strong>
          <div className="quiet mono agent-url">{agent.url}</div>
        </div>
        {agent.has_headers ? <span className="tag">secret headers</span> : null}
        {agent.has_ca ? <span className="tag">own CA</span> : null}
        {managed ? (
          <div className="member-acts">
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
      {changing ? (
        <Change
          agent={agent}
          done={() => {
            setChanging(false);
            changed();
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

function Change({ agent, done }: { readonly agent: AgentRow; readonly done: () => void }) {
  const [form, setForm] = useState({ name: agent.name, url: agent.url, header: "", secret: "" });
  const [problem, setProblem] = useState("");
  const set = (key: keyof typeof form) => (value: string) => setForm({ ...form, [key]: value });
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const { name, url, header, secret } = form;
    const kept = header.trim() === "" ? {} : { headers: { [header.trim()]: secret } };
    try {
      await agents.change(agent.id, { name, url, ...kept });
      done();
    } catch (error) {
      setProblem(sentenceOf(error));
    }
  };
  return (
    <form className="form" onSubmit={(event) => void submit(event)}>
      <TextLine
        label="Name"
        testid="change-name"
        maxLength={100}
        value={form.name}
        onChange={set("name")}
      />
      <TextLine
        label="AG-UI address"
        testid="change-url"
        type="url"
        value={form.url}
        onChange={set("url")}
      />
      <div className="form-two">
        <TextLine
          label="New secret header"
          hint="Left empty, the secrets stay; another server needs them anew."
          value={form.header}
          onChange={set("header")}
        />
        <TextLine
          label="Its value"
          type="password"
          autoComplete="off"
          value={form.secret}
          onChange={set("secret")}
        />
      </div>
      {problem === "" ? null : <Problem>{problem}</Problem>}
      <div className="actions-row">
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
