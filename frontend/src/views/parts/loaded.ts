/** Something fetched once: loading, failed with a sentence, or here. */
import { useCallback, useEffect, useState } from "react";
import { sentenceOf } from "../../client/http";

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
      (error: unknown) => setFound({ kind: "failed", sentence: sentenceOf(error) }),
    );
  }, [fetch]);
  useEffect(load, [load]);
  return [found, load];
}
