/** Gathers many changes into one call: with the next picture, or shortly where none is drawn. */

const AT_LATEST_MS = 100;

export function soon(call: () => void): () => void {
  let asked = false;
  const run = () => {
    if (!asked) return;
    asked = false;
    call();
  };
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(run);
    // A hidden tab draws no pictures, but its title must still say that somebody is waited for.
    setTimeout(run, AT_LATEST_MS);
  };
}
