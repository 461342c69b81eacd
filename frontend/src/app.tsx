/** Chooses the page: who is signed in, then where they want to be. */
import { useEffect, useSyncExternalStore } from "react";
import type { Me } from "./client/api";
import { go, Link, type Place, usePlace } from "./router";
import { login, lookWhoIsHere } from "./store/me";
import { AgentsPage } from "./views/agents";
import { ConsolePage } from "./views/console/console";
import { InvitationPage } from "./views/invitation";
import { LoginPage } from "./views/login";
import { Act, Blank } from "./views/parts/parts";
import { PeoplePage } from "./views/people";
import { SessionsPage } from "./views/sessions";
import { SignupPage } from "./views/signup";
import { TokensPage } from "./views/tokens";

export function App() {
  const place = usePlace();
  const who = useSyncExternalStore(login.subscribe, login.get);
  if (place.page === "signup") return <SignupPage token={place.token} who={who} />;
  if (place.page === "invitation") return <InvitationPage who={who} />;
  switch (who.kind) {
    case "looking":
      return <p className="only-heard">Loading.</p>;
    case "none":
      return place.page === "login" ? <LoginPage {...place} /> : <ToLogin />;
    case "failed":
      return <Failed sentence={who.sentence} />;
    case "here":
      return <Inside place={place} me={who.me} />;
  }
}

function Inside({ place, me }: { readonly place: Place; readonly me: Me }) {
  switch (place.page) {
    case "sessions":
      return <SessionsPage me={me} />;
    case "agents":
      return <AgentsPage me={me} />;
    case "people":
      return <PeoplePage me={me} />;
    case "tokens":
      return <TokensPage me={me} />;
    case "console":
      return <ConsolePage key={`${me.id} ${place.session}`} session={place.session} />;
    case "login":
      return <Elsewhere to={place.next} />;
    default:
      return (
        <Blank icon="helm" title="There is nothing at this address">
          <p>It may have been cut off on its way to you, or what it led to is gone.</p>
          <Link className="button" href="/">
            To the sessions
          </Link>
        </Blank>
      );
  }
}

function ToLogin() {
  const here = location.pathname + location.search + location.hash;
  return <Elsewhere to={here === "/" ? "/login" : `/login?next=${encodeURIComponent(here)}`} />;
}

function Elsewhere({ to }: { readonly to: string }) {
  useEffect(() => go(to), [to]);
  return null;
}

function Failed({ sentence }: { readonly sentence: string }) {
  return (
    <Blank icon="warn" title="This page could not begin">
      <p>{sentence}</p>
      <Act onPress={() => void lookWhoIsHere()}>Try again</Act>
    </Blank>
  );
}
