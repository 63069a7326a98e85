/** Where somebody works: one of the organisations that a letter asks, or that are here. */

import type { Workplace } from "../../rpc.ts";
import type { App } from "../app.ts";
import { p } from "../dom.ts";
import { checked, choices } from "../frame.ts";
import { t } from "../texts.ts";

/** The organisations there are to choose from. */
export function places(app: App): readonly Workplace[] {
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
  if (app.letter?.apart.some((each) => each.organisation === chosen)) {
    void app.go("apart");
    return null;
  }
  return chosen;
}
