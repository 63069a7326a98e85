/** What to check: this instance, another address, or an archive; and, for whoever wants, with whose keys. */

import { parsePolicy } from "../../src/auditor/heads.ts";
import type { Source } from "../../src/auditor/source.ts";
import { WebSource } from "../../src/auditor/source.ts";
import { Malformed, UndersignedError } from "../../src/errors.ts";
import { type Child, h, p, replace } from "../page/dom.ts";
import { choices, field, primary } from "../page/frame.ts";
import { t } from "../page/texts.ts";
import * as places from "./places.ts";
import type { What } from "./run.ts";
import { MOST_WORKERS, usual } from "./workers.ts";

export type Place = "here" | "address" | "archive";

/** What is known before anything is chosen. */
export interface Given {
  /** Whether there are logs at this page's own address. */
  readonly logs: boolean;
  readonly address: string;
}

/** The source of this page's own address. */
export function here(): Source {
  return new WebSource(places.HERE, (address, options) => fetch(address, options));
}

/** The form; `start` hears of what was chosen. */
export class Form {
  readonly element: HTMLFormElement;
  private readonly address: HTMLInputElement;
  private readonly folder = h("input", { type: "file", name: "folder", webkitdirectory: true, multiple: true });
  private readonly policy = h("textarea", { name: "policy", rows: 4, spellcheck: "false" });
  private readonly workers = h("input", { type: "number", name: "workers", min: 1, max: MOST_WORKERS, value: usual() });
  private readonly alert = h("div", { class: "alert", role: "alert" });
  private dropped: Source | null = null;

  constructor(given: Given, start: (what: What) => void) {
    this.address = h("input", { type: "text", inputmode: "url", name: "address", autocomplete: "off", value: given.address });
    const first: Place = given.logs && given.address === "" ? "here" : "address";
    const kinds = choices("place", t("What to check"), options(given.logs), first);
    const parts: Readonly<Record<Place, HTMLElement | null>> = {
      here: null, address: this.addressPart(), archive: this.archivePart(),
    };
    this.element = h("form", { novalidate: true, autocomplete: "off" },
      h("div", { class: "prose" }, kinds, parts.address, parts.archive, this.details()),
      this.alert,
      h("div", { class: "actions" }, primary(t("Start the check"))));
    const show = (): void => {
      for (const [place, part] of Object.entries(parts)) if (part !== null) part.hidden = place !== this.place;
      replace(this.alert);
    };
    kinds.addEventListener("change", show);
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit(start);
    });
    show();
  }

  private get place(): Place {
    return (new FormData(this.element).get("place") ?? "address") as Place;
  }

  private addressPart(): HTMLElement {
    return field(t("Address"), this.address, t("It has to let other pages read its logs. Mirrors and instances do."));
  }

  private archivePart(): HTMLElement {
    if (!places.canChooseFolders()) {
      return h("div", {}, p(t("This browser cannot choose a folder. Use another one, or the command.")));
    }
    const said = p();
    const drop = h("div", { class: "drop" },
      field(t("Folder"), this.folder, t("A folder that “undersigned archive” made. It stays on this device. You can also drop it here.")),
      said);
    this.folder.addEventListener("change", () => {
      this.dropped = null;
      replace(said);
    });
    drop.addEventListener("dragover", (event) => event.preventDefault());
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      void this.drop([...(event.dataTransfer?.items ?? [])], said);
    });
    return drop;
  }

  private async drop(items: readonly DataTransferItem[], said: HTMLElement): Promise<void> {
    replace(this.alert);
    replace(said);
    try {
      this.dropped = await places.dropped(items);
      replace(said, t("Dropped: {name}", { name: this.dropped.place }));
    } catch (error) {
      this.fail(error, "folder");
    }
  }

  private details(): HTMLElement {
    return h("details", {},
      h("summary", {}, t("Keys, and how many Workers")),
      field(
        t("Logs and witnesses that you believe"), this.policy,
        t("A policy (C2SP tlog-policy) with a log line for each of the two logs, from somebody else than the server. Left empty, the server itself says whose keys count."),
      ),
      field(t("Workers"), this.workers, t("Parts of this page that check at the same time; as many as processors by default.")));
  }

  private submit(start: (what: What) => void): void {
    let part = "address";
    try {
      const source = this.source();
      part = "policy";
      const policy = this.policy.value.trim() === "" ? null : parsePolicy(`${this.policy.value.trim()}\n`);
      part = "workers";
      start({ source, policy, workers: this.count() });
    } catch (error) {
      this.fail(error, part === "address" && this.place === "archive" ? "folder" : part);
    }
  }

  private source(): Source {
    if (this.place === "here") return here();
    if (this.place === "address") return places.address(this.address.value);
    return this.dropped ?? places.chosen(this.folder.files ?? []);
  }

  private count(): number {
    const count = Number(this.workers.value);
    if (Number.isInteger(count) && count >= 1 && count <= MOST_WORKERS) return count;
    throw new Malformed("bad-workers", `From 1 to ${MOST_WORKERS} Workers.`);
  }

  private fail(error: unknown, name: string): void {
    replace(this.alert, h("p", { id: "problem" }, wordsOf(error)));
    for (const each of this.element.querySelectorAll("[aria-invalid]")) each.removeAttribute("aria-invalid");
    const input = this.element.querySelector<HTMLElement>(`[name="${name}"]`);
    input?.closest("details")?.setAttribute("open", "");
    input?.setAttribute("aria-invalid", "true");
    input?.focus();
  }
}

function options(logs: boolean) {
  const own = { value: "here", label: t("This instance"), note: places.HERE };
  return [
    ...(logs ? [own] : []),
    { value: "address", label: t("Another address"), note: t("A mirror, or another instance") },
    { value: "archive", label: t("An archive on this device"), note: t("Nothing is asked of any server") },
  ];
}

/** What to say about an error; the auditor's own sentences are English. */
export function wordsOf(error: unknown): Child {
  if (!(error instanceof UndersignedError)) return t("Something unforeseen went wrong here. Load the page again.");
  switch (error.code) {
    case "bad-address":
      return t("This is no address that can be checked. An address begins with https:// and has nothing behind its path.");
    case "no-archive":
      return t("There is no archive in this folder. Choose the folder in which “registry” and “log” are.");
    case "not-started":
      return t("A part of this page did not load. Load the page again.");
    case "network":
      return t("Nothing can be read at this address. It may be wrong, not answer, or not let other pages read it.");
    default:
      return h("span", { lang: "en" }, error.words);
  }
}
