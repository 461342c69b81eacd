/** Everyone who is connected, from a whole list and what changes after it. */
import { expect, test } from "vitest";
import type { Presence, Present } from "../core/generated";
import { here } from "./people";

const one = (name: string, connections = 1): Present => ({
  user: `id of ${name}`,
  name,
  kind: "person",
  connections,
  permissions: ["view"],
});

const told = (people: readonly Present[], gone?: readonly Present[]): Presence => ({
  frame: "presence",
  people,
  whole: gone === undefined,
  gone: (gone ?? []).map(({ user }) => user),
});

test("a whole list replaces what was known", () => {
  expect(here([one("Olga")], told([one("Omar")]))).toEqual([one("Omar")]);
});

test("what changed is added or replaced, by name, and who is gone is not here", () => {
  const before = [one("Ada"), one("Olga"), one("Omar")];
  const now = here(before, told([one("Omar", 2), one("Max")], [one("Ada")]));
  expect(now).toEqual([one("Max"), one("Olga"), one("Omar", 2)]);
});

test("what is told twice changes nothing", () => {
  const news = told([one("Omar", 2)], [one("Ada")]);
  const once = here([one("Ada"), one("Olga")], news);
  expect(here(once, news)).toEqual(once);
});
