/** A text that answers an approval: arguments, a reason, words. */
import type { ReactNode } from "react";
import { Act } from "../parts/parts";

interface WritingProps {
  readonly label: string;
  readonly text: string;
  readonly change: (text: string) => void;
  readonly testid: string;
  readonly back: () => void;
  readonly send: () => void;
  readonly children: ReactNode;
  readonly code?: boolean;
  readonly invalid?: boolean;
  readonly hint?: string;
  readonly longest?: number;
}

export function Writing({
  label,
  text,
  change,
  testid,
  back,
  send,
  children,
  code = false,
  invalid = false,
  hint,
  longest,
}: WritingProps) {
  return (
    <div className="form">
      <label className="field">
        <span className="field-label">{label}</span>
        <textarea
          className={`input ${code ? "input--code" : ""}`}
          rows={code ? Math.min(14, Math.max(5, text.split("\n").length)) : 3}
          value={text}
          onChange={(event) => change(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) send();
            if (event.key === "Escape") back();
          }}
          data-testid={testid}
          aria-invalid={invalid}
          spellCheck={!code}
          maxLength={longest}
          // biome-ignore lint/a11y/noAutofocus: it was just asked for
          autoFocus
        />
        {hint === undefined ? null : (
          <span className="field-hint" role="status" data-testid={`${testid}-hint`}>
            {hint}
          </span>
        )}
      </label>
      <div className="approval-buttons">
        {children}
        <Act look="bare" onPress={back}>
          Back
        </Act>
      </div>
    </div>
  );
}
