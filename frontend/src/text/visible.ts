/** Finds characters that do not show, or that turn the direction of reading, so that nobody is fooled. Pure. */

export interface Piece {
  readonly text: string;
  /** What a reader is shown in place of the character, for example "U+202E". */
  readonly mark?: string;
  readonly name?: string;
}

const NAMES: Readonly<Record<number, string>> = {
  0x00a0: "no-break space",
  0x00ad: "soft hyphen",
  0x061c: "Arabic letter mark",
  0x200b: "zero-width space",
  0x200c: "zero-width non-joiner",
  0x200d: "zero-width joiner",
  0x200e: "left-to-right mark",
  0x200f: "right-to-left mark",
  0x2028: "line separator",
  0x2029: "paragraph separator",
  0x202a: "left-to-right embedding",
  0x202b: "right-to-left embedding",
  0x202c: "end of embedding",
  0x202d: "left-to-right override",
  0x202e: "right-to-left override",
  0x2060: "word joiner",
  0x2066: "left-to-right isolate",
  0x2067: "right-to-left isolate",
  0x2068: "first-strong isolate",
  0x2069: "end of isolate",
  0xfeff: "byte order mark",
};

/** Control, format, separator, unassigned and private characters; tab and newline are handled apart. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/gu;
const TURNING = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Split a text so that each hidden character stands alone, with a mark; newlines and tabs stay. */
export function shown(text: string): readonly Piece[] {
  return split(text, HIDDEN);
}

/** The same for running text: only what turns the direction of reading is marked. */
export function straightened(text: string): readonly Piece[] {
  return split(text, TURNING);
}

function split(text: string, pattern: RegExp): readonly Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    if (match[0] === "\n" || match[0] === "\t") continue;
    if (match.index > from) pieces.push({ text: text.slice(from, match.index) });
    pieces.push(marked(match[0]));
    from = match.index + match[0].length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from) });
  return pieces;
}

function marked(character: string): Piece {
  const code = character.codePointAt(0) ?? 0;
  const mark = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  return { text: character, mark, name: NAMES[code] ?? "hidden character" };
}

/** JSON for an editor: every hidden character as an escape, so that what is edited is what is seen. */
export function editableJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(HIDDEN, (character) =>
    character === "\n" ? character : escaped(character),
  );
}

function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}
