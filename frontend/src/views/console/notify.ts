/** Says outside the page that an approval waits: in the title, and in a notification if allowed. */
import { useEffect, useRef } from "react";
import { needingPeople } from "../../store/select";
import type { SessionView } from "../../store/view";

export function useTitle(view: SessionView): void {
  const waiting = view.permissions.has("approve") ? needingPeople(view.state).length : 0;
  const name = view.state.title || view.session?.title || "Session";
  useEffect(() => {
    document.title = `${waiting > 0 ? `(${waiting}) Approval waits · ` : ""}${name} · Cohelm`;
  }, [waiting, name]);
}

/** Notify once for each request that comes while nobody looks at this tab. */
export function useNotifications(view: SessionView): void {
  const told = useRef<ReadonlySet<string>>(new Set());
  const waiting = needingPeople(view.state);
  const mine = view.permissions.has("approve");
  useEffect(() => {
    const fresh = waiting.filter(({ id }) => !told.current.has(id));
    told.current = new Set(waiting.map(({ id }) => id));
    if (!mine || !document.hidden || notifications() !== "granted") return;
    for (const { id, request } of fresh) {
      new Notification(`Approval waits: ${request.action.name}`, {
        body: view.state.title,
        tag: id,
      });
    }
  }, [waiting, mine, view.state.title]);
}

export function notifications(): NotificationPermission | "none" {
  return "Notification" in window && window.isSecureContext ? Notification.permission : "none";
}
