/** Who is connected, kept up with what the server tells of it. */
import type { Presence, Present } from "../core/generated";

const place = ({ name, user }: Present): string => `${name}\u0000${user}`;

/** Give who is here now, by name; `before` is whom one was shown. */
export function here(before: readonly Present[], told: Presence): readonly Present[] {
  const kept = told.whole ? [] : before;
  const people = new Map([...kept, ...told.people].map((one) => [one.user, one]));
  for (const user of told.gone) people.delete(user);
  return [...people.values()].sort((a, b) => (place(a) < place(b) ? -1 : 1));
}
