/** Small parts that every page uses. */
import type { ReactNode } from "react";
import {
  Button,
  type ButtonProps,
  Input,
  Label,
  TextField,
  type TextFieldProps,
} from "react-aria-components";
import { initials } from "../../text/format";
import { Icon, type IconName } from "./icons";

const LOOKS = {
  plain: "",
  main: "button--main",
  bare: "button--bare",
  wide: "button--main button--wide",
  "wide-plain": "button--wide",
};

interface ActProps extends ButtonProps {
  readonly look?: keyof typeof LOOKS;
  readonly icon?: IconName;
  readonly testid?: string;
}

export function Act({ look = "plain", icon, testid, children, ...rest }: ActProps) {
  const bare = children === undefined ? "button--icon" : "";
  return (
    <Button {...rest} className={`button ${LOOKS[look]} ${bare}`} data-testid={testid}>
      {icon === undefined ? null : <Icon name={icon} />}
      {children as ReactNode}
    </Button>
  );
}

/** In words what the server demands of a new password, before it has to refuse one. */
export const PASSWORD_RULE = "At least 8 characters, and none that many people use.";

interface TextLineProps extends TextFieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly placeholder?: string;
  readonly testid?: string;
}

export function TextLine({ label, hint, placeholder, testid, ...rest }: TextLineProps) {
  return (
    <TextField {...rest} className="field">
      <Label>{label}</Label>
      <Input className="input" placeholder={placeholder ?? ""} data-testid={testid} />
      {hint === undefined ? null : <span className="field-hint">{hint}</span>}
    </TextField>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly testid?: string;
  readonly autoFocus?: boolean;
}

export function Choice({ label, value, onChange, options, testid, autoFocus }: ChoiceProps) {
  return (
    <label className="field">
      <span className="field-label">{label}</span>
      <select
        className="input"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        data-testid={testid}
        // biome-ignore lint/a11y/noAutofocus: only where somebody has just asked for it.
        autoFocus={autoFocus}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </label>
  );
}

export function Problem({ children }: { readonly children: ReactNode }) {
  return (
    <div className="problem" role="alert">
      <Icon name="warn" />
      <div>{children}</div>
    </div>
  );
}

/** What could not be fetched, and the button that tries again. */
export function Again({
  children,
  reload,
}: {
  readonly children: ReactNode;
  readonly reload: () => void;
}) {
  return (
    <Problem>
      <div className="problem-ways">
        <p>{children}</p>
        <Act onPress={reload}>Try again</Act>
      </div>
    </Problem>
  );
}

interface AvatarProps {
  readonly name: string;
  readonly agent?: boolean;
  readonly you?: boolean;
  readonly away?: boolean;
}

export function Avatar({ name, agent = false, you = false, away = false }: AvatarProps) {
  const looks = [agent && "avatar--agent", you && "avatar--you", away && "avatar--away"];
  return (
    <span
      className={["avatar", ...looks.filter(Boolean)].join(" ")}
      aria-hidden="true"
      title={name}
    >
      {agent ? <Icon name="agent" size={14} /> : initials(name)}
    </span>
  );
}

export function Blank({
  icon,
  title,
  children,
}: {
  readonly icon: IconName;
  readonly title: string;
  readonly children: ReactNode;
}) {
  return (
    <div className="blank">
      <Icon name={icon} />
      <h2>{title}</h2>
      {children}
    </div>
  );
}
