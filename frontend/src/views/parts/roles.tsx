/** Roles as they are held and given, on a workspace and in a session. */
import { type FormEvent, type ReactNode, useState } from "react";
import { sentenceOf } from "../../client/http";
import { dayOf } from "../../text/format";
import { endOfDay, type Role, roleOptions } from "../../text/roles";
import { Act, Choice, Problem, TextLine } from "./parts";

export interface HeldTag {
  readonly role: string;
  /** Milliseconds since 1970, or null for no end. */
  readonly until: number | null;
  /** Where it comes from, if it was not given to this person. */
  readonly from?: string;
  /** Give what takes it away, where one may. */
  readonly take: (() => void) | null;
}

interface RoleTagsProps {
  readonly name: string;
  readonly held: readonly HeldTag[];
  readonly testid: string;
  /** What is said where none is held. */
  readonly none?: string;
}

export function RoleTags({ name, held, testid, none }: RoleTagsProps) {
  return (
    <ul className="member-roles" aria-label={`Roles of ${name}`}>
      {held.length === 0 && none !== undefined ? <li className="quiet">{none}</li> : null}
      {held.map(({ role, until, from, take }) => (
        <li className="tag" key={`${role} ${from}`}>
          {[role, until === null ? "" : `until ${dayOf(until)}`, from].filter(Boolean).join(" ")}
          {take === null ? null : (
            <Act
              look="bare"
              icon="close"
              aria-label={`Take the role ${role} from ${name}`}
              onPress={take}
              testid={testid}
            />
          )}
        </li>
      ))}
    </ul>
  );
}

interface GiveRoleProps {
  readonly roles: readonly Role[];
  readonly give: (role: string, until: number | null) => Promise<void> | void;
  readonly testids: { readonly role: string; readonly submit: string };
  readonly autoFocus?: boolean;
  /** What comes before the role: its heading, and to whom. */
  readonly children?: ReactNode;
}

export function GiveRole({ roles, give, testids, autoFocus, children }: GiveRoleProps) {
  const [role, setRole] = useState<string>(roles.includes("operator") ? "operator" : "observer");
  const [end, setEnd] = useState("");
  const [problem, setProblem] = useState("");
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    try {
      await give(role, endOfDay(end));
    } catch (error) {
      setProblem(sentenceOf(error));
    }
  };
  return (
    <form className="form" onSubmit={(event) => void submit(event)}>
      {children}
      <Choice
        label="Role"
        testid={testids.role}
        value={role}
        onChange={setRole}
        options={roleOptions(roles)}
        autoFocus={autoFocus ?? false}
      />
      <TextLine
        label="Until the end of"
        hint="Without a day it has no end."
        type="date"
        value={end}
        onChange={setEnd}
      />
      {problem === "" ? null : <Problem>{problem}</Problem>}
      <div className="actions-row">
        <Act look="main" type="submit" testid={testids.submit}>
          Give the role
        </Act>
      </div>
    </form>
  );
}
