/** Where coming back by itself cannot help: signed out, no access any more, no such session. */
import { type ReactNode, useEffect } from "react";
import { Link } from "../../router";
import { login, lookWhoIsHere } from "../../store/me";
import { nameOf } from "../../store/names";
import { whoMay } from "../../store/select";
import type { SessionView } from "../../store/view";
import { orList } from "../../text/format";
import { Act, Blank } from "../parts/parts";
import { useStore } from "./context";

const NOT_SIGNED_IN = 4501;
const NO_ACCESS = 4503;

/** A session that was shown stays readable, unless it was taken away. */
export function endOf(view: SessionView): ReactNode {
  if (view.link.kind !== "ended") return null;
  const { number, sentence } = view.link.end;
  if (number === NOT_SIGNED_IN) return <SignedOut />;
  if (number === NO_ACCESS) return <Shut sentence={sentence} ask={owners(view)} />;
  return view.session === null ? <Shut sentence={sentence} ask={OWNER} /> : null;
}

const OWNER = "whoever gave you the link, or the owner of the workspace";

function owners(view: SessionView): string {
  const names = whoMay(view, "manage").map((user) => nameOf(view.names, user).name);
  return names.length === 0 ? OWNER : orList(names.slice(0, 3));
}

/** Whoever signed out in another tab is led to the login, and from there back to here. */
function useWhoIsHere(): void {
  useEffect(() => void lookWhoIsHere(), []);
}

function SignedOut() {
  const store = useStore();
  useWhoIsHere();
  const again = async () => {
    await lookWhoIsHere();
    if (login.get().kind === "here") store.reconnect();
  };
  return (
    <main className="page">
      <Blank icon="out" title="You were signed out">
        <p data-testid="ended">
          This session was left because the login ended. What you wrote is kept. If you are signed
          in again in another tab, go on here.
        </p>
        <Act look="main" onPress={() => void again()}>
          Go on
        </Act>
      </Blank>
    </main>
  );
}

function Shut({ sentence, ask }: { readonly sentence: string; readonly ask: string }) {
  useWhoIsHere();
  return (
    <main className="page">
      <Blank icon="withheld" title="This session is not open to you">
        <p data-testid="ended">
          {sentence} Ask {ask}.
        </p>
        <Link className="button" href="/">
          To the sessions
        </Link>
      </Blank>
    </main>
  );
}
