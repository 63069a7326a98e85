/** A check on the screen: how far it is, its ten steps, and what it found, in the words of the command. */

import { STEPS } from "../../src/auditor/findings.ts";
import { type Report, type Step, verdict } from "../../src/auditor/report.ts";
import { command, countWords, DEMONSTRATION, failureWords, mark, stepWords } from "../../src/auditor/words.ts";
import { commas } from "../../src/values/text.ts";
import { type Child, download, h, p, replace } from "../page/dom.ts";
import { other } from "../page/frame.ts";
import { number, t } from "../page/texts.ts";
import { forget, remember } from "./memory.ts";
import { HERE } from "./places.ts";
import type { Done, Far, Run } from "./run.ts";

/** English sentences of the auditor, whatever language the page speaks. */
const english = { lang: "en" } as const;

// ── while it runs ──

/** What is shown while a check runs. */
export class Running {
  readonly elements: readonly Child[];
  readonly heading: HTMLElement;
  private readonly bar = h("progress", { id: "bar", max: 1, value: 0 });
  private readonly far = h("p", { class: "far", id: "far" });
  /** Said aloud, at each quarter only. */
  private readonly said = h("p", { class: "said", role: "status" });
  private quarter = -1;

  constructor(place: string, run: Run) {
    this.heading = h("h1", { tabindex: -1 }, t("Checking the count"));
    const rest = other(t("Pause"), () => {
      if (run.paused) run.resume();
      else run.pause();
      replace(rest, run.paused ? t("Go on") : t("Pause"));
      replace(this.said, run.paused ? t("Paused") : t("Going on"));
      this.bar.classList.toggle("paused", run.paused);
    });
    this.elements = [
      this.heading,
      h("p", { class: "place" }, place),
      h("div", { class: "bar" }, h("label", { for: "bar" }, t("Entries of the log that are checked")), this.bar, this.far),
      h("div", { class: "actions" }, rest, other(t("Stop"), () => run.stop())),
      this.said,
      stepsNow(),
    ];
    this.tell({ part: "registry", done: 0, total: 0 });
  }

  /** Show how far it is: what is done is verified, not only read. */
  tell({ part, done, total }: Far): void {
    if (part === "registry") {
      replace(this.far, t("Reading the registry and the letters"));
      return;
    }
    this.bar.max = Math.max(total, 1);
    this.bar.value = total === 0 ? 1 : done;
    replace(this.far, t("{done} of {total} entries", { done: number(done), total: number(total) }));
    const quarter = total === 0 ? 4 : Math.floor((4 * done) / total);
    if (quarter <= this.quarter) return;
    this.quarter = quarter;
    replace(this.said, t("{percent} per cent", { percent: number(25 * quarter) }));
  }
}

/** No step is said to hold before all are through. */
function stepsNow(): HTMLElement {
  return h("ol", { class: "steps", "aria-label": t("Steps") },
    STEPS.map(([, title]) => h("li", {}, h("span", { class: "mark" }, "…"), " ", h("span", english, title))));
}

// ── its result ──

/** Whether a report is of an audit that went through to its end, each step, with every presentation. */
export function whole({ steps, complete, verified, acts, failures, failures_total: total, passed }: Report): boolean {
  const reached = steps.length === STEPS.length && steps.every((step) => step.checked !== "not reached");
  const agrees = passed === (total === 0) && passed === (failures.length === 0) && passed === steps.every((step) => step.passed);
  return reached && agrees && complete && verified === acts;
}

/** The result: in a sentence, the steps, what failed where, the count, what to do with it. */
export function result(done: Done, again: () => void): { readonly heading: HTMLElement; readonly elements: readonly Child[] } {
  const { report } = done;
  const heading = h("h1", { tabindex: -1, lang: "en" }, whole(report) ? verdict(report) : "The check did not come to its end.");
  const { seconds, workers } = report;
  const took = t("Checked in {seconds} seconds. Workers: {workers}.", {
    seconds: number(seconds < 10 ? Math.round(10 * seconds) / 10 : Math.round(seconds)), workers: number(workers),
  });
  const elements = [
    report.demo && h("p", { class: "demo", ...english }, DEMONSTRATION),
    heading,
    h("p", { class: report.passed ? "holds lead" : "fails lead", ...english }, `${report.steps[9]?.checked ?? ""}.`),
    h("p", { class: "place" }, report.source, h("br"), took),
    h("h2", {}, t("Steps")),
    h("ol", { class: "steps", ...english }, report.steps.map(stepShown)),
    report.failures.length > 0 && failed(report),
    counted(report),
    report.remarks.length > 0 && remarked(report),
    kept(done),
    elsewhere(report),
    h("div", { class: "actions" }, other(t("Check something else"), again)),
  ];
  return { heading, elements };
}

function stepShown(step: Step): HTMLElement {
  const [title, ...checked] = stepWords(step).split(" – ");
  return h("li", { class: step.passed ? "" : "failed" },
    h("span", { class: "mark" }, mark(step)), ` ${title} – `, h("span", { class: "looked" }, checked.join(" – ")));
}

function failed(report: Report): Child {
  const more = report.failures_total - report.failures.length;
  return [
    h("h2", { id: "failures" }, t("What failed, and where")),
    h("ul", { class: "failures", "aria-labelledby": "failures", ...english },
      report.failures.map((each) => h("li", {}, failureWords(each))),
      more > 0 && h("li", {}, `… and ${commas(more)} more.`)),
  ];
}

function counted(report: Report): Child {
  return [
    h("h2", {}, t("The count")),
    report.letters.map((letter) => {
      const { heading, lines } = countWords(letter);
      return h("div", { class: "count", ...english }, h("h3", {}, heading), lines.map((line) => p(line)));
    }),
  ];
}

function remarked(report: Report): Child {
  return [
    h("h2", {}, t("Notes")),
    h("ul", english, report.remarks.map((words) => h("li", {}, words))),
  ];
}

/** Save the result, remember the checkpoints. */
function kept({ report, state, origin, remembered }: Done): Child {
  const said = h("p", { class: "note", role: "status" });
  const octets = new TextEncoder().encode(`${JSON.stringify(report, null, 1)}\n`);
  const forgetting = other(t("Forget what is remembered"), () => {
    void forget().then(() => {
      forgetting.hidden = true;
      replace(said, t("Forgotten."));
    });
  });
  forgetting.hidden = !remembered;
  const remembering = other(t("Remember these checkpoints"), () => {
    void remember(origin, state ?? new Uint8Array()).then((yes) => {
      if (yes) forgetting.hidden = false;
      const no = t("This browser keeps nothing.");
      replace(said, yes ? t("Remembered. The next check in this browser continues from here.") : no);
    });
  });
  return [
    h("h2", {}, t("Keep it")),
    h("div", { class: "prose" },
      p(t("The checkpoints are two short signed texts. Remembered here, the next check also tells whether anything that this one saw was changed or removed. They say nothing about you but that you checked.")),
      remembered && p(t("An earlier check was remembered here, and was compared in step 3."))),
    h("div", { class: "actions" },
      other(t("Save the result"), () => download("undersigned-audit.json", "application/json", octets)),
      state !== null && remembering,
      forgetting),
    said,
  ];
}

function elsewhere(report: Report): Child {
  return [
    h("h2", {}, t("Run it elsewhere")),
    h("div", { class: "prose" },
      p(t("This page came from {place}. A server that lies about its count could also serve a page that lies. The same check as a program, from elsewhere:", { place: HERE })),
      h("pre", {}, h("code", {}, command(report))),
      p(t("Or this page, from your own machine:")),
      h("pre", {}, h("code", {}, "uvx undersigned check-page"))),
  ];
}
