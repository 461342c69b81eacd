/** The HTTP endpoints, typed. */
import type { Capabilities } from "../text/capabilities";
import { getJson, postJson } from "./http";

export interface Workspace {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
}

export interface Me {
  readonly id: string;
  readonly username: string;
  readonly name: string;
  readonly kind: "person" | "agent";
  readonly workspaces: readonly Workspace[];
  readonly demo?: boolean;
}

/** How a session stands; `run_since` in microseconds since 1970. */
export interface Standing {
  readonly approvals: number;
  readonly unknown_outcomes: number;
  readonly queued: number;
  readonly run_since: number | null;
  readonly last_run: "finished" | "failed" | "cancelled" | null;
  readonly served: boolean;
}

export interface SessionRow {
  readonly id: string;
  readonly title: string;
  readonly status: "opening" | "open" | "closed";
  readonly workspace: { readonly id: string; readonly name: string };
  readonly agent: { readonly id: string; readonly name: string } | null;
  readonly created_at: string | number;
  readonly standing: Standing;
  readonly permissions: readonly string[];
  readonly roles: readonly string[];
}

export interface AgentRow {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly workspace: { readonly id: string; readonly name: string } | string;
  readonly owner: { readonly name: string } | string | null;
  readonly has_headers: boolean;
  readonly has_ca: boolean;
  readonly capabilities: Capabilities | null;
}

export interface NewSession {
  readonly workspace_id: string;
  readonly title: string;
  readonly agent_id: string | null;
}

export interface NewAgent {
  readonly workspace_id: string;
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly ca: string;
}

export interface AgentTest {
  readonly ok: boolean;
  readonly sentence: string;
  readonly capabilities: Capabilities | null;
}

export interface Ways {
  readonly passwords: boolean;
  readonly provider: { readonly name: string } | null;
  readonly refusal: { readonly code: string; readonly sentence: string } | null;
}

export const api = {
  me: () => getJson<Me>("/api/v1/me"),
  login: (username: string, password: string) =>
    postJson<unknown>("/api/v1/login", { username, password }),
  ways: (refused: string) =>
    getJson<Ways>(`/api/v1/login/ways?refused=${encodeURIComponent(refused)}`),
  toProvider: async (next: string, asAnother: boolean) => {
    const wish = { next, as_another: asAnother };
    return (await postJson<{ url: string }>("/api/v1/login/provider", wish)).url;
  },
  lookAtSignup: (token: string) => getJson<unknown>(`/api/v1/signup/${encodeURIComponent(token)}`),
  signUp: (token: string, form: Readonly<Record<string, string>>) =>
    postJson<unknown>(`/api/v1/signup/${encodeURIComponent(token)}`, form),
  beginWorkspace: (token: string, workspace: string) =>
    postJson<unknown>(`/api/v1/signup/${encodeURIComponent(token)}/workspace`, { workspace }),
  logout: () => postJson<unknown>("/api/v1/logout"),
  sessions: async () => (await getJson<{ sessions: SessionRow[] }>("/api/v1/sessions")).sessions,
  createSession: (wish: NewSession, key: string) =>
    postJson<{ id: string }>("/api/v1/sessions", wish, key),
  agents: async () => (await getJson<{ agents: AgentRow[] }>("/api/v1/agents")).agents,
  addAgent: (agent: NewAgent) => postJson<{ id: string }>("/api/v1/agents", agent),
  testAgent: (url: string, headers: Readonly<Record<string, string>>, ca: string) =>
    postJson<AgentTest>("/api/v1/agents/test", { url, headers, ca }),
};
