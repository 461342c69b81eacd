/** What an agent tells of its own work (its steps, its state), in a few words. Pure. */
import type { Detail } from "../store/rows";
import { counted } from "./format";

const NAMES_SHOWN = 6;

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

const isState = (detail: Detail): boolean =>
  textOf(detail.value["type"]).startsWith("STATE_") ||
  detail.value["name"] === "cohelm.state_left_out";

/** Give the steps in the order in which each was first begun, such as "steps: think, tools". */
export function stepsOf(details: readonly Detail[]): string {
  const begun = details.filter(({ value }) => value["type"] === "STEP_STARTED");
  const names = [...new Set(begun.map(({ value }) => textOf(value["stepName"]) || "unnamed"))];
  if (names.length === 0) return "details";
  const more = names.length > NAMES_SHOWN ? ` and ${names.length - NAMES_SHOWN} more` : "";
  return `steps: ${names.slice(0, NAMES_SHOWN).join(", ")}${more}`;
}

/** Say how many there are of each sort; a step's end is no step of its own. */
export function countsOf(details: readonly Detail[]): string {
  const states = details.filter(isState).length;
  const steps = details.filter(({ value }) => textOf(value["type"]).startsWith("STEP_")).length;
  const others = details.length - states - steps;
  return [
    states > 0 ? counted(states, "state", "states") : "",
    others > 0 ? counted(others, "other event", "other events") : "",
  ]
    .filter((part) => part !== "")
    .join(" · ");
}

/** Name one of them: its type, and the name that the agent gave it. */
export function nameOfDetail({ value }: Detail): string {
  const type = textOf(value["type"]).toLowerCase().replaceAll("_", " ");
  const name = textOf(value["stepName"]) || textOf(value["name"]);
  return name === "" ? type : `${type} ${name}`;
}
