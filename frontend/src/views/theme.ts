/** Light or dark, comfortable or compact: as the system says until somebody chooses. */

export type Theme = "system" | "light" | "dark";

export function theme(): Theme {
  const said = localStorage.getItem("cohelm:theme");
  return said === "light" || said === "dark" ? said : "system";
}

export function setTheme(next: Theme): void {
  localStorage.setItem("cohelm:theme", next);
  applyLook();
}

export function nextTheme(): Theme {
  const order: readonly Theme[] = ["system", "light", "dark"];
  return order[(order.indexOf(theme()) + 1) % order.length] ?? "system";
}

export function toggleDensity(): void {
  const compact = localStorage.getItem("cohelm:density") === "compact";
  localStorage.setItem("cohelm:density", compact ? "comfortable" : "compact");
  applyLook();
}

export function applyLook(): void {
  const root = document.documentElement;
  const chosen = theme();
  if (chosen === "system") delete root.dataset["theme"];
  else root.dataset["theme"] = chosen;
  root.dataset["density"] = localStorage.getItem("cohelm:density") ?? "comfortable";
}
