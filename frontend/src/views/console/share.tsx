/** Sharing the session: who has which role, people of the workspace, and links. */
import { useCallback, useState } from "react";
import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { type PersonRow, people } from "../../client/people";
import type { Participant } from "../../core/generated";
import { dayOf, msOf } from "../../text/format";
import { mayGive, type Role, rolesToGive } from "../../text/roles";
import { Invite } from "../parts/invite";
import { useLoaded } from "../parts/loaded";
import { Act, Avatar, Choice } from "../parts/parts";
import { GiveRole, RoleTags } from "../parts/roles";
import { OwnActions } from "./actions";
import { useStore, useView } from "./context";

export function ShareDialog({ close }: { readonly close: () => void }) {
  const view = useView();
  const roles = rolesToGive(view.permissions);
  return (
    <ModalOverlay className="scrim" isOpen isDismissable onOpenChange={(open) => open || close()}>
      <Modal className="dialog dialog--wide">
        <Dialog>
          <Heading slot="title">Share this session</Heading>
          <div className="form">
            <Participants />
            {roles.length > 0 ? <Choose roles={roles} /> : null}
            {roles.length > 0 && view.session !== null ? (
              <section className="form dialog-part" aria-label="Invite by a link">
                <h3>Somebody else, by a link</h3>
                <Invite place={{ session_id: view.session.id }} roles={roles} made={nothing} />
                <OpenLinks />
              </section>
            ) : null}
            <OwnActions />
            <div className="actions-row">
              <Act onPress={close}>Close</Act>
            </div>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

// What was made comes by the log.
const nothing = (): void => undefined;

function Participants() {
  const view = useView();
  const all = Object.entries(view.state.participants);
  return (
    <div className="form">
      <ul className="card rows" data-testid="share-people" aria-label="Participants">
        {all.map(([user, person]) => (
          <One key={user} user={user} person={person} you={user === view.you?.id} />
        ))}
      </ul>
      <p className="field-hint">
        Whoever has a role on the workspace has it here too; it is taken on the page People.
      </p>
    </div>
  );
}

interface OneProps {
  readonly user: string;
  readonly person: Participant;
  readonly you: boolean;
}

function One({ user, person, you }: OneProps) {
  const view = useView();
  const store = useStore();
  const held = (person.grants ?? []).map(({ role, until }) => ({
    role,
    until: until === undefined ? null : msOf(until),
    take: mayGive(view.permissions, role)
      ? () => void store.submit({ type: "grant.take", user, role })
      : null,
  }));
  return (
    <li className="member" data-user={user} data-kept={user}>
      <div className="member-head">
        <Avatar name={person.name} agent={person.kind === "agent"} you={you} />
        <div className="member-who">
          <strong>{person.name}</strong>
          {you ? <span className="quiet"> (you)</span> : null}
        </div>
        <RoleTags name={person.name} held={held} testid="share-take" none="by the workspace" />
      </div>
    </li>
  );
}

function Choose({ roles }: { readonly roles: readonly Role[] }) {
  const view = useView();
  const store = useStore();
  const workspace = view.session?.workspace ?? "";
  const [found] = useLoaded(useCallback(() => people.choice(workspace), [workspace]));
  const [user, setUser] = useState("");
  if (found.kind !== "here") return null;
  const others = found.value.filter(({ id }) => id !== view.you?.id);
  if (others.length === 0) return <NobodyElse />;
  const chosen = user || (others[0]?.id ?? "");
  const give = (role: string, until: number | null) => {
    const given = { type: "grant.give", user: chosen, role } as const;
    store.submit(until === null ? given : { ...given, until });
  };
  return (
    <section className="dialog-part" aria-label="Choose somebody of the workspace">
      <GiveRole roles={roles} give={give} testids={{ role: "share-role", submit: "share-give" }}>
        <h3>Somebody of the workspace</h3>
        <p className="field-hint">
          Whoever was let into single sessions only is not listed: make a link for them too.
        </p>
        <Choice
          label="Who"
          testid="share-who"
          value={chosen}
          onChange={setUser}
          options={others.map(({ id, name, username }: PersonRow) => ({
            value: id,
            label: `${name} (${username})`,
          }))}
        />
      </GiveRole>
    </section>
  );
}

function NobodyElse() {
  return (
    <section className="dialog-part">
      <h3>Somebody of the workspace</h3>
      <p className="quiet">Nobody else has a role on the workspace. Make a link for them below.</p>
    </section>
  );
}

function OpenLinks() {
  const view = useView();
  const store = useStore();
  const now = Date.now() + view.skew;
  const open = Object.entries(view.state.invitations).filter(([, one]) => msOf(one.until) > now);
  if (open.length === 0) return null;
  return (
    <ul className="card rows" aria-label="Open invitations" data-testid="share-links">
      {open.map(([id, { name, role, until }]) => (
        <li className="session-row" key={id} data-kept={id}>
          <strong>{name || "For anybody"}</strong>
          <span className="quiet">
            {role} · until {dayOf(msOf(until))}
          </span>
          <span className="tags">
            <Act
              aria-label={`Withdraw the invitation for ${name || "anybody"}`}
              onPress={() => store.submit({ type: "invitation.withdraw", invitation_id: id })}
              testid="share-withdraw"
            >
              Withdraw
            </Act>
          </span>
        </li>
      ))}
    </ul>
  );
}
