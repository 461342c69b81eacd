/** The session that the console's parts draw. */
import { createContext, useContext, useSyncExternalStore } from "react";
import type { SessionStore } from "../../store/session";
import type { SessionView } from "../../store/view";

export const SessionContext = createContext<SessionStore | null>(null);

export function useStore(): SessionStore {
  const store = useContext(SessionContext);
  if (store === null) throw new Error("outside a session");
  return store;
}

export function useView(): SessionView {
  const store = useStore();
  return useSyncExternalStore(store.subscribe, store.get);
}
