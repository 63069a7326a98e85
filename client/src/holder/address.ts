/** Addresses: of an instance, and of a letter on it. */

import { Malformed } from "../errors.ts";
import { slug, strip, text } from "../values/index.ts";

const LONGEST = 300;
const LETTERS = "letters";
const SHAPE = /^([a-z]+):\/\/([^/]*)(\/.*)?$/is;
const HOST = /^(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])$/;
const PORTS: Readonly<Record<string, string>> = { http: "80", https: "443" };

/**
 * The address of an instance in its one spelling: scheme, host, port where it is not the usual one.
 *
 * Unencrypted `http` is taken only for this machine and for onion services. Throws `Malformed`.
 */
export function instance(typed: unknown): string {
  const [base, path] = split(typed);
  if (path) {
    const words = "The address of an instance ends after the name, like https://letters.example";
    throw new Malformed("bad-address", words);
  }
  return base;
}

/** Instance and short name of a letter's address, `https://letters.example/letters/<slug>`. Throws `Malformed`. */
export function letterAddress(typed: unknown): readonly [instance: string, slug: string] {
  const [base, path] = split(typed);
  const [first, name, ...rest] = path.split("/");
  if (first !== LETTERS || name === undefined || rest.length) {
    const words = "The address of a letter is like https://letters.example/letters/its-name";
    throw new Malformed("bad-address", words);
  }
  return [base, slug(name)];
}

/** Instance, and the path without slashes around it. */
function split(typed: unknown): readonly [string, string] {
  const checked = strip(text(typed, { limit: LONGEST, what: "The address" }));
  const [, scheme = "", authority = "", path = ""] = SHAPE.exec(checked) ?? [];
  const [, host = "", port] = /^(.*?)(?::([0-9]{1,5}))?$/.exec(authority.toLowerCase()) ?? [];
  const usual = PORTS[scheme.toLowerCase()];
  if (usual === undefined || !HOST.test(host) || Number(port ?? 0) > 65_535 || /[?#]/.test(path)) {
    const words = "An address is like https://letters.example, with nothing after a “?” or “#”.";
    throw new Malformed("bad-address", words);
  }
  if (usual === "80" && !unseen(host)) {
    const words = "An address that begins with http:// can be read on the way. Use https://";
    throw new Malformed("address-unencrypted", words);
  }
  const base = `${scheme.toLowerCase()}://${host}`;
  const full = port === undefined || Number(port) === Number(usual) ? base : `${base}:${Number(port)}`;
  return [full, path.replace(/^\/+|\/+$/g, "")];
}

/** Whether nobody reads along without encryption: this machine, and Tor's onion services. */
function unseen(host: string): boolean {
  if (host === "localhost" || host.endsWith(".onion") || host.endsWith(".localhost") || host === "[::1]") return true;
  return /^127(?:\.[0-9]{1,3}){3}$/.test(host);
}
