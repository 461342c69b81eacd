/** Says outside the page that an approval waits: in the title, and in a notification if allowed. */
import { useEffect, useRef } from "react";
import { type Held, needingPeople } from "../../store/select";
import type { SessionView } from "../../store/view";

const ASKED = "Approval waits";
const UNKNOWN = "Outcome not known";

export function useTitle(view: SessionView): void {
  const waiting = view.permissions.has("approve") ? needingPeople(view.state) : [];
  const asked = waiting.some(({ stage }) => stage !== "unknown");
  const words = waiting.length === 0 ? "" : `(${waiting.length}) ${asked ? ASKED : UNKNOWN} · `;
  const name = view.state.title || view.session?.title || "Session";
  useEffect(() => {
    document.title = `${words}${name} · Cohelm`;
  }, [words, name]);
}

/** Notify once for each request and each unknown outcome that comes while nobody looks at this tab. */
export function useNotifications(view: SessionView): void {
  const told = useRef<ReadonlySet<string>>(new Set());
  const waiting = needingPeople(view.state);
  const mine = view.permissions.has("approve");
  useEffect(() => {
    const fresh = waiting.filter((held) => !told.current.has(whatWaits(held)));
    told.current = new Set(waiting.map(whatWaits));
    if (!mine || !document.hidden || notifications() !== "granted") return;
    for (const { id, request, stage } of fresh) {
      new Notification(`${stage === "unknown" ? UNKNOWN : ASKED}: ${request.action.name}`, {
        body: view.state.title,
        tag: id,
      });
    }
  }, [waiting, mine, view.state.title]);
}

const whatWaits = ({ id, stage }: Held): string => `${id} ${stage === "unknown"}`;

export function notifications(): NotificationPermission | "none" {
  return "Notification" in window && window.isSecureContext ? Notification.permission : "none";
}
