/** The page on which anyone checks a count: what to check, how far it is, what came of it. */

import { type Child, h, p, replace } from "../page/dom.ts";
import { other } from "../page/frame.ts";
import { best, languages, language, ownName, speak, t } from "../page/texts.ts";
import { Form, here, wordsOf } from "./form.ts";
import { HERE, logsHere } from "./places.ts";
import { Run, Stopped, type What } from "./run.ts";
import { result, Running } from "./view.ts";
import { Crew, usual } from "./workers.ts";

/** What the address asks for after its `#`: a language, `start` to begin at once, or another address to check. */
interface Route {
  readonly language: string | null;
  readonly start: boolean;
  readonly address: string;
}

function route(fragment: string): Route {
  const text = fragment.replace(/^#/, "");
  const [first = ""] = text.split("/");
  const spoken = languages().includes(first) ? first : null;
  const rest = spoken === null ? text : text.slice(first.length + 1);
  return { language: spoken, start: rest === "start", address: /^https?:\/\//.test(rest) ? rest : "" };
}

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no ${id}`);
  return found;
}

/** What stands around the check. */
function around(logs: boolean): void {
  replace(element("skip"), t("Skip to the text"));
  const prefix = language() === "en" ? "" : `/${language()}`;
  const home = element("home");
  replace(home, logs ? location.host : "Undersigned");
  if (logs) home.setAttribute("href", `${prefix}/`);
  else home.removeAttribute("href");
  element("nav").setAttribute("aria-label", t("Pages"));
  replace(element("nav"), logs && h("a", { href: `${prefix}/check/` }, t("What is checked")));
  const tongues = languages().filter((tag) => tag !== language());
  replace(
    element("foot"),
    p(t("Everything is checked on this device. This page loads its own parts from {place} and asks for nothing else but what it checks.", { place: HERE })),
    tongues.length > 0 && h("p", {}, tongues.map((tag, at) => [
      at > 0 && " · ", h("a", { href: `#${tag}/`, lang: tag, hreflang: tag }, ownName(tag)),
    ])),
  );
}

class Page {
  private readonly main = element("content");
  private readonly logs: boolean;
  private readonly crew = new Crew();
  private shown = false;

  constructor(logs: boolean) {
    this.logs = logs;
  }

  private show(title: string, heading: HTMLElement, ...children: readonly Child[]): void {
    replace(this.main, ...children);
    document.title = title;
    // The reader's focus goes to the heading, but not when the page has just been opened.
    if (this.shown) {
      scrollTo(0, 0);
      heading.focus({ preventScroll: true });
    }
    this.shown = true;
  }

  /** Ask what to check. */
  ask(address: string): void {
    this.crew.prepare();
    const form = new Form({ logs: this.logs, address }, (what) => void this.check(what));
    const heading = h("h1", { tabindex: -1 }, t("Check the count"));
    this.show(
      t("Check the count"), heading, heading,
      h("p", { class: "lead" }, t("This page reads all that is public, checks every proof on your own device, and counts again.")),
      form.element,
    );
  }

  /** Check, and show what came of it. */
  async check(what: What): Promise<void> {
    const run = new Run(what, this.crew, (far) => running.tell(far));
    const running = new Running(what.source.place, run);
    this.show(t("Checking the count"), running.heading, ...running.elements);
    try {
      const { heading, elements } = result(await run.go(), () => this.ask(""));
      this.show(heading.textContent ?? "", heading, ...elements);
    } catch (error) {
      if (error instanceof Stopped) this.ask("");
      else this.failed(error, what);
    }
  }

  /** Nothing could be checked: that is no result. */
  private failed(error: unknown, what: What): void {
    const heading = h("h1", { tabindex: -1 }, t("Nothing was checked"));
    this.show(
      t("Nothing was checked"), heading, heading,
      h("p", { class: "place" }, what.source.place),
      h("div", { class: "alert", role: "alert" }, h("p", {}, wordsOf(error))),
      h("div", { class: "actions" },
        other(t("Try again"), () => void this.check(what)),
        other(t("Check something else"), () => this.ask(""))),
    );
  }
}

async function begin(): Promise<void> {
  const asked = route(location.hash);
  await speak(asked.language ?? best(navigator.languages));
  const logs = await logsHere();
  around(logs);
  addEventListener("hashchange", () => location.reload());
  const page = new Page(logs);
  if (asked.start && logs) await page.check({ source: here(), policy: null, workers: usual() });
  else page.ask(asked.address);
}

void begin();
