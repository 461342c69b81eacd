/** What was typed and not yet sent, kept over a reload of this tab. Failing to keep it is no error. */

export function keep(key: string, value: unknown): void {
  try {
    const empty = value === "" || (Array.isArray(value) && value.length === 0);
    if (empty) sessionStorage.removeItem(`cohelm:${key}`);
    else sessionStorage.setItem(`cohelm:${key}`, JSON.stringify(value));
  } catch {
    // Storage can be full or forbidden; the page goes on with what it holds in memory.
  }
}

export function kept<T>(key: string, otherwise: T): T {
  try {
    const text = sessionStorage.getItem(`cohelm:${key}`);
    return text === null ? otherwise : (JSON.parse(text) as T);
  } catch {
    return otherwise;
  }
}
