/** Which screens lead to what somebody came for, and what the address says that is: decisions alone, no page. */

import { type Purpose, PURPOSES } from "../../src/protocol/beside.ts";

export const SCREENS = ["what", "name", "address", "code", "done", "closed", "nothing"] as const;
export type ScreenName = (typeof SCREENS)[number];

/** What is to be done for each purpose, one question a screen. */
const STEPS: Readonly<Record<Purpose, readonly ScreenName[]>> = {
  support: ["what", "address", "code"],
  unsupport: ["address", "code"],
  show: ["what", "name", "address", "code"],
  unshow: ["address", "code"],
};

const SLUG = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** What an address asks for. */
export interface Route {
  readonly language: string | null;
  readonly purpose: Purpose;
  /** The letter's short name; null where the address has none. */
  readonly slug: string | null;
}

/** Language, purpose and letter of the address: `#support/slug`, or `#de/support/slug`. */
export function route(fragment: string, languages: readonly string[]): Route {
  const parts = fragment.replace(/^#/, "").split("/");
  const language = languages.find((each) => each === parts[0]) ?? null;
  const [asked, slug = "", ...more] = language === null ? parts : parts.slice(1);
  const purpose = PURPOSES.find((each) => each === asked);
  const fits = purpose !== undefined && more.length === 0 && SLUG.test(slug) && slug.length <= 80;
  return { language, purpose: purpose ?? "support", slug: fits ? slug : null };
}

/** What is known when a screen is chosen. */
export interface Known {
  readonly purpose: Purpose;
  readonly letter: "open" | "ended" | "none";
  /** Whether a name was typed. */
  readonly named: boolean;
  readonly done: boolean;
}

/** The screen to begin with. A name can be taken away from a letter that has ended. */
export function first({ purpose, letter }: Known): ScreenName {
  if (letter === "none") return "nothing";
  return letter === "ended" && purpose !== "unshow" ? "closed" : (STEPS[purpose][0] ?? "address");
}

/** Whether a screen makes sense now; who comes to another by the browser's history is sent to the first one. */
export function fits(screen: ScreenName, known: Known): boolean {
  const begun = first(known);
  if (begun === "nothing" || begun === "closed") return screen === begun;
  if (screen === "done") return known.done;
  if (!STEPS[known.purpose].includes(screen)) return false;
  return known.purpose !== "show" || known.named || screen === "what" || screen === "name";
}

/** The place of a screen among those of its purpose, from 1, and how many there are; undefined outside of them. */
export function step(screen: ScreenName, purpose: Purpose): readonly [at: number, last: number] | undefined {
  const steps = STEPS[purpose];
  return steps.includes(screen) ? [steps.indexOf(screen) + 1, steps.length] : undefined;
}

/** The screen after another one. */
export function next(screen: ScreenName, purpose: Purpose): ScreenName {
  const steps = STEPS[purpose];
  return steps[steps.indexOf(screen) + 1] ?? "done";
}

/** Whether a name is one of a screen. */
export function isScreen(name: unknown): name is ScreenName {
  return SCREENS.some((each) => each === name);
}
