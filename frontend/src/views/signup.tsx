/** The first owner signs up, by a link that works once. */
import { type FormEvent, useState } from "react";
import { api } from "../client/api";
import { sentenceOf } from "../client/http";
import { go } from "../router";
import { lookWhoIsHere } from "../store/me";
import { Icon } from "./parts/icons";
import { Act, Problem, TextLine } from "./parts/parts";

export function SignupPage({ token }: { readonly token: string }) {
  const [form, setForm] = useState({ username: "", name: "", password: "", workspace: "" });
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const set = (key: keyof typeof form) => (value: string) => setForm({ ...form, [key]: value });

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await api.signUp(token, form);
      await lookWhoIsHere();
      go("/");
    } catch (error) {
      setProblem(sentenceOf(error));
      setBusy(false);
    }
  };

  return (
    <main className="login">
      <div className="login-card">
        <h1 className="brand">
          <Icon name="helm" /> Cohelm
        </h1>
        <p className="quiet">
          You are the first here. You will own the workspace: who may join it, and what they may do.
        </p>
        <form className="form" onSubmit={(event) => void submit(event)}>
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
          {problem === "" ? null : <Problem>{problem}</Problem>}
          <Act look="wide" type="submit" isDisabled={busy}>
            Begin
          </Act>
        </form>
      </div>
    </main>
  );
}
