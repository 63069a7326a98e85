/**
 * Step 4, last part: what is served as script is what the registry says (`docs/protocol.md`, sections 5 and 6).
 *
 * The newest `client` entry names every file of the signing and checking client with its digest. Each is fetched as a
 * browser would ask for it, and every page that people open is looked at for script that is not among them.
 *
 * A server can still show other files to somebody it picks out, and right ones to whoever audits: it must then do so
 * each time, to each address, and one altered file that anybody keeps, beside the signed registry, proves it.
 */

import { sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import { Malformed, UndersignedError, Withheld } from "../errors.ts";
import type { ClientFiles } from "../protocol/entry.ts";
import { encode64 } from "../tlog/base64.ts";
import { sha256Hex } from "../values/index.ts";
import type { Findings } from "./findings.ts";
import { type Script, scripts } from "./markup.ts";
import { asked, INDEX, type Source } from "./source.ts";

/** Where the client's files lie: nowhere else, or an archive of them could put something beside the logs or the program. */
const PLAIN = /^(?:check|client|sign)(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$/;
const ADDRESS = /^[A-Za-z0-9._/-]+$/;
/** Pages that people open besides those of the client and those of letters, in the languages of the interface. */
const PAGES = [INDEX, `check/${INDEX}`, `press/${INDEX}`, `privacy/${INDEX}`];
const LANGUAGES = ["", "de/", "es/", "fr/"];

/** A `client` entry and its index. */
export interface ClientEntry {
  readonly index: number;
  readonly files: ClientFiles["files"];
}

/** Compare what is served with the newest `client` entry, if there is one; how many files are right. */
export async function checkClient(
  source: Source,
  entry: ClientEntry | null,
  slugs: Iterable<string>,
  findings: Findings,
): Promise<number> {
  const served = new Served(source, entry, findings);
  if (!(await served.readFiles())) return 0;
  const others = [...PAGES, ...[...slugs].map((slug) => `letters/${slug}/${INDEX}`)];
  await served.readPages(LANGUAGES.flatMap((prefix) => others.map((other) => prefix + other)));
  return served.right;
}

class Served {
  right = 0;
  private readonly source: Source;
  private readonly index: number | null;
  private readonly files: ReadonlyMap<string, string>;
  private readonly findings: Findings;
  /** By path, what a page may say of the file's content. */
  private readonly integrities = new Map<string, ReadonlySet<string>>();
  private readonly pages = new Map<string, Uint8Array>();

  constructor(source: Source, entry: ClientEntry | null, findings: Findings) {
    this.source = source;
    this.index = entry?.index ?? null;
    this.files = entry?.files ?? new Map<string, string>();
    this.findings = findings;
  }

  private fail(code: string, words: string): void {
    this.findings.fail(4, "registry", this.index, code, words);
  }

  /** Whether the client is served here at all: a copy of the logs alone need not have it. */
  async readFiles(): Promise<boolean> {
    const missing: string[] = [];
    for (const [path, digest] of this.files) {
      try {
        if (!PLAIN.test(path)) {
          throw new Malformed("client-path", "A file of the client is not named as a served file can be.");
        }
        this.take(path, digest, await this.source.read(path));
      } catch (error) {
        if (error instanceof Withheld) missing.push(path);
        else if (error instanceof UndersignedError) this.fail(error.code, error.words);
        else throw error;
      }
    }
    if (missing.length && missing.length === this.files.size) {
      this.findings.remark(
        "The files of the signing and checking page are not here, so whether people are given those that the registry " +
          "names cannot be checked here.",
      );
      return false;
    }
    for (const path of missing) {
      this.fail("client-missing", `The file ${path} of the client is in the registry, but it is not served.`);
    }
    return true;
  }

  private take(path: string, digest: string, octets: Uint8Array): void {
    if (sha256Hex(octets) !== digest) {
      const words = `The file ${path} of the client is not the one in the registry: people may be given other script.`;
      this.fail("client-altered", words);
      return;
    }
    this.right += 1;
    const hashes = [["sha256", sha256(octets)], ["sha384", sha384(octets)], ["sha512", sha512(octets)]] as const;
    this.integrities.set(path, new Set(hashes.map(([name, hash]) => `${name}-${encode64(hash)}`)));
    if (path.endsWith(".html")) this.pages.set(path, octets);
  }

  /** Look at all pages: those of the client, and `others`, where they are there. */
  async readPages(others: readonly string[]): Promise<void> {
    for (const path of others) {
      if (this.files.has(path)) continue;
      try {
        this.pages.set(path, await this.source.read(path));
      } catch (error) {
        if (error instanceof Withheld) continue;
        if (!(error instanceof UndersignedError)) throw error;
        this.findings.error(4, "registry", null, error);
      }
    }
    for (const [path, octets] of this.pages) this.look(path, octets);
  }

  private look(path: string, octets: Uint8Array): void {
    const shown = `/${asked(path)}`;
    let loaded: Script[];
    try {
      loaded = scripts(octets);
    } catch (error) {
      if (!(error instanceof UndersignedError)) throw error;
      this.fail(error.code, `The page ${shown}: ${error.words}`);
      return;
    }
    for (const each of loaded) {
      const problem = this.foreign(path, each);
      if (problem !== null) this.fail("page-script", `The page ${shown} ${problem}`);
    }
  }

  /** What is wrong with a script that a page loads, null where nothing is. */
  private foreign(path: string, script: Script): string | null {
    const target = resolved(path, script.source);
    if (target === null || !this.files.has(target)) return "loads script that is not in the registry.";
    const known = this.integrities.get(target);
    // A file that differs or is missing was reported with the files.
    const other = known !== undefined && !known.has(script.integrity);
    return other ? `names another digest for ${target} than that of the file.` : null;
  }
}

/** The path below the instance's address that a page at `page` means; null for anything elsewhere. */
export function resolved(page: string, source: string): string | null {
  if (!ADDRESS.test(source) || source.startsWith("//")) return null;
  const names = source.startsWith("/") ? [] : page.split("/").slice(0, -1);
  for (const name of source.replace(/^\//, "").split("/")) {
    if (name === "..") {
      if (names.pop() === undefined) return null;
    } else if (name !== ".") {
      names.push(name);
    }
  }
  return names.join("/");
}
