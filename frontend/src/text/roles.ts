/** Which roles somebody may hand out, and what each means in words. Pure. */
import { ROLES } from "../core/generated";

export type Role = Exclude<keyof typeof ROLES, "agent">;

const MEANS: { readonly [K in Role]: string } = {
  observer: "sees everything",
  commenter: "sees and writes notes",
  suggester: "sees, writes notes, suggests",
  operator: "asks, approves, stops",
  moderator: "drives, and lets people in",
  auditor: "sees what is withheld, too",
  owner: "may do everything",
};

const NAMES = Object.keys(MEANS) as readonly Role[];

/** Nobody hands out what they lack: the roles whose every permission is held. */
export function rolesToGive(held: Iterable<string>): readonly Role[] {
  const mine = new Set(held);
  return mine.has("moderate")
    ? NAMES.filter((role) => ROLES[role].every((permission) => mine.has(permission)))
    : [];
}

export const mayGive = (held: Iterable<string>, role: string): boolean =>
  rolesToGive(held).some((one) => one === role);

export const roleOptions = (roles: readonly Role[]) =>
  roles.map((role) => ({ value: role, label: `${role}: ${MEANS[role]}` }));

/** Give the end of a local day in microseconds since 1970; no day is no end. */
export function endOfDay(day: string): number | null {
  return day === "" ? null : new Date(`${day}T23:59:59`).getTime() * 1000;
}

export const DAYS = [
  { value: "1", label: "1 day" },
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
] as const;
