/** Times, counts and sizes as people read them. Pure. */

const clock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

/** `ms`: milliseconds since 1970. */
export const clockOf = (ms: number): string => clock.format(ms);
export const fullTime = (ms: number): string => full.format(ms);

/** A day stays on one line. */
export const dayOf = (ms: number): string => day.format(ms).replaceAll(" ", "\u00a0");

/** Give milliseconds of a time on the wire, in microseconds. */
export const msOf = (micros: number): number => Math.floor(micros / 1000);

/** 1204 -> "1 204", with a space that does not break. */
export function spaced(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+(?!\d))/g, "\u00a0");
}

/** 134000 -> "02:14"; from an hour on "1:02:14". */
export function elapsed(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** A short stretch of time: "40 ms", "2.1 s", "14 s", "3 min". */
export function lasted(ms: number): string {
  if (ms < 1000) return `${Math.max(1, Math.round(ms))} ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  return ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`;
}

export function counted(count: number, one: string, many: string): string {
  return `${spaced(count)} ${count === 1 ? one : many}`;
}

export function bytesOf(text: string): string {
  const size = new TextEncoder().encode(text).length;
  return size < 1000 ? counted(size, "byte", "bytes") : `${(size / 1000).toFixed(1)} kB`;
}

/** "Ada Lovelace" -> "AL", "operator1" -> "O1". */
export function initials(name: string): string {
  const words = name
    .trim()
    .split(/[\s._-]+/)
    .filter((word) => word !== "");
  const first = [...(words[0] ?? "?")];
  const digits = /\d+$/.exec(name)?.[0];
  if (words.length > 1)
    return ((first[0] ?? "") + ([...(words.at(-1) ?? "")][0] ?? "")).toUpperCase();
  return ((first[0] ?? "?") + (digits?.slice(0, 2) ?? first[1] ?? "")).toUpperCase();
}

const plain = (names: readonly string[], word: string): string => {
  if (names.length <= 1) return names.join("");
  return `${names.slice(0, -1).join(", ")} ${word} ${names.at(-1) ?? ""}`;
};

export const andList = (names: readonly string[]): string => plain(names, "and");
export const orList = (names: readonly string[]): string => plain(names, "or");
