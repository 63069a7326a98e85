/** How a screen stands on the page: progress, question, what the server learns, what to do. */

import type { Child } from "./dom.ts";
import { h, p, replace } from "./dom.ts";
import { LAST_STEP } from "./flow.ts";
import { number, t } from "./texts.ts";
import type { Progress } from "../rpc.ts";
import { told, type Told } from "./problems.ts";

/** What a screen says. */
export interface Frame {
  readonly heading: string;
  readonly body: readonly Child[];
  readonly actions: readonly Child[];
  /** One line: what the server learns by this step. */
  readonly learns?: string;
  /** What went wrong on the way here. */
  readonly problem?: Told | undefined;
  /** How many steps there are, where these are others than those of joining. */
  readonly last?: number;
}

const PROGRESS: Readonly<Record<Progress, () => string>> = {
  part: () => t("Loading another part of this page."),
  waiting: () => t("Waiting for another tab of this page."),
  registry: () => t("Reading the public registry and checking it."),
  words: () => t("Making your words."),
  joining: () => t("Making the proof for joining, then sending it."),
  proving: () => t("Making your signature on this device. On a slow phone this takes a while."),
  sending: () => t("Sending it."),
  log: () => t("Reading the whole public log and checking it."),
  work: () => t("Solving a small puzzle, so that nobody can have thousands of mails sent."),
  passphrase: () => t("Making a key of the passphrase. This is slow on purpose."),
  burning: () => t("Deleting everything, and looking whether it is gone."),
};

/** The place where screens are shown. */
export class Stage {
  private readonly main: HTMLElement;
  private readonly status = h("p", { class: "status", role: "status" });
  private readonly alert = h("div", { class: "alert", role: "alert" });
  private readonly form = h("form", { novalidate: true, autocomplete: "off" });
  private submit: (() => void) | null = null;

  constructor(main: HTMLElement) {
    this.main = main;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit?.();
    });
  }

  /** Show a screen; the reader's focus goes to its heading, but not on the first one. */
  show(frame: Frame, step: number | undefined, focus: boolean, submit: (() => void) | null): void {
    this.submit = submit;
    this.clear();
    const heading = h("h1", { tabindex: -1 }, frame.heading);
    replace(
      this.form,
      h("div", { class: "prose" }, frame.body),
      frame.learns !== undefined && learns(frame.learns),
      this.alert,
      h("div", { class: "actions" }, frame.actions),
      this.status,
    );
    replace(
      this.main,
      step !== undefined && h("p", { class: "progress" }, t("{step} of {last}", { step: number(step), last: number(frame.last ?? LAST_STEP) })),
      heading,
      this.form,
    );
    document.title = frame.heading;
    if (frame.problem !== undefined) this.say(frame.problem);
    if (focus) {
      scrollTo(0, 0);
      heading.focus({ preventScroll: true });
    }
  }

  /** Say that something is being done; buttons rest meanwhile. */
  busy(what: Progress, done?: number): void {
    this.main.setAttribute("aria-busy", "true");
    for (const each of this.buttons()) each.setAttribute("aria-disabled", "true");
    const sentence = PROGRESS[what]();
    const part = done === undefined ? "" : ` ${t("{percent} per cent", { percent: number(Math.floor(done * 100)) })}`;
    if (this.status.textContent !== sentence + part) replace(this.status, sentence + part);
  }

  /** Nothing is being done any more. */
  rest(): void {
    this.main.removeAttribute("aria-busy");
    for (const each of this.buttons()) each.removeAttribute("aria-disabled");
    replace(this.status);
  }

  /** Whether something is being done. */
  get isBusy(): boolean {
    return this.main.hasAttribute("aria-busy");
  }

  /** Say what went wrong, above the buttons, and mark the field it is about. */
  fail(error: unknown, field?: string): void {
    this.say(told(error), field);
  }

  /** The same for a sentence that is no error. */
  say(problem: Told, field?: string): void {
    const input = field === undefined ? null : this.form.querySelector<HTMLElement>(`[name="${field}"]`);
    replace(this.alert, h("p", problem.english ? { id: "problem", lang: "en" } : { id: "problem" }, problem.words));
    if (input !== null) {
      input.setAttribute("aria-invalid", "true");
      input.setAttribute("aria-describedby", "problem");
      input.focus();
    } else this.alert.scrollIntoView({ block: "nearest" });
  }

  /** Take back what was said. */
  clear(): void {
    replace(this.alert);
    for (const each of this.form.querySelectorAll("[aria-invalid]")) {
      each.removeAttribute("aria-invalid");
      each.removeAttribute("aria-describedby");
    }
  }

  private buttons(): Iterable<Element> {
    return this.form.querySelectorAll("button");
  }
}

function learns(sentence: string): HTMLElement {
  return h("p", { class: "learns" }, h("strong", {}, t("What the server learns:")), " ", sentence);
}

// ── pieces that screens have in common ──

/** The one thing to do: it also answers to the Enter key. */
export function primary(label: string): HTMLButtonElement {
  return h("button", { type: "submit", class: "do" }, label);
}

/** Something else to do. */
export function other(label: string, click: () => void): HTMLButtonElement {
  return h("button", { type: "button", class: "else", click }, label);
}

/** A labelled field; `hint` stands under the label. */
export function field(label: string, input: HTMLElement, hint?: string): HTMLElement {
  const id = `field-${input.getAttribute("name") ?? ""}`;
  input.id = id;
  const about = hint === undefined ? null : h("p", { class: "hint", id: `${id}-hint` }, hint);
  if (about !== null) input.setAttribute("aria-describedby", about.id);
  return h("div", { class: "field" }, h("label", { for: id }, label), about, input);
}

export interface Choice {
  readonly value: string;
  readonly label: string;
  readonly note?: string;
  /** Where the label is in another language than the page. */
  readonly lang?: string;
}

/** One of several, as radio buttons. */
export function choices(name: string, legend: string, options: readonly Choice[], chosen: string): HTMLElement {
  return h(
    "fieldset",
    {},
    h("legend", {}, legend),
    options.map((each) =>
      h(
        "label",
        { class: "choice" },
        h("input", { type: "radio", name, value: each.value, checked: each.value === chosen }),
        h("span", {}, each.label, each.note !== undefined && h("span", { class: "hint" }, each.note)),
      ),
    ),
  );
}

/** What is chosen of a group of radio buttons. */
export function checked(name: string): string | null {
  return document.querySelector<HTMLInputElement>(`input[name="${name}"]:checked`)?.value ?? null;
}

/** One of many, as a list that folds away. */
export function select(name: string, options: readonly (Choice | { readonly group: string; readonly options: readonly Choice[] })[], chosen: string): HTMLSelectElement {
  const option = (each: Choice): HTMLElement =>
    h("option", { value: each.value, selected: each.value === chosen, lang: each.lang }, each.label);
  return h(
    "select",
    { name },
    options.map((each) => ("group" in each ? h("optgroup", { label: each.group }, each.options.map(option)) : option(each))),
  );
}

/** Sentences in a list; what is not said has no place in it. */
export function list(...items: readonly Child[]): HTMLElement {
  const said = items.filter((each) => each !== false && each !== null && each !== undefined);
  return h("ul", {}, said.map((each) => h("li", {}, each)));
}

/** A paragraph in the quiet face. */
export function note(...children: readonly Child[]): HTMLElement {
  return h("p", { class: "note" }, children);
}

export { h, p };
