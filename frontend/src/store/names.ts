/** Who is who: everyone whose name this page has ever been told, also after they left. Pure. */
import type { Entry, Present, State, You } from "../core/generated";

export interface Named {
  readonly name: string;
  readonly kind: "person" | "agent";
}

export type Names = ReadonlyMap<string, Named>;

const NOBODY: Named = { name: "someone who left", kind: "person" };
const SYSTEM: Named = { name: "Cohelm", kind: "agent" };

export function nameOf(names: Names, user: string | null | undefined): Named {
  if (user === null || user === undefined) return SYSTEM;
  return names.get(user) ?? NOBODY;
}

export function fromState(names: Names, state: State, you: You | null): Names {
  const grown = new Map(names);
  for (const [user, { name, kind }] of Object.entries(state.participants)) {
    grown.set(user, { name, kind });
  }
  if (state.agent !== null) grown.set(state.agent.user, { name: state.agent.name, kind: "agent" });
  if (you !== null) grown.set(you.id, { name: you.name, kind: you.kind });
  return grown;
}

export function fromEntries(names: Names, entries: readonly Entry[]): Names {
  const joined = entries.flatMap((entry) =>
    !("stub" in entry) && entry.type === "participant.joined" ? [entry.body] : [],
  );
  if (joined.length === 0) return names;
  const grown = new Map(names);
  for (const { user, name, kind } of joined) grown.set(user, { name, kind: kind ?? "person" });
  return grown;
}

export function fromPresence(names: Names, people: readonly Present[]): Names {
  const grown = new Map(names);
  for (const { user, name, kind } of people) grown.set(user, { name, kind });
  return grown;
}
