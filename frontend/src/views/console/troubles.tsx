/** What is wrong with the agent: nobody works on what waits, or the last run failed. With a way on. */
import { useState } from "react";
import { Link } from "../../router";
import { nameOf } from "../../store/names";
import type { PromptRow } from "../../store/rows";
import { whoMay } from "../../store/select";
import type { SessionView } from "../../store/view";
import { clockOf, counted, elapsed, msOf, orList } from "../../text/format";
import { Act } from "../parts/parts";
import { writeBack } from "./actions";
import { Band } from "./band";
import { useNow } from "./clock";
import { useView } from "./context";

/** An agent that is away for so long (milliseconds) is not merely coming back. */
const GRACE = 5_000;

/** Says that nobody works on what waits: the agent's runner is not connected. */
export function AwayBand() {
  const view = useView();
  const { agentAway, state, live } = view;
  const matters = state.queue.length > 0 || state.run !== null;
  const now = useNow(agentAway !== null && matters);
  if (agentAway === null || !live || !matters || now - agentAway.noticed < GRACE) return null;
  const since = agentAway.seen ? ` since ${clockOf(agentAway.noticed)}` : "";
  return (
    <Band look="alarm" icon="warn" testid="away-band">
      {state.agent?.name ?? "The agent"} is not connected{since}. <HeldUp view={view} now={now} />{" "}
      It goes on by itself when the agent's runner is back; whoever runs this server can start it,
      and finds in its log why it went.
    </Band>
  );
}

/** Say what is held up and since when; how long that is, for the eye only. */
function HeldUp({ view, now }: { readonly view: SessionView; readonly now: number }) {
  const { state, rows, skew } = view;
  const [first] = state.queue;
  if (first === undefined) return "The run stands still.";
  const waits = `${counted(state.queue.length, "prompt waits", "prompts wait")} in the queue`;
  const row = rows.findLast(({ seq }) => seq === first.seq);
  if (row === undefined) return `${waits}.`;
  const asked = msOf(row.time);
  return (
    <>
      {waits}, since {clockOf(asked)}
      <span className="num" aria-hidden="true">
        {" "}
        ({elapsed(now + skew - asked)})
      </span>
      .
    </>
  );
}

/** Says why the last run failed, until somebody goes on. */
export function FailedBand() {
  const view = useView();
  const [read, setRead] = useState("");
  const { ended, run, queue, status } = view.state;
  if (ended?.outcome !== "failed" || run !== null || queue.length > 0) return null;
  if (status !== "open" || read === ended.run_id) return null;
  const row = view.rows.findLast(
    (one) => one.kind === "control" && one.event.type === "run.failed",
  );
  const when = row === undefined ? "" : ` at ${clockOf(msOf(row.time))}`;
  return (
    <Band
      look="alarm"
      icon="warn"
      testid="failed-band"
      ways={<Ways view={view} reason={ended.reason ?? ""} read={() => setRead(ended.run_id)} />}
    >
      <strong>The run failed{when}.</strong> {ended.sentence}{" "}
      {WAY_ON[ended.reason ?? ""] ??
        "Ask again; if it fails again, tell who looks after the agent."}
    </Band>
  );
}

/** What helps, by the reason that the runner gave. */
const WAY_ON: { readonly [reason: string]: string } = {
  unreachable: "Ask again when it runs.",
  refused: "Whoever looks after the agent must put that right; then ask again.",
  rate_limited: "Then ask again.",
  timed_out: "Ask again, perhaps for less at once.",
  runner_lost: "Look at what was done so far, then ask again.",
  expired: "Ask again, and answer in time.",
};

interface WaysProps {
  readonly view: SessionView;
  readonly reason: string;
  readonly read: () => void;
}

function Ways({ view, reason, read }: WaysProps) {
  const asked = lastAsked(view);
  if (!view.permissions.has("drive")) return <WhomToTell view={view} />;
  return (
    <>
      {asked === undefined ? null : (
        <Act testid="ask-again" onPress={() => writeBack("prompt", asked.text)}>
          Ask again
        </Act>
      )}
      {reason === "unreachable" || reason === "refused" ? (
        <Link className="button" href="/agents">
          Agents
        </Link>
      ) : null}
      <Act look="bare" onPress={read}>
        Dismiss
      </Act>
    </>
  );
}

function WhomToTell({ view }: { readonly view: SessionView }) {
  const names = whoMay(view, "drive").map((user) => nameOf(view.names, user).name);
  if (names.length === 0) return null;
  return <span>Tell {orList(names.slice(0, 3))}.</span>;
}

/** Give the prompt that the failed run worked on, if it is on this page. */
function lastAsked(view: SessionView): PromptRow | undefined {
  return view.rows.findLast((row): row is PromptRow => row.kind === "prompt" && !row.recalled);
}
