/** The sessions that one may see, what waits in them for whom, and a new one. */
import { useState } from "react";
import { api, type Me, type SessionRow } from "../client/api";
import { Link } from "../router";
import { doingThere, type Waits, waitingFirst, waitsThere } from "../store/standing";
import { clockOf, counted, dayOf } from "../text/format";
import { NewSession } from "./create";
import { doingWords } from "./parts/doing";
import { Icon } from "./parts/icons";
import { type Fresh, useFresh } from "./parts/loaded";
import { Page } from "./parts/page";
import { Act, Again, Blank } from "./parts/parts";

/** The list is looked at anew so often, in milliseconds. */
const EVERY = 10_000;

export function SessionsPage({ me }: { readonly me: Me }) {
  const [sessions, reload] = useFresh(api.sessions, EVERY);
  const [making, setMaking] = useState(false);
  const drives = me.workspaces.some((workspace) => workspace.permissions.includes("drive"));
  const begin = (
    <Act look="main" icon="plus" onPress={() => setMaking(true)} testid="session-new">
      New session
    </Act>
  );
  const waiting = sessions.kind === "here" ? waitingForMe(sessions.value) : 0;
  return (
    <Page me={me} here="sessions" title="Sessions" waiting={waiting} beside={drives ? begin : null}>
      <List sessions={sessions} reload={reload} drives={drives} />
      {making ? <NewSession me={me} close={() => setMaking(false)} /> : null}
    </Page>
  );
}

const waitingForMe = (rows: readonly SessionRow[]): number =>
  rows.filter((row) => waitsThere(row)?.mine).length;

interface ListProps {
  readonly sessions: Fresh<SessionRow[]>;
  readonly reload: () => void;
  readonly drives: boolean;
}

function List({ sessions, reload, drives }: ListProps) {
  if (sessions.kind === "loading") return <p className="quiet">Loading the sessions.</p>;
  if (sessions.kind === "failed") return <Again reload={reload}>{sessions.sentence}</Again>;
  const { value, late } = sessions;
  return (
    <div className="form">
      {late === null ? null : (
        <Again reload={reload}>
          {late.sentence} You see the sessions as they were at {clockOf(late.since)}.
        </Again>
      )}
      {value.length === 0 ? <None drives={drives} /> : <Rows rows={value} />}
    </div>
  );
}

function Rows({ rows }: { readonly rows: readonly SessionRow[] }) {
  const waiting = waitingForMe(rows);
  return (
    <>
      <p className={waiting > 0 ? "waits" : "quiet"} role="status" data-testid="sessions-waiting">
        {waiting > 0
          ? `${counted(waiting, "session waits", "sessions wait")} for you.`
          : "Nothing waits for you."}
      </p>
      <ul className="card rows" data-testid="session-list">
        {waitingFirst(rows).map((session) => (
          <li key={session.id}>
            <Row session={session} />
          </li>
        ))}
      </ul>
    </>
  );
}

function None({ drives }: { readonly drives: boolean }) {
  return (
    <Blank icon="helm" title="No session yet">
      <p>
        {drives
          ? "A session is where several people drive one agent together. Begin one with New session."
          : "You see a session here as soon as somebody gives you a role in it. Ask the owner of the workspace."}
      </p>
    </Blank>
  );
}

function Row({ session }: { readonly session: SessionRow }) {
  const waits = waitsThere(session);
  return (
    <Link
      className="session-row"
      href={`/sessions/${session.id}`}
      data-testid="session-link"
      data-session={session.id}
      data-waits={waits?.mine === true}
    >
      <strong>{session.title}</strong>
      <span className="quiet">
        <AgentWords session={session} />
        {"\u00a0"}· {session.workspace.name}
        {"\u00a0"}· since {dayOf(new Date(session.created_at).getTime())}
      </span>
      <span className="tags">
        {waits === null ? null : <WaitsTag waits={waits} />}
        {session.status === "open" ? null : <span className="tag">{session.status}</span>}
        {session.roles.map((role) => (
          <span className="tag" key={role}>
            <Icon name="person" size={12} /> {role}
          </span>
        ))}
      </span>
    </Link>
  );
}

function WaitsTag({ waits }: { readonly waits: Waits }) {
  return (
    <span className={`tag ${waits.mine ? "tag--waits" : ""}`} data-testid="session-waits">
      <Icon name="asked" size={12} /> {waits.words}
    </span>
  );
}

/** A closed session says so in its tag; there, only the agent's name is of interest. */
function AgentWords({ session }: { readonly session: SessionRow }) {
  const { agent, status } = session;
  if (agent === null) return "No agent";
  if (status === "closed") return agent.name;
  const what = doingThere(session);
  return (
    <>
      {agent.name}: <span data-doing={what.kind}>{doingWords(what)}</span>
    </>
  );
}
