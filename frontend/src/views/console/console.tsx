/** The console of one session. */
import { useEffect, useMemo, useRef, useState } from "react";
import { SessionStore } from "../../store/session";
import { useKeptFocus } from "../parts/kept";
import { toggleDensity } from "../theme";
import { Announcer } from "./announce";
import { Composer } from "./composer";
import { SessionContext, useView } from "./context";
import { endOf } from "./ended";
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
