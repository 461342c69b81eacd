/** Signing in: by password, through a provider, or both. */
import { type FormEvent, useCallback, useState } from "react";
import { api, type Ways } from "../client/api";
import { sentenceOf } from "../client/http";
import { go } from "../router";
import { login, lookWhoIsHere } from "../store/me";
import { Icon } from "./parts/icons";
import { useLoaded } from "./parts/loaded";
import { Act, Problem, TextLine } from "./parts/parts";
import { ProviderButton } from "./parts/provider";

interface LoginProps {
  readonly next: string;
  readonly refused: string;
}

export function LoginPage({ next, refused }: LoginProps) {
  const [ways, again] = useLoaded(useCallback(() => api.ways(refused), [refused]));
  return (
    <main className="login">
      <div className="login-card">
        <h1 className="brand">
          <Icon name="helm" /> Cohelm
        </h1>
        {next === "/" ? null : (
          <p className="quiet" data-testid="login-why">
            Sign in to go on to the page that you asked for.
          </p>
        )}
        {ways.kind === "loading" ? <p className="only-heard">Loading.</p> : null}
        {ways.kind === "failed" ? (
          <>
            <Problem>{ways.sentence}</Problem>
            <Act onPress={again}>Try again</Act>
          </>
        ) : null}
        {ways.kind === "here" ? <WaysIn ways={ways.value} next={next} /> : null}
      </div>
    </main>
  );
}

function WaysIn({ ways, next }: { readonly ways: Ways; readonly next: string }) {
  const { passwords, provider, refusal } = ways;
  return (
    <>
      {refusal !== null && provider === null ? <Problem>{refusal.sentence}</Problem> : null}
      {provider === null ? null : (
        <ProviderButton
          name={provider.name}
          next={next}
          only={!passwords}
          refusal={refusal?.sentence ?? ""}
          offerAnother={refusal?.code === "not_let_in"}
        />
      )}
      {provider !== null && passwords ? <p className="or">or with a password</p> : null}
      {passwords ? <PasswordForm next={next} first={provider === null} /> : null}
      {provider === null && !passwords ? (
        <Problem>
          Nobody can sign in: passwords are off and there is no provider. Tell whoever runs Cohelm.
        </Problem>
      ) : null}
    </>
  );
}

function PasswordForm({ next, first }: { readonly next: string; readonly first: boolean }) {
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
    <form className="form" onSubmit={(event) => void submit(event)}>
      <TextLine
        label="Username"
        testid="login-username"
        autoComplete="username"
        isRequired
        autoFocus={first}
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
      <Act
        look={first ? "wide" : "wide-plain"}
        type="submit"
        isDisabled={busy}
        testid="login-submit"
      >
        {busy ? "Signing in" : "Sign in"}
      </Act>
    </form>
  );
}
