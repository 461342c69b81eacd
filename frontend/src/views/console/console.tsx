/** The console of one session. */
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { Link } from "../../router";
import { lookWhoIsHere } from "../../store/me";
import { SessionStore } from "../../store/session";
import type { SessionView } from "../../store/view";
import { useKeptFocus } from "../parts/kept";
import { Blank } from "../parts/parts";
import { toggleDensity } from "../theme";
import { Announcer } from "./announce";
import { Composer } from "./composer";
import { SessionContext, useView } from "./context";
import { GoToDialog } from "./goto-dialog";
import { KeysDialog, useKeys } from "./keys";
import { Notices } from "./notices";
import { useNotifications, useTitle } from "./notify";
import { SessionDialog } from "./session-dialog";
import { ShareDialog } from "./share";
import { type Sheet, Sheets, Side } from "./side";
import { TimelineView } from "./timeline";
import { TopLine } from "./top";

export function ConsolePage({ session }: { readonly session: string }) {
  const [store, setStore] = useState<SessionStore | null>(null);
  useEffect(() => {
    const made = new SessionStore(session);
    made.start();
    setStore(made);
    return () => made.stop();
  }, [session]);
  if (store === null) return null;
  return (
    <SessionContext value={store}>
      <Console session={session} />
    </SessionContext>
  );
}

/** The dialog that somebody asked for. */
type Asked = "keys" | "goto" | "session" | "share" | null;

function Console({ session }: { readonly session: string }) {
  const view = useView();
  useTitle(view);
  useNotifications(view);
  return endOf(view) ?? <Whole session={session} />;
}

function Whole({ session }: { readonly session: string }) {
  const [asked, ask] = useState<Asked>(null);
  const [sheet, setSheet] = useState<Sheet>(null);
  const page = useRef<HTMLDivElement>(null);
  useConsoleKeys(ask, setSheet);
  useKeptFocus(page, toTimeline);
  return (
    <div className="console" ref={page}>
      <TopLine
        openKeys={() => ask("keys")}
        openSession={() => ask("session")}
        openShare={() => ask("share")}
        toApproval={() => toApproval(() => setSheet("approvals"))}
      />
      <main className="middle">
        <Notices />
        <TimelineView />
        <Sheets open={sheet} show={setSheet} />
        <Composer session={session} />
      </main>
      <Side />
      <Announcer />
      {asked === "session" ? <SessionDialog close={() => ask(null)} /> : null}
      {asked === "share" ? <ShareDialog close={() => ask(null)} /> : null}
      {asked === "goto" ? <GoToDialog close={() => ask(null)} /> : null}
      {asked === "keys" ? <KeysDialog close={() => ask(null)} /> : null}
    </div>
  );
}

function useConsoleKeys(ask: (asked: Asked) => void, show: (sheet: Sheet) => void): void {
  useKeys(
    useMemo(
      () => ({
        "?": () => ask("keys"),
        g: () => ask("goto"),
        a: () => toApproval(() => show("approvals")),
        q: () => toPanel(".side .panel--queue", () => show("more")),
        s: () => document.querySelector<HTMLElement>(".fact--agent button")?.focus(),
        c: () => document.getElementById("composer")?.focus(),
        e: () => document.querySelector<HTMLElement>(".to-end")?.click(),
        d: toggleDensity,
      }),
      [ask, show],
    ),
  );
}

/** Where the keyboard goes when what had it is gone: from here every key works. */
const toTimeline = (): HTMLElement | null => document.querySelector<HTMLElement>(".timeline");

const toApproval = (openSheet: () => void): void => toPanel(".side .approval", openSheet);

/** Go to a part of the column; where the column is not shown, its sheet is opened. */
function toPanel(which: string, openSheet: () => void): void {
  const part = document.querySelector<HTMLElement>(which);
  if (part !== null && part.offsetParent !== null) {
    part.scrollIntoView({ block: "nearest" });
    part.focus();
  } else {
    openSheet();
  }
}

const NOT_SIGNED_IN = 4501;
const NO_ACCESS = 4503;

/** Where coming back cannot help, say so; a session that was shown stays readable, unless it was taken away. */
function endOf(view: SessionView): ReactNode {
  if (view.link.kind !== "ended") return null;
  const { number, sentence } = view.link.end;
  const lost = number === NO_ACCESS || number === NOT_SIGNED_IN;
  return view.session !== null && !lost ? null : <Ended sentence={sentence} />;
}

function Ended({ sentence }: { readonly sentence: string }) {
  // Whoever signed out in another tab is led to the login, and from there back to here.
  useEffect(() => void lookWhoIsHere(), []);
  return (
    <main className="page">
      <Blank icon="withheld" title="This session is not open to you">
        <p data-testid="ended">
          {sentence} Ask whoever gave you the link, or the owner of the workspace.
        </p>
        <Link className="button" href="/">
          To your sessions
        </Link>
      </Blank>
    </main>
  );
}
