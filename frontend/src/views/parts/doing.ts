/** What an agent does, in words: the same in the console and in the list of sessions. */
import type { Doing } from "../../store/select";
import { counted } from "../../text/format";

const DOING: { readonly [K in Doing["kind"]]: string } = {
  none: "No agent sits behind this session",
  closed: "At rest: the session is closed",
  away: "Not connected",
  idle: "Ready for a prompt",
  failed: "The last run failed",
  starting: "About to begin",
  waiting: "Waiting",
  acting: "Carrying out",
  writing: "Writing",
  working: "Working",
  still: "Stands still: not connected",
};

export function doingWords(what: Doing): string {
  if (what.kind === "waiting")
    return `Waiting for ${counted(what.approvals, "approval", "approvals")}`;
  if (what.kind === "acting") return `Carrying out ${what.tool}`;
  return DOING[what.kind];
}
