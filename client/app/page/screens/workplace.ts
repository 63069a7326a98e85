/** Where somebody works: one of the organisations that a letter asks, or that are here. */

import type { IssuerView, Workplace } from "../../rpc.ts";
import type { App } from "../app.ts";
import { type Child, p } from "../dom.ts";
import type { ScreenName } from "../flow.ts";
import { checked, choices } from "../frame.ts";
import { t } from "../texts.ts";

/** The issuer to join at, where one was chosen of a letter that has some elsewhere. */
export function issuerOf({ draft, letter }: App): IssuerView | undefined {
  if (draft.issuer === "") return undefined;
  const there = letter?.apart.find((each) => each.organisation === draft.organisation);
  return there?.issuers.find((each) => each.name === draft.issuer);
}

/** Where that which one brings goes; nothing where that is this server alone. */
export function goal({ draft: { issuer, at } }: App): Child {
  return issuer !== "" && p(t("This goes to {issuer}, at {address}, and nowhere else.", { issuer, address: at || location.origin }));
}

/** What follows once something was brought: of oneself one says the same at every issuer, so it is asked once. */
export function next({ draft, view }: App): ScreenName {
  return draft.issuer !== "" && view.memberships.some((each) => each.organisation === draft.organisation) ? "join" : "work";
}

/** The organisations there are to choose from. */
export function places(app: App): readonly Workplace[] {
  const { organisation } = app.draft;
  const chosen = issuerOf(app);
  if (chosen !== undefined) return [{ organisation, methods: chosen.methods }];
  return app.letter?.organisations ?? app.instance?.organisations ?? [];
}

/** Choose one of several; where there is but one, it is said. */
export function workplaces(app: App, chosen: string): HTMLElement {
  const names = places(app).map((each) => each.organisation);
  return names.length > 1
    ? choices("organisation", t("Where you work"), names.map((name) => ({ value: name, label: name })), chosen)
    : p(t("Where you work: {organisation}", { organisation: names[0] ?? "" }));
}

/** The one that was chosen; null, and said so, where none was, or where it cannot be joined from here. */
export function chosenWorkplace(app: App): string | null {
  const [one, ...others] = places(app);
  const chosen = others.length > 0 ? checked("organisation") : (one?.organisation ?? null);
  if (chosen === null) app.stage.say({ words: t("Choose where you work."), english: false });
  if (app.draft.issuer === "" && app.letter?.apart.some((each) => each.organisation === chosen)) {
    void app.go("apart");
    return null;
  }
  return chosen;
}
