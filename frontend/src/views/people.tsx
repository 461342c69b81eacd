/** The people of a workspace: their roles, invitations that are open, and who is let in. */
import { useCallback, useState } from "react";
import type { Me, Workspace } from "../client/api";
import {
  type Guest,
  type InvitationCard,
  invitations,
  type Members as MembersFound,
  people,
} from "../client/people";
import { Link } from "../router";
import { dayOf, fullTime } from "../text/format";
import { rolesToGive } from "../text/roles";
import { Invite } from "./parts/invite";
import { type Loaded, useLoaded } from "./parts/loaded";
import { Page } from "./parts/page";
import { Act, Again, Avatar, Blank, Choice } from "./parts/parts";
import { type Question, Sure } from "./parts/sure";
import { lastLogin, PersonRow } from "./person";

export function PeoplePage({ me }: { readonly me: Me }) {
  const places = me.workspaces.filter(({ permissions }) => permissions.includes("moderate"));
  const [chosen, choose] = useState(places[0]?.id ?? "");
  const place = places.find(({ id }) => id === chosen);
  return (
    <Page
      me={me}
      here="people"
      title="People"
      beside={
        places.length > 1 ? (
          <Choice
            label="Workspace"
            value={chosen}
            onChange={choose}
            options={places.map(({ id, name }) => ({ value: id, label: name }))}
          />
        ) : null
      }
    >
      {place === undefined ? <MayNot /> : <Inside key={place.id} me={me} place={place} />}
    </Page>
  );
}

function MayNot() {
  return (
    <Blank icon="person" title="This is for those who look after people">
      <p>A moderator or owner of a workspace lets people in and gives them roles. Ask one.</p>
    </Blank>
  );
}

function Inside({ me, place }: { readonly me: Me; readonly place: Workspace }) {
  const [members, reloadMembers] = useLoaded(useCallback(() => people.members(place.id), [place]));
  const [open, reloadOpen] = useLoaded(useCallback(() => invitations.open(place.id), [place]));
  const [asked, ask] = useState<Question | null>(null);
  const close = (done: boolean) => {
    ask(null);
    if (done) {
      reloadMembers();
      reloadOpen();
    }
  };
  return (
    <div className="agent-grid">
      <div className="form">
        <Members me={me} place={place} members={members} reload={reloadMembers} ask={ask} />
        {members.kind === "here" ? <Guests guests={members.value.guests} /> : null}
        <Open open={open} reload={reloadOpen} ask={ask} />
      </div>
      <section className="card agent-form form" aria-label={`Invite to ${place.name}`}>
        <h2>Invite to {place.name}</h2>
        <Invite
          place={{ workspace_id: place.id }}
          roles={rolesToGive(place.permissions)}
          made={reloadOpen}
        />
      </section>
      {asked === null ? null : <Sure question={asked} close={close} />}
    </div>
  );
}

interface MembersProps {
  readonly me: Me;
  readonly place: Workspace;
  readonly members: Loaded<MembersFound>;
  readonly reload: () => void;
  readonly ask: (question: Question) => void;
}

function Members({ me, place, members, reload, ask }: MembersProps) {
  if (members.kind === "loading") return <p className="quiet">Loading the people.</p>;
  if (members.kind === "failed") return <Again reload={reload}>{members.sentence}</Again>;
  return (
    <ul className="card rows" data-testid="people-list" aria-label={`People of ${place.name}`}>
      {members.value.people.map((member) => (
        <PersonRow
          key={member.id}
          member={member}
          place={place}
          you={member.id === me.id}
          changed={reload}
          ask={ask}
        />
      ))}
    </ul>
  );
}

/** Those who were let into single sessions: their roles are taken there, under Share. */
function Guests({ guests }: { readonly guests: readonly Guest[] }) {
  if (guests.length === 0) return null;
  return (
    <section className="form" aria-labelledby="guests">
      <h2 id="guests">Guests of single sessions</h2>
      <ul className="card rows" data-testid="guest-list">
        {guests.map((guest) => (
          <li className="member" key={guest.id} data-testid="guest" data-user={guest.username}>
            <div className="member-head">
              <Avatar name={guest.name} away={!guest.active} />
              <div className="member-who">
                <strong>{guest.name}</strong>
                <div className="quiet">
                  {guest.username} · {lastLogin(guest)}
                </div>
              </div>
            </div>
            <ul className="guest-sessions">
              {guest.sessions.map(({ id, title, role, until }) => (
                <li key={`${id} ${role}`}>
                  <Link href={`/sessions/${id}`}>{title}</Link>{" "}
                  <span className="quiet">
                    · {role}
                    {until === null ? "" : ` until ${dayOf(Date.parse(until))}`}
                  </span>
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
      <p className="field-hint">Their roles are given and taken in the session, under Share.</p>
    </section>
  );
}

interface OpenProps {
  readonly open: Loaded<InvitationCard[]>;
  readonly reload: () => void;
  readonly ask: (question: Question) => void;
}

function Open({ open, reload, ask }: OpenProps) {
  return (
    <section className="form" aria-labelledby="open-invitations">
      <h2 id="open-invitations">Open invitations</h2>
      {open.kind === "loading" ? <p className="quiet">Loading the invitations.</p> : null}
      {open.kind === "failed" ? <Again reload={reload}>{open.sentence}</Again> : null}
      {open.kind === "here" && open.value.length === 0 ? (
        <p className="quiet">No link is waiting to be used.</p>
      ) : null}
      {open.kind === "here" && open.value.length > 0 ? (
        <ul className="card rows" data-testid="invitation-list">
          {open.value.map((one) => (
            <li className="session-row" key={one.id} data-kept={one.id}>
              <strong>{one.name || "For anybody"}</strong>
              <span className="quiet">
                {one.role} · until <Time at={one.until} /> · by {one.made_by ?? "command"}
              </span>
              <span className="tags">
                <Act onPress={() => ask(withdrawing(one))} testid="invitation-withdraw">
                  Withdraw
                </Act>
              </span>
            </li>
          ))}
        </ul>
      ) : null}
    </section>
  );
}

function Time({ at }: { readonly at: string }) {
  const ms = Date.parse(at);
  return (
    <time dateTime={at} title={fullTime(ms)}>
      {dayOf(ms)}
    </time>
  );
}

function withdrawing({ id, name, role }: InvitationCard): Question {
  return {
    title: "Withdraw this invitation?",
    sentence: `The link for ${name || "anybody"} (${role}) stops working at once.`,
    yes: "Withdraw",
    work: () => invitations.withdraw(id),
  };
}
