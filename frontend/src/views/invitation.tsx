/** Somebody comes by an invitation: with the account that they have, or with a new one. */
import { type FormEvent, type ReactNode, useEffect, useState } from "react";
import { HttpRefusal, sentenceOf } from "../client/http";
import { type Accepted, type InvitationCard, invitations } from "../client/people";
import { go, Link } from "../router";
import { type Login, lookWhoIsHere, signOut } from "../store/me";
import { dayOf } from "../text/format";
import { Icon } from "./parts/icons";
import type { Loaded } from "./parts/loaded";
import { Act, PASSWORD_RULE, Problem, TextLine } from "./parts/parts";
import { ComeIn } from "./parts/provider";

export function InvitationPage({ who }: { readonly who: Login }) {
  const [token] = useState(() => location.hash.slice(1));
  const [found, setFound] = useState<Loaded<InvitationCard>>({ kind: "loading" });
  useEffect(() => {
    document.title = "Invitation · Cohelm";
    invitations.look(token).then(
      (value) => setFound({ kind: "here", value }),
      (error: unknown) => setFound({ kind: "failed", sentence: sentenceOf(error) }),
    );
  }, [token]);
  if (found.kind === "loading" || who.kind === "looking") {
    return <Frame>{<p className="quiet">Looking at the invitation.</p>}</Frame>;
  }
  if (found.kind === "failed") {
    return (
      <Frame>
        <Problem>{found.sentence}</Problem>
        <Link className="button" href="/">
          To the sessions
        </Link>
      </Frame>
    );
  }
  return (
    <Frame>
      <What invitation={found.value} />
      {who.kind === "here" ? (
        <AsMe token={token} name={who.me.name} />
      ) : (
        <ComeIn next={`/invitation#${token}`}>
          <AsNew token={token} name={found.value.name} />
        </ComeIn>
      )}
    </Frame>
  );
}

function Frame({ children }: { readonly children: ReactNode }) {
  return (
    <main className="login">
      <div className="login-card">
        <h1 className="brand">
          <Icon name="helm" /> Cohelm
        </h1>
        {children}
      </div>
    </main>
  );
}

function What({ invitation }: { readonly invitation: InvitationCard }) {
  const { made_by, workspace, session, role, until } = invitation;
  const where = session === null ? workspace.name : `${session.name} in ${workspace.name}`;
  return (
    <div>
      <p data-testid="invitation-what">
        {made_by ?? "This installation"} invites you to <strong>{where}</strong> as{" "}
        <strong>{role}</strong>.
      </p>
      <p className="quiet">The link works once, until {dayOf(Date.parse(until))}.</p>
    </div>
  );
}

async function arrive({ session_id }: Accepted): Promise<void> {
  await lookWhoIsHere();
  go(session_id === null ? "/" : `/sessions/${session_id}`);
}

function AsMe({ token, name }: { readonly token: string; readonly name: string }) {
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const accept = async () => {
    setBusy(true);
    try {
      await arrive(await invitations.accept(token));
    } catch (error) {
      setProblem(sentenceOf(error));
      setBusy(false);
    }
  };
  return (
    <div className="form">
      {problem === "" ? null : <Problem>{problem}</Problem>}
      <Act
        look="wide"
        isDisabled={busy}
        onPress={() => void accept()}
        testid="invitation-accept"
        autoFocus
      >
        Accept as {name}
      </Act>
      <Act onPress={() => void signOut()}>Use another account</Act>
      <Link href="/">Not now: to your sessions</Link>
    </div>
  );
}

function AsNew({ token, name }: { readonly token: string; readonly name: string }) {
  const [form, setForm] = useState({ username: "", name, password: "" });
  const [problem, setProblem] = useState<{ sentence: string; over: boolean } | null>(null);
  const [busy, setBusy] = useState(false);
  const set = (key: keyof typeof form) => (value: string) => setForm({ ...form, [key]: value });
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await arrive(await invitations.signUp(token, form));
    } catch (error) {
      const over = error instanceof HttpRefusal && error.code === "no_invitation";
      setProblem({ sentence: sentenceOf(error), over });
      setBusy(false);
    }
  };
  const back = `/login?next=${encodeURIComponent(`/invitation#${token}`)}`;
  return (
    <>
      <form className="form" onSubmit={(event) => void submit(event)}>
        <TextLine
          label="Username"
          testid="invitation-username"
          autoComplete="username"
          isRequired
          autoFocus
          maxLength={150}
          value={form.username}
          onChange={set("username")}
        />
        <TextLine
          label="Name that others see"
          testid="invitation-name"
          autoComplete="name"
          isRequired
          maxLength={100}
          value={form.name}
          onChange={set("name")}
        />
        <TextLine
          label="Password"
          testid="invitation-password"
          type="password"
          autoComplete="new-password"
          hint={PASSWORD_RULE}
          isRequired
          maxLength={200}
          value={form.password}
          onChange={set("password")}
        />
        {problem === null ? null : <Problem>{problem.sentence}</Problem>}
        <Act
          look="wide"
          type="submit"
          isDisabled={busy || problem?.over === true}
          testid="invitation-signup"
        >
          Make an account and come in
        </Act>
      </form>
      <Link href={back}>You have an account? Sign in first</Link>
    </>
  );
}
