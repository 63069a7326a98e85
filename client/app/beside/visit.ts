/**
 * The page's state and its ways: what was typed, which screen is shown, how one gets to another.
 *
 * All of it is in memory alone: nothing is kept on the device, so that nobody finds there who stood by what. Every
 * screen is an entry of the browser's history, so that Back works; none of them says what was typed.
 */

import { UndersignedError } from "../../src/errors.ts";
import type { Said } from "../../src/holder/beside.ts";
import type { Purpose } from "../../src/protocol/beside.ts";
import type { Frame, Stage } from "../page/frame.ts";
import { language } from "../page/texts.ts";
import { Calls } from "./calls.ts";
import { first, fits, isScreen, type Known, next, type ScreenName, step } from "./flow.ts";
import type { Letter } from "./letter.ts";
import type { Asked } from "./wire.ts";

/** A screen: what it says, and what its one thing to do does. */
export interface Screen extends Frame {
  readonly submit?: () => void;
}

export type Maker = (visit: Visit) => Screen;

/** Errors that are about a field, whatever their family. */
const FIELDS: Readonly<Record<string, string>> = {
  "mailed-code-wrong": "digits", "bad-mailed-code": "digits", "too-many-tries": "digits",
  "bad-address": "address", "address-plus": "address", "address-at-work": "address",
};

/** Somebody's visit to this page. */
export class Visit {
  readonly stage: Stage;
  readonly purpose: Purpose;
  readonly letter: Letter | null;
  /** As it was typed. */
  address = "";
  /** Whether a mail was asked for, to that address. */
  mailed = false;
  said: Said | null = null;
  private done = false;
  private readonly calls = new Calls();
  private readonly makers: Readonly<Record<ScreenName, Maker>>;
  private screen: ScreenName = "nothing";
  private depth = 0;
  private shown = 0;

  constructor(stage: Stage, makers: Readonly<Record<ScreenName, Maker>>, purpose: Purpose, letter: Letter | null) {
    this.stage = stage;
    this.makers = makers;
    this.purpose = purpose;
    this.letter = letter;
    addEventListener("popstate", ({ state }: PopStateEvent) => this.enter(screenOf(state) ?? first(this.known), depthOf(state)));
  }

  private get known(): Known {
    const { done, letter, purpose, said } = this;
    return { purpose, done, named: said !== null, letter: letter === null ? "none" : letter.ended ? "ended" : "open" };
  }

  /** Show the first screen, or after a reload the one before, as far as nothing that was typed is needed for it. */
  begin(): void {
    const screen = screenOf(history.state) ?? first(this.known);
    const fitting = fits(screen, this.known) ? screen : first(this.known);
    history.replaceState({ screen: fitting, depth: depthOf(history.state) }, "");
    this.enter(fitting, depthOf(history.state));
  }

  /** Go to a screen, by default the next one; Back leads here again. */
  go(screen: ScreenName = next(this.screen, this.purpose)): void {
    history.pushState({ screen, depth: this.depth + 1 }, "");
    this.enter(screen, this.depth + 1);
  }

  /** Where one came from, or the screen to begin with. */
  back(): void {
    if (this.depth > 0) history.back();
    else this.enter(first(this.known), 0);
  }

  private enter(screen: ScreenName, depth: number): void {
    const fitting = fits(screen, this.known) ? screen : first(this.known);
    if (fitting !== screen) history.replaceState({ screen: fitting, depth }, "");
    [this.screen, this.depth] = [fitting, depth];
    this.again();
  }

  /** Show the present screen anew. */
  again(): void {
    const [at, last] = step(this.screen, this.purpose) ?? [];
    const screen = this.makers[this.screen](this);
    this.shown += 1;
    this.stage.rest();
    this.stage.show(last === undefined ? screen : { ...screen, last }, at, this.shown > 1, screen.submit ?? null);
  }

  /** Have a code mailed to the address that was typed. */
  async ask(): Promise<void> {
    await this.send({ verb: "ask", address: this.address, language: language(), letter: this.slug, purpose: this.purpose });
    this.mailed = true;
  }

  /** Send what was asked for, with the code that was typed. What was typed is forgotten then. */
  async confirm(code: string): Promise<void> {
    const { address, purpose, said } = this;
    await this.send({ verb: "confirm", address, code, letter: this.slug, purpose, said });
    this.done = true;
    [this.address, this.mailed, this.said] = ["", false, null];
  }

  private get slug(): string {
    return this.letter?.slug ?? "";
  }

  private async send(asked: Asked): Promise<void> {
    try {
      await this.calls.ask(asked, (what, part) => this.stage.busy(what, part));
    } finally {
      this.stage.rest();
    }
  }

  /** Do something that a button asks for, once at a time; say what went wrong, at the field that it is about. */
  async run(work: () => Promise<void> | void, field?: string): Promise<void> {
    if (this.stage.isBusy) return;
    this.stage.clear();
    const turn = this.shown;
    try {
      await work();
    } catch (error) {
      if (turn !== this.shown) return;
      const about = error instanceof UndersignedError ? (FIELDS[error.code] ?? (error.family === "malformed" ? field : undefined)) : undefined;
      this.stage.fail(error, about);
    }
  }
}

function screenOf(state: unknown): ScreenName | null {
  const screen = (state as { screen?: unknown } | null)?.screen;
  return isScreen(screen) ? screen : null;
}

function depthOf(state: unknown): number {
  const depth = (state as { depth?: unknown } | null)?.depth;
  return typeof depth === "number" ? depth : 0;
}
