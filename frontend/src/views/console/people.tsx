/** Who is here: the fact in the top line, and the panel with roles. */
import type { Present } from "../../core/generated";
import { rolesOf } from "../../store/select";
import type { SessionView } from "../../store/view";
import { counted } from "../../text/format";
import { Avatar } from "../parts/parts";
import { useView } from "./context";

const SHOWN = 6;

function peopleHere(view: SessionView): readonly Present[] {
  const you = view.you?.id;
  const people = view.people.filter((one) => one.kind === "person");
  return [...people].sort((a, b) => Number(b.user === you) - Number(a.user === you));
}

export function Here() {
  const view = useView();
  const people = peopleHere(view);
  const more = people.length - SHOWN;
  return (
    <section className="fact fact--here" aria-label="People here" data-testid="people-here">
      <span className="fact-label">Here</span>
      <span className="fact-value">
        <span className="stack">
          {people.slice(0, SHOWN).map((one) => (
            <Avatar key={one.user} name={one.name} you={one.user === view.you?.id} />
          ))}
        </span>
        <span className="quiet here-words">{hereWords(people, more, view)}</span>
      </span>
    </section>
  );
}

function hereWords(people: readonly Present[], more: number, view: SessionView): string {
  if (!view.live) return "not known";
  if (people.length === 1) return "only you";
  return more > 0 ? `and ${more} more` : counted(people.length, "person", "people");
}

interface Listed {
  readonly user: string;
  readonly name: string;
  readonly agent: boolean;
  readonly connections: number;
}

function everyone(view: SessionView): readonly Listed[] {
  const here = new Map(view.people.map((one) => [one.user, one]));
  const joined = Object.entries(view.state.participants).map(([user, { name, kind }]) => ({
    user,
    name,
    agent: kind === "agent",
    connections: here.get(user)?.connections ?? 0,
  }));
  const guests = view.people
    .filter((one) => view.state.participants[one.user] === undefined)
    .map(({ user, name, kind, connections }) => ({
      user,
      name,
      agent: kind === "agent",
      connections,
    }));
  return [...joined, ...guests].sort(
    (a, b) => Number(b.connections > 0) - Number(a.connections > 0),
  );
}

export function PeoplePanel() {
  const view = useView();
  const all = everyone(view);
  return (
    <section className="panel" aria-label="People" data-testid="people">
      <h2>People</h2>
      <ul className="people">
        {all.map((one) => (
          <Person key={one.user} one={one} view={view} />
        ))}
      </ul>
    </section>
  );
}

function Person({ one, view }: { readonly one: Listed; readonly view: SessionView }) {
  const you = one.user === view.you?.id;
  const away = one.connections === 0;
  return (
    <li data-user={one.user} data-here={!away}>
      <Avatar name={one.name} agent={one.agent} you={you} away={away} />
      <span className="person-name">
        {one.name}
        {you ? <span className="quiet"> (you)</span> : null}
      </span>
      <span className="quiet person-role">{aboutPerson(one, rolesOf(view, one.user))}</span>
    </li>
  );
}

function aboutPerson(one: Listed, roles: readonly string[]): string {
  const away = one.connections === 0 ? ["away"] : [];
  const tabs = one.connections > 1 && !one.agent ? [`${one.connections} tabs`] : [];
  return [...roles, ...away, ...tabs].join(", ");
}
