/** How a tool call is told in one line: the argument that matters, the size of the result. Pure. */
import { bytesOf, counted } from "./format";

const TELLING = [
  "path",
  "paths",
  "file",
  "files",
  "filename",
  "pattern",
  "query",
  "command",
  "program",
  "url",
  "name",
  "id",
  "folder",
  "directory",
  "target",
  "title",
];

export type Parsed =
  | { readonly kind: "json"; readonly value: unknown }
  | { readonly kind: "text"; readonly text: string };

export function parsed(text: string): Parsed {
  const trimmed = text.trim();
  if (trimmed === "" || !/^[[{"\d\-tfn]/.test(trimmed)) return { kind: "text", text };
  try {
    return { kind: "json", value: JSON.parse(trimmed) };
  } catch {
    return { kind: "text", text };
  }
}

/** Give "path: logs/a.log" or "" where there is nothing to tell. */
export function tellingArgument(args: string): string {
  const found = parsed(args);
  if (found.kind === "text") return oneLine(found.text);
  if (!isMap(found.value)) return oneLine(JSON.stringify(found.value));
  const map = found.value;
  const key = TELLING.find((name) => name in map) ?? Object.keys(map)[0];
  return key === undefined ? "" : `${key}: ${briefly(map[key])}`;
}

function briefly(value: unknown): string {
  if (typeof value === "string") return oneLine(value);
  if (!Array.isArray(value)) return oneLine(JSON.stringify(value) ?? "");
  const [first] = value as unknown[];
  if (value.length === 1) return briefly(first);
  return value.length === 0 ? "none" : `${briefly(first)} and ${value.length - 1} more`;
}

const LONGEST = 120;

function oneLine(text: string): string {
  const flat = text.replace(/\s+/g, " ").trim();
  return flat.length > LONGEST ? `${flat.slice(0, LONGEST)}…` : flat;
}

export function resultSize(content: string): string {
  const found = parsed(content);
  if (found.kind === "json") {
    const list = listOf(found.value);
    if (list !== null) return counted(list.length, "result", "results");
    if (typeof found.value !== "string" && !isMap(found.value)) return oneLine(String(found.value));
  }
  const lines = content.trimEnd().split("\n").length;
  if (lines > 1) return counted(lines, "line", "lines");
  return content.length <= 48 && found.kind === "text"
    ? oneLine(content) || "done"
    : bytesOf(content);
}

/** A list, or the one list within a map. */
function listOf(value: unknown): readonly unknown[] | null {
  if (Array.isArray(value)) return value;
  if (!isMap(value)) return null;
  const lists = Object.values(value).filter(Array.isArray);
  return lists.length === 1 ? (lists[0] ?? null) : null;
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
