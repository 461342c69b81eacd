/** What was typed and not yet sent, kept over a reload of this tab. Failing to keep it is no error. */
import { login } from "./me";

/** Each person's own: somebody else may sign in in the same tab. */
function placeOf(key: string): string {
  const who = login.get();
  return `cohelm:${who.kind === "here" ? who.me.id : ""}:${key}`;
}

export function keep(key: string, value: unknown): void {
  try {
    const empty = value === "" || (Array.isArray(value) && value.length === 0);
    if (empty) sessionStorage.removeItem(placeOf(key));
    else sessionStorage.setItem(placeOf(key), JSON.stringify(value));
  } catch {
    // Storage can be full or forbidden; the page goes on with what it holds in memory.
  }
}

export function kept<T>(key: string, otherwise: T): T {
  try {
    const text = sessionStorage.getItem(placeOf(key));
    return text === null ? otherwise : (JSON.parse(text) as T);
  } catch {
    return otherwise;
  }
}
