/** The first owner signs up, by a link that works once. */
import { type FormEvent, type ReactNode, useCallback, useState } from "react";
import { api } from "../client/api";
import { sentenceOf } from "../client/http";
import { go, Link } from "../router";
import { type Login, lookWhoIsHere } from "../store/me";
import { Icon } from "./parts/icons";
import { useLoaded } from "./parts/loaded";
import { Act, PASSWORD_RULE, Problem, TextLine } from "./parts/parts";
import { ComeIn } from "./parts/provider";

export function SignupPage({ token, who }: { readonly token: string; readonly who: Login }) {
  return (
    <main className="login">
      <div className="login-card">
        <h1 className="brand">
          <Icon name="helm" /> Cohelm
        </h1>
        <Inside token={token} who={who} />
      </div>
    </main>
  );
}

function Inside({ token, who }: { readonly token: string; readonly who: Login }) {
  const [found] = useLoaded(useCallback(() => api.lookAtSignup(token), [token]));
  if (found.kind === "loading" || who.kind === "looking") return null;
  if (found.kind === "failed") {
    return (
      <>
        <Problem>{found.sentence}</Problem>
        <Link className="button" href="/">
          To the sessions
        </Link>
      </>
    );
  }
  return (
    <>
      <p className="quiet">
        You are the first here. You will own the workspace: who may join it, and what they may do.
      </p>
      {who.kind === "here" ? (
        <AsSomebody token={token} name={who.me.name} />
      ) : (
        <ComeIn next={location.pathname}>
          <WithPassword token={token} />
        </ComeIn>
      )}
    </>
  );
}

function AsSomebody({ token, name }: { readonly token: string; readonly name: string }) {
  const [workspace, setWorkspace] = useState("");
  return (
    <Begin begin={() => api.beginWorkspace(token, workspace)}>
      <p>
        You are signed in as <strong>{name}</strong>
      </p>
      <TextLine
        label="Name of the workspace"
        isRequired
        autoFocus
        value={workspace}
        onChange={setWorkspace}
      />
    </Begin>
  );
}

function WithPassword({ token }: { readonly token: string }) {
  const [form, setForm] = useState({ username: "", name: "", password: "", workspace: "" });
  const set = (key: keyof typeof form) => (value: string) => setForm({ ...form, [key]: value });
  return (
    <Begin begin={() => api.signUp(token, form)}>
      <TextLine
        label="Username"
        autoComplete="username"
        isRequired
        autoFocus
        value={form.username}
        onChange={set("username")}
      />
      <TextLine
        label="Name that others see"
        autoComplete="name"
        isRequired
        value={form.name}
        onChange={set("name")}
      />
      <TextLine
        label="Password"
        type="password"
        autoComplete="new-password"
        hint={PASSWORD_RULE}
        isRequired
        value={form.password}
        onChange={set("password")}
      />
      <TextLine
        label="Name of the workspace"
        isRequired
        value={form.workspace}
        onChange={set("workspace")}
      />
    </Begin>
  );
}

interface BeginProps {
  readonly begin: () => Promise<unknown>;
  readonly children: ReactNode;
}

function Begin({ begin, children }: BeginProps) {
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await begin();
      await lookWhoIsHere();
      go("/");
    } catch (error) {
      setProblem(sentenceOf(error));
      setBusy(false);
    }
  };

  return (
    <form className="form" onSubmit={(event) => void submit(event)}>
      {children}
      {problem === "" ? null : <Problem>{problem}</Problem>}
      <Act look="wide" type="submit" isDisabled={busy}>
        Begin
      </Act>
    </form>
  );
}
