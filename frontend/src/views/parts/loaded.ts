/** Something fetched once: loading, failed with a sentence, or here. */
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
      (error: unknown) => {
        // Whoever was signed out meanwhile is led to the login, and from there back to here.
        if (error instanceof HttpRefusal && error.status === 401) void lookWhoIsHere();
        setFound({ kind: "failed", sentence: sentenceOf(error) });
      },
    );
  }, [fetch]);
  useEffect(load, [load]);
  return [found, load];
}
