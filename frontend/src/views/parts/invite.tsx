/** The form that makes an invitation, and the link it gives, shown once. */
import { type FormEvent, useState } from "react";
import { sentenceOf } from "../../client/http";
import { invitations } from "../../client/people";
import { DAYS, type Role, roleOptions } from "../../text/roles";
import { Once } from "./once";
import { Act, Choice, Problem, TextLine } from "./parts";

interface InviteProps {
  /** Where to: a workspace or a session. */
  readonly place: { readonly workspace_id: string } | { readonly session_id: string };
  readonly roles: readonly Role[];
  readonly made: () => void;
}

export function Invite({ place, roles, made }: InviteProps) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<string>(roles.includes("operator") ? "operator" : "observer");
  const [days, setDays] = useState("7");
  const [link, setLink] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem("");
    try {
      const wish = { ...place, role, name: name.trim(), days: Number(days) };
      setLink((await invitations.make(wish)).link);
      setName("");
      made();
    } catch (error) {
      setProblem(sentenceOf(error));
    }
    setBusy(false);
  };

  return (
    <form className="form" onSubmit={(event) => void submit(event)}>
      <TextLine
        label="For whom"
        hint="So that you recognise it in the list. They choose their own name."
        testid="invite-name"
        maxLength={100}
        value={name}
        onChange={setName}
      />
      <Choice
        label="Role"
        testid="invite-role"
        value={role}
        onChange={setRole}
        options={roleOptions(roles)}
      />
      <Choice label="The link works for" value={days} onChange={setDays} options={DAYS} />
      {problem === "" ? null : <Problem>{problem}</Problem>}
      {link === "" ? null : (
        <Once
          key={link}
          label="Send this link"
          text={link}
          hint="It works once, and is not shown again."
          testid="invite-link"
        />
      )}
      <div className="actions-row">
        <Act look="main" type="submit" isDisabled={busy} testid="invite-make">
          Make a link
        </Act>
      </div>
    </form>
  );
}
