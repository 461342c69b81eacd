/** Signing in. */
import { type FormEvent, useState } from "react";
import { api } from "../client/api";
import { sentenceOf } from "../client/http";
import { go } from "../router";
import { login, lookWhoIsHere } from "../store/me";
import { Icon } from "./parts/icons";
import { Act, Problem, TextLine } from "./parts/parts";

export function LoginPage({ next }: { readonly next: string }) {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem("");
    try {
      await api.login(username, password);
      await lookWhoIsHere();
      if (login.get().kind === "here") go(next);
    } catch (error) {
      setProblem(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <main className="login">
      <div className="login-card">
        <h1 className="brand">
          <Icon name="helm" /> Cohelm
        </h1>
        <form className="form" onSubmit={(event) => void submit(event)}>
          <TextLine
            label="Username"
            testid="login-username"
            autoComplete="username"
            isRequired
            autoFocus
            value={username}
            onChange={setUsername}
          />
          <TextLine
            label="Password"
            testid="login-password"
            type="password"
            autoComplete="current-password"
            isRequired
            value={password}
            onChange={setPassword}
          />
          {problem === "" ? null : <Problem>{problem}</Problem>}
          <Act look="wide" type="submit" isDisabled={busy} testid="login-submit">
            {busy ? "Signing in" : "Sign in"}
          </Act>
        </form>
      </div>
    </main>
  );
}
