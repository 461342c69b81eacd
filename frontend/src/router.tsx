/** Which page a path means, and going there without a reload. */
import { type AnchorHTMLAttributes, type MouseEvent, useSyncExternalStore } from "react";
import { Cell } from "./store/listeners";

export type Place =
  | { readonly page: "login"; readonly next: string; readonly refused: string }
  | { readonly page: "signup"; readonly token: string }
  | { readonly page: "sessions" }
  | { readonly page: "invitation" }
  | { readonly page: "agents" }
  | { readonly page: "people" }
  | { readonly page: "tokens" }
  | { readonly page: "console"; readonly session: string }
  | { readonly page: "nowhere" };

const path = new Cell(location.pathname + location.search);
window.addEventListener("popstate", () => path.set(location.pathname + location.search));

export function go(to: string): void {
  history.pushState(null, "", to);
  path.set(location.pathname + location.search);
  window.scrollTo(0, 0);
}

export function usePlace(): Place {
  return placeOf(useSyncExternalStore(path.subscribe, path.get));
}

export function placeOf(full: string): Place {
  const url = new URL(full, "http://page");
  const parts = url.pathname.split("/").filter((part) => part !== "");
  const [first, second] = parts;
  if (first === undefined || (first === "sessions" && second === undefined)) {
    return { page: "sessions" };
  }
  if (first === "sessions" && second !== undefined) return { page: "console", session: second };
  if (first === "signup" && second !== undefined) return { page: "signup", token: second };
  if (first === "login") return login(url.searchParams);
  return isPlain(first) ? { page: first } : { page: "nowhere" };
}

const PLAIN = ["invitation", "agents", "people", "tokens"] as const;

function isPlain(name: string): name is (typeof PLAIN)[number] {
  return PLAIN.some((one) => one === name);
}

function login(asked: URLSearchParams): Place {
  return {
    page: "login",
    next: localPath(asked.get("next")),
    refused: asked.get("refused") ?? "",
  };
}

/** Keep only a path of this site, so that a link cannot send people elsewhere after login. */
function localPath(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) ? next : "/";
}

export function Link(props: AnchorHTMLAttributes<HTMLAnchorElement> & { readonly href: string }) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    go(props.href);
  };
  // biome-ignore lint/a11y: a real link, with a real address; a click only spares the reload
  return <a {...props} onClick={follow} />;
}
