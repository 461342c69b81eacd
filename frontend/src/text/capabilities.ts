/** What an agent says of itself, as lines to read. Pure. */

export interface Capabilities {
  readonly name: string;
  readonly type: string;
  readonly version: string;
  readonly description: string;
  readonly tools: readonly string[];
  readonly more_tools: number;
  readonly can: readonly string[];
  readonly cannot: readonly string[];
}

export const SAYS_NOTHING = "It does not say what it can do.";

/** Give one line for each thing that was said, each with a word before it. */
export function saidLines(says: Capabilities | null): readonly (readonly [string, string])[] {
  if (says === null) return [];
  const more = says.more_tools > 0 ? ` and ${says.more_tools} more` : "";
  const lines: [string, string][] = [
    ["Is", [says.name, says.type, says.version].filter((text) => text !== "").join(", ")],
    ["Does", says.description],
    ["Tools", `${says.tools.join(", ")}${more}`],
    ["Can", says.can.join(", ")],
    ["Cannot", says.cannot.join(", ")],
  ];
  return lines.filter(([, text]) => text !== "");
}
