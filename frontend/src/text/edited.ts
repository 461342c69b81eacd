/** Reads edited arguments and says in a sentence what is wrong, or what was changed. Pure. */
import { isMap } from "./tools";

export type Edited =
  | {
      readonly kind: "good";
      readonly args: Record<string, unknown>;
      readonly changed: readonly string[];
    }
  | { readonly kind: "same" }
  | { readonly kind: "wrong"; readonly sentence: string };

export function readEdited(text: string, before: Readonly<Record<string, unknown>>): Edited {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { kind: "wrong", sentence: `This is not JSON yet${where(error, text)}.` };
  }
  if (!isMap(value)) {
    return { kind: "wrong", sentence: "Arguments are an object: begin with { and end with }." };
  }
  const changed = changes(before, value);
  return changed.length === 0 ? { kind: "same" } : { kind: "good", args: value, changed };
}

/** Browsers name the place in different ways; say the line where one can be made of it. */
function where(error: unknown, text: string): string {
  const said = error instanceof Error ? error.message : "";
  const line = /line (\d+)/.exec(said)?.[1];
  if (line !== undefined) return `: look at line ${line}`;
  const position = /position (\d+)/.exec(said)?.[1];
  if (/end of/i.test(said)) return ": something is missing at the end";
  if (position === undefined) return ": look at its quotes, commas and brackets";
  return `: look at line ${text.slice(0, Number(position)).split("\n").length}`;
}

function changes(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): readonly string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].filter((key) => !same(before[key], after[key]));
}

/** Compare as JSON values; the order of keys does not matter, the order of a list does. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((value, at) => same(value, b[at]));
  }
  if (!isMap(a) || !isMap(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]))
  );
}
