/** A band over the timeline: a sentence, and beside it the ways on. */
import type { ReactNode } from "react";
import { Icon, type IconName } from "../parts/icons";

interface BandProps {
  readonly icon: IconName;
  readonly testid: string;
  readonly look?: "plain" | "offline" | "alarm";
  readonly ways?: ReactNode;
  readonly children: ReactNode;
}

export function Band({ icon, testid, look = "plain", ways, children }: BandProps) {
  return (
    <div className={`band band--${look}`} data-testid={testid}>
      <Icon name={icon} />
      <p role="status">{children}</p>
      {ways === undefined ? null : <div className="band-ways">{ways}</div>}
    </div>
  );
}
