/**
 * E-mail addresses and the codes that are mailed to them, each in one spelling (`docs/protocol.md`, section 3).
 *
 * An address is `local@domain`, at most 254 characters. The local part is ASCII: letters, digits, `_`, `-` and `'`, in
 * parts joined by single dots, at most 64 characters, and does not begin with a hyphen. The domain is in lower case, a
 * name beyond ASCII as its A-labels (`xn--…`). An address with a `+` is refused: one mailbox has any number of those.
 */

import { Malformed } from "../errors.ts";
import { domain, words } from "../values/index.ts";

const MOST = 254;
const MOST_LOCAL = 64;
const LOCAL = /^(?!-)[A-Za-z0-9_'-]+(?:\.[A-Za-z0-9_'-]+)*$/;
const CODE = /^[0-9]{8}$/;
const ASCII = /^[\0-\x7f]*$/;
/** What a platform reads as part of an address of the web, and not of a name. */
const STRUCTURE = /[\0-,/:-@[-`{-\x7f]/;
/** What people put between the digits of a code, white space apart. */
const BETWEEN = /[-.\u2010\u2011\u2013]/g;

const bad = (): Malformed =>
  new Malformed(
    "bad-address",
    "An address is like anna.smith@example.com: before the @ plain letters, digits, dots, hyphens and underscores.",
  );

function parted(value: string): [string, string, string] {
  const at = value.lastIndexOf("@");
  return at < 0 ? ["", "", value] : [value.slice(0, at), "@", value.slice(at + 1)];
}

/** An address in its one spelling. Throws `Malformed`. */
export function address(value: unknown): string {
  const [local, , host] = typeof value === "string" ? parted(value) : ["", "", ""];
  if (local.includes("+")) {
    const sentence =
      "Write your address without the plus sign and what follows it, up to the @. Mail reaches you there too.";
    throw new Malformed("address-plus", sentence);
  }
  if (typeof value !== "string" || value.length > MOST || local.length > MOST_LOCAL || !LOCAL.test(local)) throw bad();
  try {
    domain(host);
  } catch {
    throw bad();
  }
  return value;
}

/**
 * What a person typed, in the one spelling: spaces go, the domain is written in lower case and A-labels.
 *
 * Throws `Malformed`.
 */
export function typedAddress(typed: string): string {
  const [local, at, host] = parted(words(typed).join(""));
  return address(`${local}${at}${ASCII.test(host) ? host.toLowerCase() : labels(host)}`);
}

/** A name beyond ASCII as its A-labels, by the platform's own rules (UTS 46). */
function labels(host: string): string {
  if (STRUCTURE.test(host)) throw bad();
  try {
    return new URL(`http://${host}`).hostname;
  } catch {
    throw bad();
  }
}

/** The domain of a checked address. */
export function domainOf(checked: string): string {
  return parted(checked)[2];
}

/** A mailed code in its one spelling: eight digits. Throws `Malformed`. */
export function mailedCode(value: unknown): string {
  if (typeof value !== "string" || !CODE.test(value)) {
    throw new Malformed("bad-mailed-code", "The code in the mail is eight digits, like 0417 2936.");
  }
  return value;
}

/** What a person typed, as eight digits: spaces, hyphens and dots do not matter. Throws `Malformed`. */
export function typedMailedCode(typed: string): string {
  return mailedCode(words(typed).join("").replace(BETWEEN, ""));
}
