/** What an agent says of itself: its own words, marked as such and never as markup; and what a test of its connection found. */
import type { AgentTest } from "../../client/api";
import { type Capabilities, SAYS_NOTHING, saidLines } from "../../text/capabilities";
import { Icon } from "./icons";
import { Problem } from "./parts";
import { Exact } from "./shown";

export function Says({ says }: { readonly says: Capabilities | null }) {
  const lines = saidLines(says);
  if (lines.length === 0) {
    return (
      <p className="quiet" data-testid="agent-says">
        {SAYS_NOTHING}
      </p>
    );
  }
  return (
    <figure className="says" data-testid="agent-says">
      <figcaption className="quiet">It says of itself:</figcaption>
      <dl>
        {lines.map(([word, text]) => (
          <div key={word}>
            <dt className="quiet">{word}</dt>
            <dd>
              <Exact text={text} />
            </dd>
          </div>
        ))}
      </dl>
    </figure>
  );
}

/** The kept agent's own line shows what it says; a test of a new address shows it here. */
export function Tested({ test, brief }: { readonly test: AgentTest; readonly brief?: true }) {
  if (!test.ok) return <Problem>{test.sentence}</Problem>;
  return (
    <>
      <p className="told" data-testid="agent-test-ok">
        <Icon name="check" /> {test.sentence}
      </p>
      {brief ? null : <Says says={test.capabilities} />}
    </>
  );
}
