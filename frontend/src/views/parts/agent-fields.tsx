/** What is asked of an agent, for a new one and for one that is changed. */
import { Label, TextArea, TextField } from "react-aria-components";
import { TextLine } from "./parts";

export interface AgentForm {
  readonly name: string;
  readonly url: string;
  readonly header: string;
  readonly secret: string;
  readonly ca: string;
}

export const BLANK_AGENT: AgentForm = { name: "", url: "", header: "", secret: "", ca: "" };

/** Give the secret headers that were typed: one, or none. */
export function headersOf({ header, secret }: AgentForm): Readonly<Record<string, string>> {
  return header.trim() === "" ? {} : { [header.trim()]: secret };
}

interface AgentFieldsProps {
  /** What the names for tests begin with. */
  readonly prefix: string;
  readonly form: AgentForm;
  readonly change: (form: AgentForm) => void;
  /** What becomes of the secrets. */
  readonly hint: string;
  readonly caHint: string;
  readonly autoFocus?: boolean;
}

export function AgentFields({ prefix, form, change, hint, caHint, autoFocus }: AgentFieldsProps) {
  const of = (key: keyof AgentForm) => ({
    testid: `${prefix}-${key}`,
    value: form[key],
    onChange: (value: string) => change({ ...form, [key]: value }),
  });
  const { testid, ...ca } = of("ca");
  return (
    <>
      <TextLine label="Name" maxLength={100} autoFocus={autoFocus ?? false} {...of("name")} />
      <TextLine
        label="AG-UI address"
        type="url"
        placeholder="https://agent.example/run"
        {...of("url")}
      />
      <div className="form-two">
        <TextLine label="Secret header" placeholder="Authorization" {...of("header")} />
        <TextLine label="Its value" type="password" autoComplete="off" {...of("secret")} />
      </div>
      <p className="field-hint">{hint}</p>
      {form.url.startsWith("https://") ? (
        <TextField className="field" {...ca}>
          <Label>Who signed its certificate (CA)</Label>
          <TextArea className="input input--code" rows={3} data-testid={testid} />
          <span className="field-hint">{caHint}</span>
        </TextField>
      ) : null}
    </>
  );
}
