/** The frame of every page that is not the console: the bar, the title, and a kept keyboard. */
import { type ReactNode, useEffect, useRef } from "react";
import type { Me } from "../../client/api";
import { PageBar, type PageName } from "./bar";
import { useKeptFocus } from "./kept";

interface PageProps {
  readonly me: Me;
  readonly here: PageName;
  readonly title: string;
  readonly about?: string;
  /** How much waits here, for the tab's title. */
  readonly waiting?: number;
  /** What stands beside the title. */
  readonly beside?: ReactNode;
  readonly children: ReactNode;
}

export function Page({ me, here, title, about, waiting = 0, beside, children }: PageProps) {
  const main = useRef<HTMLElement>(null);
  useKeptFocus(main, toTitle);
  useEffect(() => {
    document.title = `${waiting > 0 ? `(${waiting}) ` : ""}${title} · Cohelm`;
  }, [title, waiting]);
  return (
    <>
      <PageBar me={me} here={here} />
      <main className="page" ref={main}>
        <div className="page-head">
          <h1 tabIndex={-1}>{title}</h1>
          {beside}
        </div>
        {about === undefined ? null : <p className="quiet page-about">{about}</p>}
        {children}
      </main>
    </>
  );
}

/** Where the keyboard goes when what had it is gone, and nothing took its place. */
const toTitle = (): HTMLElement | null => document.querySelector<HTMLElement>(".page-head h1");
