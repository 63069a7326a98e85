/**
 * Ways of joining: each is one module, loaded when somebody joins by it, and nothing else on the page knows of it.
 *
 * A module has `catalogues`, `problems` and `way`; its name stands in `WAYS`, in `Parts` and in `app/build.mjs`.
 */

import type { App, Screen } from "../app.ts";
import { type Child, h, p } from "../dom.ts";
import { other } from "../frame.ts";
import { part, type PartName } from "../parts.ts";
import type { Told } from "../problems.ts";
import { places } from "../screens/workplace.ts";
import { t } from "../texts.ts";

/** What is said before what somebody brought is sent. */
export interface Last {
  /** Where there is something to do before it can be sent: the question, and the one thing to do; null where it cannot be. */
  readonly before?: { readonly heading: string; readonly label: string; readonly go: () => Promise<void> } | null;
  /** What went wrong on the way here. */
  readonly problem?: Told;
  /** What the server learns. */
  readonly learns: string;
  /** What becomes of it by joining; null where words are replaced. */
  readonly says: Child;
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
  /** Where nothing can be put right, and what was brought is good for once alone: show the last screen anew. */
  readonly anew?: (app: App) => Promise<void>;
}

/** The ways that this page knows by their names in the registry, the safest first. */
const WAYS = ["code", "vouch", "email", "oidc"] as const satisfies readonly PartName[];

export type WayName = (typeof WAYS)[number];

/** Ways that the registry names for where one may work, and that this page knows. */
export function waysThere(app: App, offered = places(app)): readonly WayName[] {
  const there = offered.flatMap((each) => each.methods);
  return WAYS.filter((each) => there.includes(each));
}

const begins = (name: WayName): string =>
  ({ code: t("With a one-time code"), vouch: t("Two members vouch for me"), email: t("By e-mail"), oidc: t("With an account elsewhere") })[name];

/** What else the registry names, where there are several ways; null where there is one. */
export function others(app: App): Child {
  const known = waysThere(app);
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
  return WAYS.find((each) => each === app.draft.method) ?? waysThere(app)[0] ?? WAYS[0];
}

/** The way that was begun with, or the first of those that the registry names. */
export async function wayOf(app: App): Promise<Way> {
  return (await part(chosenOf(app))).way;
}
