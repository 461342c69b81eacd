/** The HTTP endpoints about people, invitations and tokens, typed. */
import type { AgentTest, Me } from "./api";
import { deleteJson, getJson, patchJson, postJson } from "./http";

export interface Named {
  readonly id: string;
  readonly name: string;
}

export interface PersonRow extends Named {
  readonly username: string;
}

export interface HeldRole {
  readonly role: string;
  readonly until: string | null;
  readonly by_group: boolean;
}

export interface Member extends PersonRow {
  readonly active: boolean;
  readonly last_login: string | null;
  readonly roles: readonly HeldRole[];
}

/** Somebody who holds roles in single sessions only. */
export interface Guest extends PersonRow {
  readonly active: boolean;
  readonly last_login: string | null;
  readonly sessions: readonly GuestRole[];
}

export interface GuestRole {
  readonly id: string;
  readonly title: string;
  readonly role: string;
  readonly until: string | null;
}

export interface Members {
  readonly people: readonly Member[];
  readonly guests: readonly Guest[];
}

export interface InvitationCard {
  readonly id: string;
  readonly session: Named | null;
  readonly workspace: Named;
  readonly role: string;
  readonly name: string;
  readonly until: string;
  readonly made_by: string | null;
}

export interface NewInvitation {
  readonly workspace_id?: string;
  readonly session_id?: string;
  readonly role: string;
  readonly name: string;
  readonly days: number;
}

export interface Accepted {
  readonly me: Me;
  readonly session_id: string | null;
}

export interface TokenCard {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly scope: "full" | "read";
  readonly created_at: string;
  readonly until: string | null;
  readonly last_used_at: string | null;
  readonly agent: Named | null;
  readonly session: Named | null;
  readonly workspace: Named | null;
}

/** What is left out stays as it is. */
export interface AgentChange {
  readonly name: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly ca?: string;
}

export interface NewToken {
  readonly name: string;
  readonly scope: string;
  readonly days: number | null;
  readonly agent_id: string | null;
  readonly workspace_id: string | null;
}

const workspace = (id: string) => `/api/v1/workspaces/${id}`;

export const people = {
  choice: async (place: string) =>
    (await getJson<{ people: PersonRow[] }>(`/api/v1/people?workspace=${place}`)).people,
  members: (place: string) => getJson<Members>(`${workspace(place)}/people`),
  switch: (place: string, user: string, active: boolean) =>
    postJson<unknown>(`${workspace(place)}/people/${user}`, { active }),
  give: (place: string, user: string, role: string, until: number | null) =>
    postJson<unknown>(`${workspace(place)}/grants`, { user, role, until }),
  take: (place: string, user: string, role: string) =>
    deleteJson<unknown>(`${workspace(place)}/grants/${user}/${role}`),
};

export const invitations = {
  open: async (place: string) =>
    (await getJson<{ invitations: InvitationCard[] }>(`/api/v1/invitations?workspace=${place}`))
      .invitations,
  make: (wish: NewInvitation) => postJson<{ link: string }>("/api/v1/invitations", wish),
  withdraw: (id: string) => deleteJson<unknown>(`/api/v1/invitations/${id}`),
  look: (token: string) => postJson<InvitationCard>("/api/v1/invitations/look", { token }),
  accept: (token: string) => postJson<Accepted>("/api/v1/invitations/accept", { token }),
  signUp: (token: string, form: Readonly<Record<string, string>>) =>
    postJson<Accepted>("/api/v1/invitations/signup", { token, ...form }),
};

export const agents = {
  change: (id: string, agent: AgentChange) => patchJson<unknown>(`/api/v1/agents/${id}`, agent),
  remove: (id: string) => deleteJson<unknown>(`/api/v1/agents/${id}`),
  test: (id: string) => postJson<AgentTest>(`/api/v1/agents/${id}/test`),
};

export const tokens = {
  list: async () => (await getJson<{ tokens: TokenCard[] }>("/api/v1/tokens")).tokens,
  make: (wish: NewToken) => postJson<{ id: string; token: string }>("/api/v1/tokens", wish),
  revoke: (id: string) => deleteJson<unknown>(`/api/v1/tokens/${id}`),
};
