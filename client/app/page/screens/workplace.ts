/** Where somebody works: one of the organisations that a letter asks, or that are here; and who admits its members. */

import type { IssuerView, Workplace } from "../../rpc.ts";
import type { App } from "../app.ts";
import { type Child, p } from "../dom.ts";
import type { ScreenName } from "../flow.ts";
import { checked, choices } from "../frame.ts";
import { either, t } from "../texts.ts";

/** All organisations of the letter, or of this server where there is none. */
export const offered = ({ letter, instance }: App): readonly Workplace[] => (letter ?? instance)?.organisations ?? [];

/** The issuer to join at, where one was chosen of several, or of some elsewhere. */
export function issuerOf(app: App): IssuerView | undefined {
  const { organisation, issuer } = app.draft;
  return offered(app).find((each) => each.organisation === organisation)?.issuers.find(({ name }) => name === issuer);
}

/** Where that which one brings goes, and what to compare it with where the address is new. */
export function goal(app: App): Child {
  const asked = app.draft.issuer === "" ? places(app).filter(({ apart }) => !apart) : places(app);
  const issuers = asked.flatMap((each) => each.issuers);
  const issuer = either([...new Set(issuers.map(({ name }) => name))]);
  return issuer !== "" && p(
    t("This goes to {issuer}, at {address}, and nowhere else.", { issuer, address: app.draft.at || location.origin }),
    issuers.some(({ kept }) => kept === null) && [" ", t("If your slip, or whoever told you, names another address, stop.")],
  );
}

/** What follows once something was brought: of oneself one says the same at every issuer, so it is asked once. */
export function next({ draft, view }: App): ScreenName {
  return draft.issuer !== "" && view.memberships.some((each) => each.organisation === draft.organisation) ? "join" : "work";
}

/** The organisations there are to choose from. */
export function places(app: App): readonly Workplace[] {
  const { organisation } = app.draft;
  const chosen = issuerOf(app);
  return chosen === undefined ? offered(app) : [{ organisation, methods: chosen.methods, issuers: [chosen], apart: true }];
}

/** Choose one of several; where there is but one, it is said. */
export function workplaces(app: App, chosen: string): HTMLElement {
  const names = places(app).map((each) => each.organisation);
  return names.length > 1
    ? choices("organisation", t("Where you work"), names.map((name) => ({ value: name, label: name })), chosen)
    : p(t("Where you work: {organisation}", { organisation: names[0] ?? "" }));
}

/** The one that was chosen; null, and said so, where none was, or where an issuer has to be chosen first. */
export function chosenWorkplace(app: App): string | null {
  const [one, ...others] = places(app);
  const chosen = others.length > 0 ? checked("organisation") : (one?.organisation ?? null);
  if (chosen === null) app.stage.say({ words: t("Choose where you work."), english: false });
  if (app.draft.issuer === "" && offered(app).some(({ organisation, apart }) => apart && organisation === chosen)) {
    void app.go(app.draft.mode === "join" ? "apart" : "lost");
    return null;
  }
  return chosen;
}
