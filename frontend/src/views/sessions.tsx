/** The sessions that one may see, and a new one. */
import { useState } from "react";
import { api, type Me, type SessionRow } from "../client/api";
import { Link } from "../router";
import { dayOf } from "../text/format";
import { NewSession } from "./create";
import { Icon } from "./parts/icons";
import { type Loaded, useLoaded } from "./parts/loaded";
import { Page } from "./parts/page";
import { Act, Blank, Problem } from "./parts/parts";

export function SessionsPage({ me }: { readonly me: Me }) {
  const [sessions, reload] = useLoaded(api.sessions);
  const [making, setMaking] = useState(false);
  const drives = me.workspaces.some((workspace) => workspace.permissions.includes("drive"));
  const begin = (
    <Act look="main" icon="plus" onPress={() => setMaking(true)} testid="session-new">
      New session
    </Act>
  );
  return (
    <Page me={me} here="sessions" title="Sessions" beside={drives ? begin : null}>
      <List sessions={sessions} reload={reload} drives={drives} />
      {making ? <NewSession me={me} close={() => setMaking(false)} /> : null}
    </Page>
  );
}

interface ListProps {
  readonly sessions: Loaded<SessionRow[]>;
  readonly reload: () => void;
  readonly drives: boolean;
}

function List({ sessions, reload, drives }: ListProps) {
  if (sessions.kind === "loading") return <p className="quiet">Loading the sessions.</p>;
  if (sessions.kind === "failed") {
    return (
      <Problem>
        {sessions.sentence} <Act onPress={reload}>Try again</Act>
      </Problem>
    );
  }
  if (sessions.value.length === 0) return <None drives={drives} />;
  return (
    <ul className="card rows" data-testid="session-list">
      {sessions.value.map((session) => (
        <li key={session.id}>
          <Row session={session} />
        </li>
      ))}
    </ul>
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
  return (
    <Link
      className="session-row"
      href={`/sessions/${session.id}`}
      data-testid="session-link"
      data-session={session.id}
    >
      <strong>{session.title}</strong>
      <span className="quiet">
        {session.agent === null ? "No agent" : session.agent.name} · {session.workspace.name} ·
        since {dayOf(new Date(session.created_at).getTime())}
      </span>
      <span className="tags">
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
