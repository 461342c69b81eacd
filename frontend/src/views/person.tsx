/** One person of a workspace: roles given and taken, the account switched off and on. */
import { type FormEvent, useState } from "react";
import type { Workspace } from "../client/api";
import { sentenceOf } from "../client/http";
import { type HeldRole, type Member, people } from "../client/people";
import { dayOf } from "../text/format";
import { mayGive, roleOptions, rolesToGive } from "../text/roles";
import { Act, Avatar, Choice, Problem, TextLine } from "./parts/parts";
import type { Question } from "./parts/sure";

interface PersonRowProps {
  readonly member: Member;
  readonly place: Workspace;
  readonly you: boolean;
  readonly changed: () => void;
  readonly ask: (question: Question) => void;
}

export function PersonRow({ member, place, you, changed, ask }: PersonRowProps) {
  const [giving, setGiving] = useState(false);
  const owns = place.permissions.includes("manage");
  return (
    <li className="member" data-testid="member" data-user={member.username}>
      <div className="member-head">
        <Avatar name={member.name} you={you} away={!member.active} />
        <div className="member-who">
          <strong>{member.name}</strong>
          {you ? <span className="quiet"> (you)</span> : null}
          <div className="quiet">
            {member.username} · {lastLogin(member)}
          </div>
        </div>
        <div className="member-acts">
          <Act
            aria-expanded={giving}
            aria-label={`Give a role to ${member.name}`}
            onPress={() => setGiving(!giving)}
            testid="role-give"
          >
            Give a role
          </Act>
          {owns && !you ? (
            <Act
              look="bare"
              aria-label={`Switch ${member.active ? "off" : "on"} the account of ${member.name}`}
              onPress={() => ask(switching(member, place))}
              testid="account-switch"
            >
              {member.active ? "Switch off" : "Switch on"}
            </Act>
          ) : null}
        </div>
      </div>
      <Roles member={member} place={place} ask={ask} />
      {giving ? (
        <GiveRole
          member={member}
          place={place}
          done={() => {
            setGiving(false);
            changed();
          }}
        />
      ) : null}
    </li>
  );
}

function lastLogin({ active, last_login }: Member): string {
  if (!active) return "switched off: cannot sign in";
  return last_login === null
    ? "never signed in"
    : `last signed in ${dayOf(Date.parse(last_login))}`;
}

function Roles({ member, place, ask }: Pick<PersonRowProps, "member" | "place" | "ask">) {
  return (
    <ul className="member-roles" aria-label={`Roles of ${member.name}`}>
      {member.roles.map((held) => (
        <li className="tag" key={`${held.role} ${held.by_group}`}>
          {roleWords(held)}
          {!held.by_group && mayGive(place.permissions, held.role) ? (
            <Act
              look="bare"
              icon="close"
              aria-label={`Take the role ${held.role} from ${member.name}`}
              onPress={() => ask(taking(member, held.role, place))}
              testid="role-take"
            />
          ) : null}
        </li>
      ))}
    </ul>
  );
}

function roleWords({ role, until, by_group }: HeldRole): string {
  const end = until === null ? "" : ` until ${dayOf(Date.parse(until))}`;
  return `${role}${end}${by_group ? " by a group" : ""}`;
}

interface GiveRoleProps {
  readonly member: Member;
  readonly place: Workspace;
  readonly done: () => void;
}

function GiveRole({ member, place, done }: GiveRoleProps) {
  const roles = rolesToGive(place.permissions);
  const [role, setRole] = useState<string>(roles.includes("operator") ? "operator" : "observer");
  const [end, setEnd] = useState("");
  const [problem, setProblem] = useState("");
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    try {
      await people.give(place.id, member.id, role, endOfDay(end));
      done();
    } catch (error) {
      setProblem(sentenceOf(error));
    }
  };
  return (
    <form className="form" onSubmit={(event) => void submit(event)}>
      <Choice
        label="Role"
        testid="role-choice"
        value={role}
        onChange={setRole}
        options={roleOptions(roles)}
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
        <Act look="main" type="submit" testid="role-submit">
          Give the role
        </Act>
      </div>
    </form>
  );
}

/** Give the end of a local day in microseconds; no day is no end. */
export function endOfDay(day: string): number | null {
  return day === "" ? null : new Date(`${day}T23:59:59`).getTime() * 1000;
}

function taking(member: Member, role: string, place: Workspace): Question {
  return {
    title: "Take this role away?",
    sentence: `${member.name} is no longer ${role} of ${place.name}. It counts at once, also for what is open.`,
    yes: "Take the role",
    work: () => people.take(place.id, member.id, role),
  };
}

function switching(member: Member, place: Workspace): Question {
  const off = member.active;
  return {
    title: off ? "Switch this account off?" : "Switch this account on?",
    sentence: off
      ? `${member.name} is signed out everywhere, and tokens stop working. The roles are kept.`
      : `${member.name} can sign in again, with the roles shown here.`,
    yes: off ? "Switch off" : "Switch on",
    work: () => people.switch(place.id, member.id, !off),
  };
}
