/** The top line that never scrolls away: who is here, the agent, what waits, and the present. */
import { Link } from "../../router";
import { doing, needingPeople, type Present, present, waitingIn } from "../../store/select";
import { clockOf, elapsed, msOf, spaced } from "../../text/format";
import { ThemeButton } from "../parts/bar";
import { doingWords } from "../parts/doing";
import { Icon } from "../parts/icons";
import { Act } from "../parts/parts";
import { useNow } from "./clock";
import { useStore, useView } from "./context";
import { Here } from "./people";

interface TopProps {
  readonly openKeys: () => void;
  readonly openSession: () => void;
  readonly openShare: () => void;
  readonly toApproval: () => void;
}

export function TopLine({ openKeys, openSession, openShare, toApproval }: TopProps) {
  const view = useView();
  const title = view.state.title || view.session?.title || "";
  return (
    <header className="top">
      <div className="top-title">
        <Link className="brand" href="/" aria-label="Cohelm, to the sessions">
          <Icon name="helm" /> <span className="brand-name">Cohelm</span>
        </Link>
        <span className="top-slash" aria-hidden="true">
          /
        </span>
        <h1 data-testid="session-name">{title}</h1>
        {view.state.status === "closed" ? <span className="tag">closed</span> : null}
        {view.permissions.has("drive") && view.state.status === "open" ? (
          <Act
            look="bare"
            icon="pencil"
            aria-label="This session: title and end"
            onPress={openSession}
            testid="session-settings"
          />
        ) : null}
        <span className="spacer" />
        {view.permissions.has("moderate") ? (
          <Act
            look="bare"
            icon="share"
            aria-label="Share this session: people and roles"
            onPress={openShare}
            testid="session-share"
          />
        ) : null}
        <Act look="bare" icon="keys" aria-label="Keys" onPress={openKeys} />
        <ThemeButton />
        <span className="quiet wide-only" data-testid="you">
          {view.you?.name}
        </span>
      </div>
      <div className="facts">
        <Here />
        <AgentFact />
        <WaitingFact toApproval={toApproval} />
        <ConnectionFact />
      </div>
    </header>
  );
}

function AgentFact() {
  const view = useView();
  const store = useStore();
  const { run, agent } = view.state;
  const now = useNow(run !== null);
  const what = doing(view);
  const stop = () => run !== null && store.submit({ type: "run.cancel", run_id: run.run_id });
  return (
    <section className="fact fact--agent" aria-label="Agent" data-doing={what.kind}>
      <span className="fact-label">{agent?.name ?? "Agent"}</span>
      <span className="fact-value">
        <span
          className="pulse"
          data-on={run !== null && what.kind !== "waiting" && what.kind !== "still"}
          aria-hidden="true"
        />
        <span className="fact-words" data-testid="agent-doing">
          {doingWords(what)}
        </span>
        {run === null ? null : (
          <span className="num quiet" data-testid="run-elapsed">
            {elapsed(now + view.skew - msOf(run.time))}
          </span>
        )}
      </span>
      {run !== null && view.permissions.has("stop") ? (
        <Act icon="stop" onPress={stop} testid="cancel-run" aria-label="Cancel run">
          <span className="wide-only">Cancel run</span>
        </Act>
      ) : null}
    </section>
  );
}

function WaitingFact({ toApproval }: { readonly toApproval: () => void }) {
  const view = useView();
  const count = needingPeople(view.state).length;
  const mine = view.permissions.has("approve");
  if (count === 0) {
    return (
      <section className="fact fact--waiting" aria-label="Waiting" data-testid="waiting">
        <span className="fact-label">Waits for you</span>
        <span className="fact-value quiet">Nothing</span>
      </section>
    );
  }
  return (
    <section
      className="fact fact--waiting"
      aria-label="Waiting"
      data-on={mine}
      data-testid="waiting"
    >
      <span className="fact-label">{mine ? "Waits for you" : "Waits for an operator"}</span>
      <button type="button" className="fact-value fact-jump" onClick={toApproval}>
        <Icon name="asked" /> {waitingIn(view.state)}
      </button>
    </section>
  );
}

function presentWords(now: Present): string {
  switch (now.kind) {
    case "connecting":
      return "Connecting";
    case "live":
      return "Live";
    case "silent":
      return "No answer for a while";
    case "catching":
      return `Catching up, ${spaced(now.behind)} behind`;
    case "offline":
      return now.since === null ? "Not reached yet" : `Offline since ${clockOf(now.since)}`;
    case "ended":
      return "Ended";
  }
}

function ConnectionFact() {
  const view = useView();
  const now = present(view);
  const sentence = "sentence" in now ? now.sentence : "";
  return (
    <section
      className="fact fact--present"
      aria-label="Connection"
      data-testid="connection"
      data-state={now.kind}
      data-seq={view.seq}
      data-head={view.head}
      title={sentence}
    >
      <span className="fact-label">Connection</span>
      <span className="fact-value">
        <span className="dot" aria-hidden="true" />
        <span className="fact-words" role="status">
          {presentWords(now)}
        </span>
        <span className="num quiet seq-words">seq {spaced(view.seq)}</span>
      </span>
    </section>
  );
}
