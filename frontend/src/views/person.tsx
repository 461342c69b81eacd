/** One person of a workspace: roles given and taken, the account switched off and on. */
import { useState } from "react";
import type { Workspace } from "../client/api";
import { type Member, people } from "../client/people";
import { dayOf } from "../text/format";
import { mayGive, rolesToGive } from "../text/roles";
import { Act, Avatar } from "./parts/parts";
import { GiveRole, type HeldTag, RoleTags } from "./parts/roles";
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
    <li className="member" data-testid="member" data-user={member.username} data-kept={member.id}>
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
      <RoleTags name={member.name} held={heldBy(member, place, ask)} testid="role-take" />
      {giving ? (
        <GiveRole
          roles={rolesToGive(place.permissions)}
          testids={{ role: "role-choice", submit: "role-submit" }}
          autoFocus
          give={async (role, until) => {
            await people.give(place.id, member.id, role, until);
            setGiving(false);
            changed();
          }}
        />
      ) : null}
    </li>
  );
}

function heldBy(member: Member, place: Workspace, ask: PersonRowProps["ask"]): readonly HeldTag[] {
  return member.roles.map(({ role, until, by_group }) => ({
    role,
    until: until === null ? null : Date.parse(until),
    ...(by_group ? { from: "by a group" } : {}),
    take:
      !by_group && mayGive(place.permissions, role) ? () => ask(taking(member, role, place)) : null,
  }));
}

/** Say when somebody was here last, or that they cannot come. */
export function lastLogin({ active, last_login }: Pick<Member, "active" | "last_login">): string {
  if (!active) return "switched off: cannot sign in";
  return last_login === null ? "never signed in" : `signed in ${dayOf(Date.parse(last_login))}`;
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
