/** Something fetched, once or again and again: loading, failed with a sentence, or here. */
import { useCallback, useEffect, useState } from "react";
import { HttpRefusal, sentenceOf } from "../../client/http";
import { lookWhoIsHere } from "../../store/me";

export type Loaded<T> =
  | { readonly kind: "loading" }
  | { readonly kind: "failed"; readonly sentence: string }
  | { readonly kind: "here"; readonly value: T };

/** `fetch` must be the same function on every drawing. */
export function useLoaded<T>(fetch: () => Promise<T>): readonly [Loaded<T>, () => void] {
  const [found, setFound] = useState<Loaded<T>>({ kind: "loading" });
  const load = useCallback(() => {
    fetch().then(
      (value) => setFound({ kind: "here", value }),
      (error: unknown) => setFound({ kind: "failed", sentence: sentenceAfter(error) }),
    );
  }, [fetch]);
  useEffect(load, [load]);
  return [found, load];
}

/** Whoever was signed out meanwhile is led to the login, and from there back to here. */
function sentenceAfter(error: unknown): string {
  if (error instanceof HttpRefusal && error.status === 401) void lookWhoIsHere();
  return sentenceOf(error);
}

/** What was found last stays while it cannot be fetched anew: then `since` says of when it is. */
export type Fresh<T> =
  | Exclude<Loaded<T>, { readonly kind: "here" }>
  | { readonly kind: "here"; readonly value: T; readonly late: Late | null };

export interface Late {
  readonly since: number;
  readonly sentence: string;
}

/** Fetch again every so many milliseconds while somebody looks, and as soon as somebody looks again. */
export function useFresh<T>(
  fetch: () => Promise<T>,
  every: number,
): readonly [Fresh<T>, () => void] {
  const [found, setFound] = useState<Fresh<T> & { readonly at: number }>({
    kind: "loading",
    at: 0,
  });
  const load = useCallback(() => {
    fetch().then(
      (value) => setFound({ kind: "here", value, late: null, at: Date.now() }),
      (error: unknown) => {
        const sentence = sentenceAfter(error);
        setFound((before) =>
          before.kind === "here"
            ? { ...before, late: { since: before.at, sentence } }
            : { kind: "failed", sentence, at: 0 },
        );
      },
    );
  }, [fetch]);
  useEffect(() => {
    const look = () => {
      if (!document.hidden) load();
    };
    load();
    const timer = setInterval(look, every);
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [load, every]);
  return [found, load];
}
