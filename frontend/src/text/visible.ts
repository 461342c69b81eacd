/** Finds characters that do not show, or that turn the direction of reading, so that nobody is fooled. Pure. */

export interface Piece {
  readonly text: string;
  /** What a reader is shown in place of the character, for example "U+202E". */
  readonly mark?: string;
  readonly name?: string;
}

const NAMES: Readonly<Record<number, string>> = {
  160: "no-break space",
  173: "soft hyphen",
  1564: "Arabic letter mark",
  8203: "zero-width space",
  8204: "zero-width non-joiner",
  8205: "zero-width joiner",
  8206: "left-to-right mark",
  8207: "right-to-left mark",
  8232: "line separator",
  8233: "paragraph separator",
  8234: "left-to-right embedding",
  8235: "right-to-left embedding",
  8236: "end of embedding",
  8237: "left-to-right override",
  8238: "right-to-left override",
  8288: "word joiner",
  8294: "left-to-right isolate",
  8295: "right-to-left isolate",
  8296: "first-strong isolate",
  8297: "end of isolate",
  65279: "byte order mark",
};

/** Control, format, separator, unassigned and private characters; tab and newline are handled apart. */
const HIDDEN =
  /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/gu;
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
