/**
 * Ways of joining: each is one module, loaded when somebody joins by it, and nothing else on the page knows of it.
 *
 * A module has `catalogues`, `problems` and `way`; its name stands in `WAYS`, in `Parts` and in `app/build.mjs`.
 */

import type { App, Screen } from "../app.ts";
import { type Child, h, p } from "../dom.ts";
import { other } from "../frame.ts";
import { part, type PartName } from "../parts.ts";
import { places } from "../screens/workplace.ts";
import { t } from "../texts.ts";

/** What is said before what somebody brought is sent. */
export interface Last {
  /** What the server learns. */
  readonly learns: string;
  /** What becomes of it by joining; null where words are replaced. */
  readonly says: string | null;
  /** What is sent, each with its name. */
  readonly brought: readonly (readonly [name: string, shown: Child])[];
}

/** A way of joining. */
export interface Way {
  /** The screen where one brings what shows that one works there. */
  ask(app: App): Screen | Promise<Screen>;
  last(app: App): Last | Promise<Last>;
  /** Codes of errors that are about what was brought: they lead back to `ask`, to this field of it. */
  readonly wrong: readonly string[];
  readonly field: string;
}

/** The ways that this page knows by their names in the registry, the safest first. */
const WAYS = ["code", "vouch", "email"] as const satisfies readonly PartName[];

type WayName = (typeof WAYS)[number];

const begins = (name: WayName): string =>
  ({ code: t("With a one-time code"), vouch: t("Two members vouch for me"), email: t("By e-mail") })[name];

/** What else the registry names, where there are several ways; null where there is one. */
export function others(app: App): Child {
  const there = places(app).flatMap((each) => each.methods);
  const known = WAYS.filter((each) => there.includes(each));
  if (known.length < 2 || app.draft.mode === "replace") return null;
  const chosen = chosenOf(app);
  return h("details", {},
    h("summary", {}, t("Another way")),
    p(t("Members of this place of work can join in several ways. Who joins in two of them counts twice, which helps nobody.")),
    h("div", { class: "actions" }, known.filter((each) => each !== chosen).map((each) =>
      other(begins(each), () => void app.run(async () => {
        await app.keep({ method: each, evidence: {} });
        await app.again();
      })),
    )),
  );
}

function chosenOf(app: App): WayName {
  const there = places(app).flatMap((each) => each.methods);
  return WAYS.find((each) => each === app.draft.method) ?? WAYS.find((each) => there.includes(each)) ?? WAYS[0];
}

/** The way that was begun with, or the first of those that the registry names. */
export async function wayOf(app: App): Promise<Way> {
  return (await part(chosenOf(app))).way;
}
