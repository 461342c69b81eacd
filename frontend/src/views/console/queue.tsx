/** The prompts that wait: who asked for what, in which order; their authors move them or take them back. */
import { useState } from "react";
import type { Prompt } from "../../core/generated";
import { nameOf } from "../../store/names";
import { Act } from "../parts/parts";
import { Straight } from "../parts/shown";
import { useStore, useView } from "./context";

/** The prompt that somebody here has moved, and the place from which. */
interface Moved {
  readonly id: string;
  readonly from: number;
}

export function QueuePanel() {
  const { queue, status, agent } = useView().state;
  const [moved, setMoved] = useState<Moved | null>(null);
  return (
    <section className="panel panel--queue" aria-label="Queue" data-testid="queue" tabIndex={-1}>
      <h2>Queue {queue.length > 0 ? <span className="quiet num">({queue.length})</span> : null}</h2>
      {queue.length === 0 ? (
        <p className="quiet">
          {status === "closed" || agent === null
            ? "Empty."
            : "Empty. A prompt sent while the agent works waits here."}
        </p>
      ) : (
        <ol className="queue">
          {queue.map((prompt, place) => (
            <Waiting key={prompt.prompt_id} prompt={prompt} place={place} moved={setMoved} />
          ))}
        </ol>
      )}
      <p className="only-heard" role="status" data-testid="queue-told">
        {placeWords(queue, moved)}
      </p>
    </section>
  );
}

/** Say where a prompt came to stand, once it stands there. */
function placeWords(queue: readonly Prompt[], moved: Moved | null): string {
  const place = queue.findIndex(({ prompt_id }) => prompt_id === moved?.id);
  const prompt = queue[place];
  if (prompt === undefined || place === moved?.from) return "";
  return `“${brief(prompt.text)}” is now ${place + 1} of ${queue.length}.`;
}

const brief = (text: string): string => text.slice(0, 60);

interface WaitingProps {
  readonly prompt: Prompt;
  readonly place: number;
  readonly moved: (moved: Moved) => void;
}

function Waiting({ prompt, place, moved }: WaitingProps) {
  const view = useView();
  const own = prompt.author === view.you?.id;
  const may = view.permissions.has("drive") && (own || view.permissions.has("moderate"));
  return (
    <li data-testid="queue-item" data-prompt={prompt.prompt_id} data-kept={prompt.prompt_id}>
      <div>
        <strong>{own ? "You" : nameOf(view.names, prompt.author).name}</strong>
        <p className="words clamp">
          <Straight text={prompt.text} />
        </p>
      </div>
      {may ? <Ways prompt={prompt} place={place} moved={moved} /> : null}
    </li>
  );
}

function Ways({ prompt, place, moved }: WaitingProps) {
  const { state, actions } = useView();
  const store = useStore();
  const { prompt_id, text } = prompt;
  const above = state.queue[place - 1]?.prompt_id;
  const below = state.queue[place + 1]?.prompt_id;
  const after = state.queue[place + 2]?.prompt_id;
  const moving = actions.some(
    ({ command, progress }) =>
      command.type === "prompt.move" &&
      command.prompt_id === prompt_id &&
      progress.stage === "sending",
  );
  const move = (before: string | undefined) => {
    // Where it stands now is not where it will stand: the next step waits for this one.
    if (moving) return;
    moved({ id: prompt_id, from: place });
    store.submit({
      type: "prompt.move",
      prompt_id,
      ...(before === undefined ? {} : { before }),
    });
  };
  return (
    <span className="queue-ways">
      {state.queue.length < 2 ? null : (
        <>
          <Act
            look="bare"
            icon="up"
            aria-label={`Move up: ${brief(text)}`}
            testid="queue-up"
            isDisabled={above === undefined}
            onPress={() => move(above)}
          />
          <Act
            look="bare"
            icon="down"
            aria-label={`Move down: ${brief(text)}`}
            testid="queue-down"
            isDisabled={below === undefined}
            onPress={() => move(after)}
          />
        </>
      )}
      <Act
        look="bare"
        icon="undo"
        aria-label={`Take back: ${brief(text)}`}
        testid="queue-recall"
        onPress={() => store.submit({ type: "prompt.recall", prompt_id })}
      />
    </span>
  );
}
