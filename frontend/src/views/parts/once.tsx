/** A secret that is shown for the only time, with a button that copies it. */
import { useEffect, useRef, useState } from "react";
import { Input, Label, TextField } from "react-aria-components";
import { Act } from "./parts";

interface OnceProps {
  readonly label: string;
  readonly text: string;
  readonly hint: string;
  readonly testid?: string;
}

/** On plain HTTP browsers withhold the clipboard, and only the old way copies what is selected. */
async function copied(text: string): Promise<boolean> {
  if (navigator.clipboard === undefined) return document.execCommand("copy");
  return await navigator.clipboard.writeText(text).then(
    () => true,
    () => false,
  );
}

export function Once({ label, text, hint, testid }: OnceProps) {
  const [said, say] = useState("");
  const input = useRef<HTMLInputElement>(null);
  // Focused without a scroll, it may be below the edge of a dialog.
  useEffect(() => {
    input.current?.scrollIntoView({ block: "nearest" });
  }, []);
  const copy = async () => {
    // Selected in any case: if nothing else copies it, the keys do.
    input.current?.focus();
    input.current?.select();
    say((await copied(text)) ? "Copied." : "It is selected: copy it with the keyboard.");
  };
  return (
    <div className="told once">
      <TextField className="field" isReadOnly value={text} autoFocus>
        <Label>{label}</Label>
        <Input ref={input} className="input mono" data-testid={testid} />
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
