/** Getting passes back: from the words alone, or for new words in the place of lost ones (section 3, “Lost words”). */

import type { Credential } from "../protocol/credential.ts";
import { UNDECLARED } from "../protocol/credential.ts";
import { day } from "../values/index.ts";
import { methodsOf, type Shown } from "./admission.ts";
import type { Client, Said } from "./client.ts";
import { parseAnswer } from "./transport.ts";
import type { Membership } from "./wallet.ts";

/** Get the passes back on a device that has only the words. Throws as `Client.enrol`. */
export async function restore(client: Client, organisation: string, said: Said = {}): Promise<Membership> {
  const { registry } = await client.registry();
  const issuer = await client.joined(organisation, said.issuer);
  const methods = methodsOf(registry, issuer, organisation);
  const { roleFamily = UNDECLARED, standing = UNDECLARED } = said;
  return client.renewal({ issuer, organisation, roleFamily, standing, methods });
}

/**
 * Ask that the client's words take the place of lost ones, after the waiting time; return the day from which
 * `restore` gets the passes.
 *
 * `shown` is the spent code that was joined with, or new evidence of the same account or address. Throws as `Client.enrol`.
 */
export async function replace(
  client: Client, organisation: string, shown: string | Shown, said: Said = {},
): Promise<string> {
  const [issuer, admission] = await client.admission(organisation, shown, said);
  const answer = await client.request("api/issuer/replacements", "replace", admission, issuer);
  const { ready } = parseAnswer(answer, ["profile", "ready"]);
  const { roleFamily, standing, method } = admission;
  const credentials = new Map<string, Credential>();
  client.wallet.hold({ address: client.address, issuer, organisation, roleFamily, standing, method, credentials });
  return day(ready);
}

/** Stop a replacement that somebody else asked for. Throws as `Client.enrol`. */
export async function cancel(client: Client, organisation: string, { issuer }: Said = {}): Promise<void> {
  const by = await client.issuer(organisation, issuer);
  await client.request("api/issuer/cancellations", "cancel", { organisation }, by);
}
