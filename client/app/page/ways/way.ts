/**
 * Ways of joining: each is one module, loaded when somebody joins by it, and nothing else on the page knows of it.
 *
 * A module has `catalogues`, `problems` and `way`; its name stands in `WAYS`, in `Parts` and in `app/build.mjs`.
 */

import type { App, Screen } from "../app.ts";
import type { Child } from "../dom.ts";
import { part, type PartName } from "../parts.ts";
import { places } from "../screens/workplace.ts";
import type { Draft } from "../../rpc.ts";

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
  last(draft: Draft): Last;
  /** Codes of errors that are about what was brought: they lead back to `ask`, to this field of it. */
  readonly wrong: readonly string[];
  readonly field: string;
}

/** The ways that this page knows by their names in the registry, the safest first. */
const WAYS = ["code"] as const satisfies readonly PartName[];

/** The way that was begun with, or the first of those that the registry names. */
export async function wayOf(app: App): Promise<Way> {
  const there = places(app).flatMap((each) => each.methods);
  const method = WAYS.find((each) => each === app.draft.method) ?? WAYS.find((each) => there.includes(each)) ?? WAYS[0];
  return (await part(method)).way;
}
