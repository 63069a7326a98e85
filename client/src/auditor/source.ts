/**
 * Where an audit reads from: an address, or the files of an archive (`docs/protocol.md`, section 5).
 *
 * Both hold the same files under the same paths: `registry/` and `log/` each with `checkpoint` and `tile/…`,
 * `registry.vkey`, `log.vkey`, `documents/<digest>`, and perhaps pages and the client's files. Nothing here believes what
 * it reads.
 */

import { Malformed, Refused, Unavailable, UndersignedError, Withheld } from "../errors.ts";
import { MAX_DOCUMENT } from "../protocol/letter.ts";
import { MAX_LIST } from "../protocol/names.ts";
import { MAX_NOTE } from "../tlog/note.ts";
import { type Read, TILE_SIZE, TILE_WIDTH } from "../tlog/tile.ts";
import { concat, MAX_ENTRY } from "../values/index.ts";
import type { LogName } from "./findings.ts";

/** Octets of the longest entry bundle, which is the longest file of all. */
export const MAX_FILE = TILE_WIDTH * (2 + MAX_ENTRY);
export const MAX_VKEY = 1024;
/** Octets of the longest page or file of the client. */
export const MAX_SERVED = 1 << 22;
/** The page of a folder: an address is asked for the folder, as a browser does. */
export const INDEX = "index.html";
/** How often a silent server is asked again. */
export const ATTEMPTS = 3;
const PAUSE = 1000;

/** What an audit needs of the place that it reads. */
export interface Source {
  readonly place: string;
  /**
   * The file at a path.
   *
   * Throws `Withheld` where there is none, `Unavailable` when it cannot be had now, `Malformed` when it is longer than
   * any file of this path may be.
   */
  read(path: string): Promise<Uint8Array>;
}

/** Octets that the file at a path has at most. */
export function longest(path: string): number {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (name === "checkpoint") return MAX_NOTE;
  if (name.endsWith(".vkey")) return MAX_VKEY;
  if (path.startsWith("documents/")) return MAX_DOCUMENT;
  if (!isOfLog(path)) return name === "names.json" ? MAX_LIST : MAX_SERVED;
  return path.includes("/entries/") ? MAX_FILE : TILE_SIZE;
}

function isOfLog(path: string): boolean {
  return path.startsWith("registry/") || path.startsWith("log/");
}

/** What an address is asked for a file: for the page of a folder the folder. */
export function asked(path: string): string {
  return path === INDEX || path.endsWith(`/${INDEX}`) ? path.slice(0, -INDEX.length) : path;
}

function tooLong(path: string): Malformed {
  return new Malformed("too-long", `${path} is longer than it may be.`);
}

function missing(path: string): Withheld {
  return new Withheld("no-file", `There is no ${path}.`);
}

/** What a file of an archive has to offer: the browser's own `File` does. */
export interface ArchivedFile {
  readonly size: number;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** The files of an archive by their paths, for instance of a folder that a person chose. */
export class ArchiveSource implements Source {
  readonly place: string;
  private readonly files: ReadonlyMap<string, ArchivedFile>;

  /**
   * Paths may all begin with the same folders, as a chooser gives them: those before `registry/` are left out.
   *
   * Of archives within others the outermost is read, whatever the order of the files, and its folder is the place;
   * `place` is where there is no folder. Throws `Malformed` for two archives side by side: a result would be of one.
   */
  constructor(place: string, files: ReadonlyMap<string, ArchivedFile>) {
    const heads = [...files.keys()].filter((path) => /(?:^|\/)registry\/checkpoint$/.test(path));
    const depth = (path: string): number => path.split("/").length;
    const [head = "registry/checkpoint", second] = heads.sort((left, right) => depth(left) - depth(right));
    if (second !== undefined && depth(second) === depth(head)) {
      throw new Malformed("two-archives", "There are several archives in it. Choose the folder of one.");
    }
    const prefix = head.slice(0, head.length - "registry/checkpoint".length);
    this.place = prefix === "" ? place : prefix.slice(0, -1);
    const inner = [...files].filter(([path]) => path.startsWith(prefix));
    this.files = new Map(inner.map(([path, file]) => [path.slice(prefix.length), file]));
  }

  async read(path: string): Promise<Uint8Array> {
    const file = this.files.get(path);
    if (file === undefined) throw missing(path);
    if (file.size > longest(path)) throw tooLong(path);
    try {
      return new Uint8Array(await file.arrayBuffer());
    } catch (error) {
      throw new Unavailable("unreadable", `${path} cannot be read.`, error);
    }
  }
}

export type Fetch = (address: string, options: RequestInit) => Promise<Response>;
export type Sleep = (milliseconds: number) => Promise<void>;

const wait: Sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** An address: GET requests for these files and nothing else, following no redirect. */
export class WebSource implements Source {
  readonly place: string;
  private readonly fetch: Fetch;
  private readonly sleep: Sleep;
  private readonly foreign: boolean;

  /** `foreign`: the page that reads is of another address, and may be allowed to read the logs but not the pages. */
  constructor(address: string, fetch: Fetch, sleep: Sleep = wait, foreign = false) {
    this.place = address.replace(/\/+$/, "");
    this.fetch = fetch;
    this.sleep = sleep;
    this.foreign = foreign;
  }

  /** See `Source`. A server that is busy, or a connection that breaks, is tried again a few times. */
  async read(path: string): Promise<Uint8Array> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.get(path);
      } catch (error) {
        if (error instanceof UndersignedError && !(error instanceof Unavailable)) throw error;
        if (this.foreign && !(error instanceof UndersignedError) && longest(path) === MAX_SERVED) throw missing(path);
        if (attempt === ATTEMPTS) throw this.gone(path, error);
        await this.sleep(PAUSE * 2 ** (attempt - 1));
      }
    }
  }

  private gone(path: string, error: unknown): Unavailable {
    if (error instanceof Unavailable) return error;
    const words = `${this.place} cannot be reached (asked for ${path}, ${ATTEMPTS} times).`;
    return new Unavailable("network", words, error);
  }

  private async get(path: string): Promise<Uint8Array> {
    const answer = await this.fetch(`${this.place}/${asked(path)}`, {
      cache: "no-cache",
      credentials: "omit",
      redirect: "manual",
      referrerPolicy: "no-referrer",
    });
    if (answer.status === 404 || answer.status === 410) throw missing(path);
    if (answer.type === "opaqueredirect" || (answer.status >= 300 && answer.status < 400)) {
      const words = `The server points from ${path} to another address: audit that one instead.`;
      throw new Refused("redirect", words);
    }
    if (answer.status !== 200) {
      throw new Unavailable("status", `The server answered ${answer.status} instead of giving ${path}.`);
    }
    return bounded(answer, path);
  }
}

async function bounded(answer: Response, path: string): Promise<Uint8Array> {
  const reader = answer.body?.getReader();
  const parts: Uint8Array[] = [];
  for (let length = 0; reader !== undefined; ) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > longest(path)) {
      await reader.cancel();
      throw tooLong(path);
    }
    parts.push(value);
  }
  return concat(...parts);
}

/** A reader of the files of one log, by their paths within it. */
export function within(source: Source, log: LogName): Read {
  return (path) => source.read(`${log}/${path}`);
}
