/** Parts of this page that are loaded when they are first needed; the page's HTML names them and their digests. */

import { fetched, notStarted, trusted } from "../files.ts";
import type { File } from "../rpc.ts";
import { knows, learnProblems } from "./problems.ts";
import { learn } from "./texts.ts";

interface Parts {
  readonly code: typeof import("./ways/code.ts");
  readonly email: typeof import("./ways/email.ts");
  readonly oidc: typeof import("./ways/account.ts");
  readonly vouch: typeof import("./ways/vouch.ts");
  readonly more: typeof import("./screens/more/index.ts");
}
export type PartName = keyof Parts;

const loaded = new Map<PartName, Promise<unknown>>();

/** A part, with its sentences learnt. Throws `Unavailable` where it cannot be had, for instance offline. */
export function part<Name extends PartName>(name: Name): Promise<Parts[Name]> {
  const found = loaded.get(name) ?? load(name);
  loaded.set(name, found);
  found.catch(() => loaded.delete(name));
  return found as Promise<Parts[Name]>;
}

async function load(name: PartName): Promise<Parts[PartName]> {
  const [path = "", integrity = ""] = document.querySelector<HTMLMetaElement>(`meta[name="part-${name}"]`)?.content.split(" ") ?? [];
  const made = (await started(await fetched({ path, integrity }))) as Parts[PartName];
  learnProblems(made.problems);
  await learn(made.catalogues);
  return made;
}

/** Run a file as an element whose digest the browser compares; only then is it there for an import, which names none. */
async function started(file: File): Promise<unknown> {
  const script = document.createElement("script");
  script.type = "module";
  script.integrity = file.integrity;
  script.src = trusted(file);
  await new Promise<void>((resolve, reject) => {
    script.addEventListener("load", () => resolve());
    script.addEventListener("error", () => reject(notStarted()));
    document.head.append(script);
  });
  return import(file.path);
}

/** Load the sentence for an error that is rare; without it the words that the error came with have to do. */
export async function explained(error: unknown): Promise<void> {
  if (!knows(error)) await part("more").catch(() => undefined);
}
