/**
 * The page's state and its ways: what is known, which screen is shown, how one gets to another.
 *
 * Everything that must not be lost lies with the Worker on the device; here is only what is on screen. Every screen
 * is an entry of the browser's history, so that Back works; addresses never say which letter beyond the fragment.
 */

import { Conflict, UndersignedError } from "../../src/errors.ts";
import type { Answer, Arguments, Draft, InstanceView, LetterView, TextView, Verb, View } from "../rpc.ts";
import type { Calls } from "./calls.ts";
import { first, fits, isScreen, step, type ScreenName } from "./flow.ts";
import type { Frame } from "./frame.ts";
import type { Stage } from "./frame.ts";
import { explained } from "./parts.ts";
import { language } from "./texts.ts";

/** Milliseconds after which a person is told that something is being loaded. */
const PATIENCE = 300;

/** A screen: what it says, and what its one thing to do does. */
export interface Screen extends Frame {
  readonly submit?: () => void;
}

export type Maker = (app: App) => Screen | Promise<Screen>;

interface Place {
  readonly screen: ScreenName;
  readonly depth: number;
}

export class App {
  view: View;
  instance: InstanceView | null = null;
  letter: LetterView | null = null;
  /** What a screen leaves for the next one; nothing of it matters after a reload. */
  readonly aside = new Map<string, unknown>();
  readonly slug: string | null;
  readonly stage: Stage;
  private readonly calls: Calls;
  private readonly makers: Readonly<Record<ScreenName, Maker>>;
  private place: Place = { screen: "pass", depth: 0 };
  private shown = 0;
  private readonly around: (app: App) => void;

  constructor(
    calls: Calls,
    stage: Stage,
    makers: Readonly<Record<ScreenName, Maker>>,
    around: (app: App) => void,
    slug: string | null,
    view: View,
  ) {
    this.calls = calls;
    this.around = around;
    this.stage = stage;
    this.makers = makers;
    this.slug = slug;
    this.view = view;
    addEventListener("popstate", (event: PopStateEvent) => {
      const place = placeOf(event.state);
      if (place !== null) void this.enter(place);
    });
  }

  /** Read what is needed and show the screen that follows; called once, and after another tab changed something. */
  async begin(): Promise<void> {
    await this.refresh();
    const place = placeOf(history.state);
    const screen = place !== null && fits(place.screen, this.view, this.letter) ? place.screen : first(this.view, this.letter);
    history.replaceState({ screen, depth: place?.depth ?? 0 }, "");
    await this.enter({ screen, depth: place?.depth ?? 0 });
  }

  /** Read instance and letter anew. */
  async refresh(): Promise<void> {
    if (this.view.pass === "locked") return;
    this.instance = await this.ask("instance", []);
    this.around(this);
    this.letter = this.slug === null ? null : await this.ask("letter", [this.slug]);
  }

  /** The letter in the language that is spoken, or the first one it has. */
  text(): TextView | null {
    const texts = this.letter?.texts ?? [];
    return texts.find((each) => each.language.split("-")[0] === language()) ?? texts[0] ?? null;
  }

  /** The address of the letter's page. */
  get letterAddress(): string {
    const prefix = language() === "en" ? "" : `/${language()}`;
    return this.slug === null ? `${prefix}/` : `${prefix}/letters/${this.slug}/`;
  }

  /** What was said about joining so far. */
  get draft(): Draft {
    const draft = this.view.draft;
    if (draft !== null && (this.slug === null || draft.slug === this.slug)) return draft;
    const only = this.letter?.organisations.length === 1 ? (this.letter.organisations[0]?.organisation ?? "") : "";
    return {
      mode: "join", slug: this.slug ?? "", screen: "where", organisation: only, issuer: "", at: "", method: "", evidence: {},
      roleFamily: "undeclared", standing: "undeclared",
    };
  }

  /** Remember more about joining, on the device. */
  async keep(changes: Partial<Draft>): Promise<void> {
    this.view = await this.ask("draft", [{ ...this.draft, ...changes }]);
  }

  // ── ways ──

  /** Go to a screen; Back leads here again. */
  async go(screen: ScreenName): Promise<void> {
    const place = { screen, depth: this.place.depth + 1 };
    if (this.view.draft !== null && step(screen) !== undefined && this.view.draft.screen !== screen) {
      await this.keep({ screen });
    }
    history.pushState(place, "");
    await this.enter(place);
  }

  /** Go to a screen in the place of this one: what was done cannot be gone back to. */
  async become(screen: ScreenName): Promise<void> {
    const place = { screen, depth: this.place.depth };
    history.replaceState(place, "");
    await this.enter(place);
  }

  /** Where one came from, or the screen to begin with. */
  back(): void {
    if (this.place.depth > 0) history.back();
    else {
      const there = first(this.view, this.letter);
      void this.become(there !== this.place.screen ? there : there === "way" ? "where" : "way");
    }
  }

  /** Show the screen of a place, or the first one where it makes no sense any more. */
  private async enter(place: Place): Promise<void> {
    if (place.screen !== "burned" && !fits(place.screen, this.view, this.letter)) {
      const screen = first(this.view, this.letter);
      if (screen !== place.screen) {
        await this.become(screen);
        return;
      }
    }
    this.place = place;
    const turn = (this.shown += 1);
    let screen: Screen;
    try {
      screen = await this.makers[place.screen](this);
    } catch (error) {
      // Where nothing is shown yet there is nowhere to say it.
      if (turn === 1) throw error;
      await explained(error);
      this.stage.rest();
      this.stage.fail(error);
      return;
    }
    if (turn !== this.shown) return;
    this.stage.rest();
    this.stage.show(screen, step(place.screen), turn > 1, screen.submit ?? null);
  }

  /** Show the present screen anew. */
  again(): Promise<void> {
    return this.enter(this.place);
  }

  // ── work ──

  /** Ask the Worker, with its progress on screen. */
  async ask<V extends Verb>(verb: V, args: Arguments<V>): Promise<Answer<V>> {
    try {
      return await this.calls.ask(verb, args, (what, done) => this.stage.busy(what, done));
    } finally {
      this.stage.rest();
    }
  }

  /** Wait for a part of this page, with a word on screen where that takes a while. */
  async wait<T>(work: Promise<T>): Promise<T> {
    const timer = setTimeout(() => this.stage.busy("part"), PATIENCE);
    try {
      return await work;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Do something that a button asks for, once at a time; say what went wrong, at a field where it is about one.
   *
   * What another tab changed is read first, so that trying again works.
   */
  async run(work: () => Promise<void>, field?: string): Promise<void> {
    if (this.stage.isBusy) return;
    this.stage.clear();
    try {
      await work();
    } catch (error) {
      if (error instanceof Conflict && error.code === "changed-elsewhere") this.view = await this.ask("open", []);
      await explained(error);
      this.stage.rest();
      this.stage.fail(error, error instanceof UndersignedError && error.family === "malformed" ? field : undefined);
    }
  }

  /** Another tab changed what lies on the device. */
  async changed(): Promise<void> {
    if (this.stage.isBusy) return;
    const before = this.view;
    this.view = await this.ask("open", []);
    if (before.pass !== this.view.pass || before.memberships.length !== this.view.memberships.length || before.receipts !== this.view.receipts) {
      await this.refresh();
      await this.enter(this.place);
    }
  }
}

function placeOf(state: unknown): Place | null {
  if (typeof state !== "object" || state === null) return null;
  const { screen, depth } = state as { screen?: unknown; depth?: unknown };
  return isScreen(screen) && typeof depth === "number" ? { screen, depth } : null;
}
