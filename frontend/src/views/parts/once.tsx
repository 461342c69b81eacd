/** A secret that is shown for the only time, with a button that copies it. */
import { useState } from "react";
import { Input, Label, TextField } from "react-aria-components";
import { Act } from "./parts";

interface OnceProps {
  readonly label: string;
  readonly text: string;
  readonly hint: string;
  readonly testid?: string;
}

export function Once({ label, text, hint, testid }: OnceProps) {
  const [said, say] = useState("");
  const copy = async () => {
    // On plain HTTP browsers withhold the clipboard; the text is selected, for the keys.
    const input = document.getElementById("once") as HTMLInputElement | null;
    input?.select();
    const done = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    );
    say(done ? "Copied." : "It is selected: copy it with the keyboard.");
  };
  return (
    <div className="told once">
      <TextField className="field" isReadOnly value={text} autoFocus>
        <Label>{label}</Label>
        <Input id="once" className="input mono" data-testid={testid} />
      </TextField>
      <div className="actions-row">
        <span className="field-hint" role="status">
          {said || hint}
        </span>
        <Act icon="copy" onPress={() => void copy()}>
          Copy
        </Act>
      </div>
    </div>
  );
}
