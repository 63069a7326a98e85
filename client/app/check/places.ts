/** Where a check reads from: this instance, another address, or an archive in a folder of this device. */

import { type ArchivedFile, ArchiveSource, type Source, WebSource } from "../../src/auditor/source.ts";
import { Malformed } from "../../src/errors.ts";

/** The address of whoever serves this page. */
export const HERE = location.origin;

const plainFetch = (address: string, options: RequestInit): Promise<Response> => fetch(address, options);
const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The source at an address, as typed. Throws `Malformed` when it is none. */
export function address(typed: string): Source {
  const text = typed.trim();
  let url: URL;
  try {
    url = new URL(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`);
  } catch (error) {
    throw new Malformed("bad-address", "This is not an address.", error);
  }
  const named = /^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])$/.test(url.hostname);
  if (!named || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username || url.password) {
    throw new Malformed("bad-address", "An address has a host and perhaps a path, and nothing behind it.");
  }
  const place = `${url.origin}${url.pathname}`.replace(/\/+$/, "");
  return new WebSource(place, plainFetch, wait, url.origin !== HERE);
}

/** Whether there are logs at this page's own address: not where `undersigned check-page` serves it. */
export async function logsHere(): Promise<boolean> {
  try {
    const answer = await fetch("/registry/checkpoint", { credentials: "omit", redirect: "error", cache: "no-store" });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}

// ── folders ──

/** Whether folders can be chosen here. */
export function canChooseFolders(): boolean {
  return "webkitdirectory" in HTMLInputElement.prototype;
}

/** The source in the files of a chosen folder. Throws `Malformed` when it is no archive. */
export function chosen(files: Iterable<File>): Source {
  return archive(new Map([...files].map((file) => [file.webkitRelativePath || file.name, file])));
}

/** The source in what was dropped on the page. Throws `Malformed` when it is no archive. */
export async function dropped(items: Iterable<DataTransferItem>): Promise<Source> {
  const entries = [...items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const files = new Map<string, ArchivedFile>();
  for (const entry of entries) await walk(entry, files);
  return archive(files);
}

async function walk(entry: FileSystemEntry, files: Map<string, ArchivedFile>): Promise<void> {
  const path = entry.fullPath.replace(/^\//, "");
  if (entry.isFile) {
    files.set(path, await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)));
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const each of some) await walk(each, files);
  }
}

function archive(files: ReadonlyMap<string, ArchivedFile>): Source {
  const [first] = [...files.keys()];
  if (first === undefined || ![...files.keys()].some((path) => /(?:^|\/)registry\/checkpoint$/.test(path))) {
    throw new Malformed("no-archive", "There is no archive in it: a folder “registry” with a file “checkpoint” is missing.");
  }
  return new ArchiveSource(first.split("/")[0] ?? "", files);
}
