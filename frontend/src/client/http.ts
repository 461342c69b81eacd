/** JSON over HTTP with Django's CSRF cookie. Knows no endpoint. */

export class HttpRefusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly retry: boolean;

  constructor(status: number, code: string, sentence: string, retry: boolean) {
    super(sentence);
    this.status = status;
    this.code = code;
    this.retry = retry;
  }
}

const UNREACHABLE = "Cohelm cannot be reached. Look at the network, then try again.";
const UNREADABLE = "The server gave an answer that this page cannot read. Try again in a moment.";

export async function getJson<T>(path: string): Promise<T> {
  return await request<T>("GET", path);
}

/** `key`: an id of ours for what is asked; the same again with the same key is done once. */
export async function postJson<T>(path: string, body: unknown = {}, key?: string): Promise<T> {
  return await request<T>("POST", path, body, key);
}

export async function patchJson<T>(path: string, body: unknown): Promise<T> {
  return await request<T>("PATCH", path, body);
}

export async function deleteJson<T>(path: string): Promise<T> {
  return await request<T>("DELETE", path, {});
}

async function request<T>(method: string, path: string, body?: unknown, key?: string): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (key !== undefined) headers["Idempotency-Key"] = key;
  const init: RequestInit = { method, headers, credentials: "same-origin" };
  if (body !== undefined) {
    headers["Content-Type"] = "application/json";
    headers["X-CSRFToken"] = cookie("csrftoken");
    init.body = JSON.stringify(body);
  }
  const answer = await fetch(path, init).catch(() => {
    throw new HttpRefusal(0, "unreachable", UNREACHABLE, true);
  });
  return await read<T>(answer);
}

async function read<T>(answer: Response): Promise<T> {
  const found: unknown = await answer.json().catch(() => null);
  if (answer.ok && found !== null) return found as T;
  if (answer.ok && answer.status === 204) return undefined as T;
  const said = (found ?? {}) as { code?: string; sentence?: string; retry?: boolean };
  throw new HttpRefusal(
    answer.status,
    said.code ?? "unreadable",
    said.sentence ?? UNREADABLE,
    said.retry ?? answer.status >= 500,
  );
}

function cookie(name: string): string {
  const pair = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
  return pair === undefined ? "" : decodeURIComponent(pair.slice(name.length + 1));
}

export function sentenceOf(error: unknown): string {
  return error instanceof Error && error.message !== "" ? error.message : UNREADABLE;
}
