/** Reads light formatting: paragraphs, headings, lists, code. No HTML, no images, no links. Pure. */

export type Inline =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "code"; readonly text: string }
  | { readonly kind: "strong"; readonly text: string };

export type Block =
  | { readonly kind: "paragraph"; readonly lines: readonly (readonly Inline[])[] }
  | { readonly kind: "heading"; readonly text: readonly Inline[] }
  | { readonly kind: "list"; readonly ordered: boolean; readonly items: readonly ListItem[] }
  | { readonly kind: "code"; readonly text: string; readonly language: string };

export interface ListItem {
  readonly depth: number;
  readonly text: readonly Inline[];
}

const FENCE = /^\s{0,3}```\s*([\w+.#-]*)\s*$/;
const HEADING = /^#{1,6}\s+(.*)$/;
const BULLET = /^(\s*)(?:[-*•]|(\d{1,4})[.)])\s+(.*)$/;

export function blocksOf(text: string): readonly Block[] {
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  const blocks: Block[] = [];
  let at = 0;
  while (at < lines.length) {
    const [block, next] = blockAt(lines, at);
    if (block !== null) blocks.push(block);
    at = next;
  }
  return blocks;
}

function blockAt(lines: readonly string[], at: number): readonly [Block | null, number] {
  const line = lines[at] ?? "";
  if (line.trim() === "") return [null, at + 1];
  const fence = FENCE.exec(line);
  if (fence !== null) return codeAt(lines, at + 1, fence[1] ?? "");
  const heading = HEADING.exec(line);
  if (heading !== null) return [{ kind: "heading", text: inlinesOf(heading[1] ?? "") }, at + 1];
  return BULLET.test(line) ? listAt(lines, at) : paragraphAt(lines, at);
}

/** A fence that is still open takes all that is there: the rest is being written. */
function codeAt(
  lines: readonly string[],
  from: number,
  language: string,
): readonly [Block, number] {
  const end = lines.findIndex((line, at) => at >= from && /^\s{0,3}```\s*$/.test(line));
  const last = end === -1 ? lines.length : end;
  const text = lines.slice(from, last).join("\n");
  return [{ kind: "code", text, language }, end === -1 ? lines.length : end + 1];
}

function listAt(lines: readonly string[], from: number): readonly [Block, number] {
  const items: ListItem[] = [];
  const ordered = BULLET.exec(lines[from] ?? "")?.[2] !== undefined;
  let at = from;
  for (; at < lines.length; at += 1) {
    const bullet = BULLET.exec(lines[at] ?? "");
    if (bullet === null) break;
    const depth = Math.min(3, Math.floor((bullet[1] ?? "").length / 2));
    items.push({ depth, text: inlinesOf(bullet[3] ?? "") });
  }
  return [{ kind: "list", ordered, items }, at];
}

function paragraphAt(lines: readonly string[], from: number): readonly [Block, number] {
  let at = from + 1;
  while (at < lines.length && !begins(lines[at] ?? "")) at += 1;
  return [{ kind: "paragraph", lines: lines.slice(from, at).map(inlinesOf) }, at];
}

function begins(line: string): boolean {
  return line.trim() === "" || FENCE.test(line) || HEADING.test(line) || BULLET.test(line);
}

const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*/g;

export function inlinesOf(line: string): readonly Inline[] {
  const found: Inline[] = [];
  let from = 0;
  for (const match of line.matchAll(INLINE)) {
    if (match.index > from) found.push({ kind: "text", text: line.slice(from, match.index) });
    const [whole, code, strong] = match;
    if (code !== undefined) found.push({ kind: "code", text: code });
    else found.push({ kind: "strong", text: strong ?? "" });
    from = match.index + whole.length;
  }
  if (from < line.length) found.push({ kind: "text", text: line.slice(from) });
  return found;
}
