/** Who is signed in, for every page. */
import { api, type Me } from "../client/api";
import { HttpRefusal, sentenceOf } from "../client/http";
import { Cell } from "./listeners";

export type Login =
  | { readonly kind: "looking" }
  | { readonly kind: "none" }
  | { readonly kind: "failed"; readonly sentence: string }
  | { readonly kind: "here"; readonly me: Me };

export const login = new Cell<Login>({ kind: "looking" });

export async function lookWhoIsHere(): Promise<void> {
  try {
    login.set({ kind: "here", me: await api.me() });
  } catch (error) {
    const nobody = error instanceof HttpRefusal && error.status === 401;
    login.set(nobody ? { kind: "none" } : { kind: "failed", sentence: sentenceOf(error) });
  }
}

export async function signOut(): Promise<void> {
  await api.logout().catch(() => undefined);
  login.set({ kind: "none" });
}
