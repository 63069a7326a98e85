/** Which screen follows from what lies on the device: decisions alone, no page. */

import type { LetterView, View } from "../rpc.ts";

/** Screens that are here with the page. */
const HERE = [
  "where", "elsewhere", "way", "work", "standing", "words", "ask", "join", "joined", "tomorrow", "letter", "public", "again",
  "uncertain", "signed", "burn", "burned",
] as const;
/** Screens that are loaded when one of them is first shown. */
export const MORE = [
  "withdraw", "withdrawn", "pass", "show", "save", "bring", "protect", "unlock", "restore", "lost", "asked", "cancel",
  "cancelled", "renew", "apart", "closed", "nothing", "astray", "vouch", "vouched",
] as const;
export const SCREENS: readonly ScreenName[] = [...HERE, ...MORE];
export type HereScreen = (typeof HERE)[number];
export type MoreScreen = (typeof MORE)[number];
export type ScreenName = HereScreen | MoreScreen;

/** Screens of joining, and at which of the five steps they stand. */
const STEPS: Partial<Record<ScreenName, number>> = {
  where: 1, elsewhere: 1, way: 2, work: 2, standing: 2, words: 3, ask: 3, join: 3, joined: 3, letter: 4, public: 5,
};
export const LAST_STEP = 5;
const JOINING: readonly ScreenName[] = ["where", "elsewhere", "way", "work", "standing", "words", "ask", "join"];
const SIGNING: readonly ScreenName[] = ["joined", "tomorrow", "letter", "public", "again"];
const OPEN: readonly ScreenName[] = ["show", "save", "protect", "cancel", "vouch", "vouched"];
const ANYWHERE: readonly ScreenName[] = ["pass", "bring", "restore", "lost", "asked", "cancelled", "burn", "astray"];

/** The step of a screen, of five; undefined where there is nothing to count. */
export function step(screen: ScreenName): number | undefined {
  return STEPS[screen];
}

/** Whether a name is one of a screen. */
export function isScreen(name: unknown): name is ScreenName {
  return SCREENS.some((each) => each === name);
}

/** The screen to begin with. */
export function first(view: View, letter: LetterView | null): ScreenName {
  if (view.pass === "locked") return "unlock";
  if (letter === null) return "pass";
  if (view.sending?.slug === letter.slug) return "uncertain";
  if (letter.standing === "withdrawn") return "withdrawn";
  if (letter.standing === "signed") return "signed";
  if (letter.closed) return "closed";
  if (letter.standing === "ready") return "again";
  if (letter.standing === "renew" || (letter.standing === "apart" && !chosen(view, letter))) return letter.standing;
  const draft = view.draft;
  if (draft !== null && draft.slug === letter.slug && isScreen(draft.screen) && JOINING.includes(draft.screen)) {
    return draft.screen;
  }
  return "where";
}

/** Whether somebody is joining at one of the letter's issuers, which they chose. */
function chosen({ draft }: View, letter: LetterView): boolean {
  return draft !== null && draft.slug === letter.slug && draft.issuer !== "";
}

/** Whether a screen makes sense now; who comes to another by the browser's history is sent to the first one. */
export function fits(screen: ScreenName, view: View, letter: LetterView | null): boolean {
  if (view.pass === "locked") return screen === "unlock" || screen === "burn";
  if (ANYWHERE.includes(screen)) return true;
  if (OPEN.includes(screen)) return view.pass === "open";
  if (screen === "nothing") return letter === null;
  if (letter === null) return JOINING.includes(screen) && view.draft?.mode === "replace";
  if (JOINING.includes(screen)) return joins(screen, view, letter);
  if (SIGNING.includes(screen)) return letter.standing === "ready" && !letter.closed && view.sending === null;
  if (screen === "apart") return letter.organisations.some(({ apart }) => apart) && !letter.closed;
  if (screen === "withdraw") return letter.standing === "signed" && !letter.closed;
  return screen === first(view, letter);
}

function joins(screen: ScreenName, view: View, letter: LetterView): boolean {
  if (view.draft?.mode === "replace") return true;
  if (letter.closed || !(letter.standing === "none" || (letter.standing === "apart" && chosen(view, letter)))) return false;
  return screen === "where" || screen === "elsewhere" || screen === "way" || view.draft?.slug === letter.slug;
}
