/** The bar over every page that is not the console. */
import { useState } from "react";
import type { Me } from "../../client/api";
import { Link } from "../../router";
import { signOut } from "../../store/me";
import { nextTheme, setTheme, theme } from "../theme";
import { Icon } from "./icons";
import { Act, Avatar } from "./parts";

const PAGES = [
  { name: "sessions", href: "/", label: "Sessions" },
  { name: "agents", href: "/agents", label: "Agents" },
  { name: "people", href: "/people", label: "People" },
  { name: "tokens", href: "/tokens", label: "Tokens" },
] as const;

export type PageName = (typeof PAGES)[number]["name"];

interface PageBarProps {
  readonly me: Me;
  readonly here: PageName;
}

export function PageBar({ me, here }: PageBarProps) {
  const moderates = me.workspaces.some(({ permissions }) => permissions.includes("moderate"));
  const pages = PAGES.filter(({ name }) => name !== "people" || moderates);
  return (
    <header className="page-bar">
      <Link className="brand brand--short" href="/" aria-label="Cohelm, to the sessions">
        <Icon name="helm" /> <span>Cohelm</span>
      </Link>
      <nav className="page-nav" aria-label="Pages">
        {pages.map(({ name, href, label }) => (
          <Link key={name} href={href} aria-current={here === name ? "page" : undefined}>
            {label}
          </Link>
        ))}
      </nav>
      <span className="spacer" />
      <ThemeButton />
      <Avatar name={me.name} you />
      <span className="who-name">{me.name}</span>
      <Act
        look="bare"
        icon="out"
        aria-label="Sign out"
        onPress={() => void signOut()}
        testid="sign-out"
      />
    </header>
  );
}

export function ThemeButton() {
  const [now, setNow] = useState(theme);
  const press = () => {
    setTheme(nextTheme());
    setNow(theme());
  };
  return (
    <Act
      look="bare"
      icon="theme"
      aria-label={`Colours: ${now}. Press to change.`}
      onPress={press}
    />
  );
}
