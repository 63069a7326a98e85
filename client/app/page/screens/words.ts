/** Step 3: the twelve pairs of words, shown, printed, asked back; then joining itself. */

import { UndersignedError } from "../../../src/errors.ts";
import type { App, Screen } from "../app.ts";
import { h, p } from "../dom.ts";
import { field, note, other, primary } from "../frame.ts";
import { number, t } from "../texts.ts";
import { explained } from "../parts.ts";
import { told } from "../problems.ts";
import { type Way, wayOf } from "../ways/way.ts";
import { goal } from "./workplace.ts";

const ASKED = 3;
type Pairs = readonly (readonly [string, string])[];

/** The words as a list of pairs, in two columns where there is room. */
export function sheet(pairs: Pairs): HTMLElement {
  return h(
    "ol",
    { class: "pairs", lang: "en", translate: "no" },
    pairs.map(([one, two]) => h("li", {}, `${one} ${two}`)),
  );
}

function printed(app: App): HTMLElement {
  return h(
    "div",
    { class: "printed" },
    p(t("Recovery words for {address}", { address: `${location.host}/sign/` })),
    p(t("Whoever has these words can see which letters you signed, and sign in your place. Without them nobody can bring your pass back, we included.")),
    p(t("To use them: open the address above on your own device and choose “I have my words”.")),
    app.instance?.demo === true && p(t("This is a demonstration: nothing here is a real letter or a real member.")),
  );
}

/** Step 3: the words are shown. */
export async function words(app: App): Promise<Screen> {
  const pairs = await app.ask("words", []);
  app.view = await app.ask("open", []);
  return {
    heading: t("Your twelve pairs of words"),
    learns: t("Nothing. The words were made on this device and never leave it."),
    body: [
      p(t("Whoever has these words can see which letters you signed. Without them nobody can, we included.")),
      p(t("They bring your pass back when this device is lost or its browser forgets. Write them down on paper, or print them at home. No photo, no mail to yourself.")),
      sheet(pairs),
      printed(app),
    ],
    actions: [
      primary(t("I have them on paper")),
      other(t("Print them"), () => window.print()),
      other(t("Back"), () => app.back()),
    ],
    submit: () => void app.run(() => app.go("ask")),
  };
}

/** Which pairs are asked back: chosen anew each time the words are shown. */
function places(app: App): number[] {
  const known = app.aside.get("places") as number[] | undefined;
  if (known !== undefined) return known;
  const all = Array.from({ length: 12 }, (_, at) => at);
  const chosen: number[] = [];
  while (chosen.length < ASKED) {
    const drawn = crypto.getRandomValues(new Uint8Array(1))[0] ?? 0;
    chosen.push(...all.splice(drawn % all.length, 1));
  }
  chosen.sort((one, two) => one - two);
  app.aside.set("places", chosen);
  return chosen;
}

/** Step 3, further: three pairs are asked back. */
export function ask(app: App): Screen {
  const asked = places(app);
  const inputs = asked.map((place) =>
    h("input", { name: `pair-${place}`, type: "text", autocapitalize: "none", autocomplete: "off", spellcheck: "false", class: "words", maxlength: 40 }),
  );
  return {
    heading: t("Which words are these?"),
    learns: t("Nothing. The words are compared on this device."),
    body: [
      p(t("Type three of the pairs from your paper, so that you know it can be read.")),
      asked.map((place, at) => field(t("Pair {number}", { number: number(place + 1) }), inputs[at] ?? h("input"))),
      h("details", {},
        h("summary", {}, t("Skip this")),
        p(t("If this device is lost or its browser forgets, and your paper cannot be read, your pass is gone: nobody can bring it back, and you cannot sign again this quarter.")),
        h("div", { class: "actions" }, other(t("Skip it all the same"), () => void app.run(() => noted(app, "skipped")))),
      ),
    ],
    actions: [primary(t("Go on")), other(t("Show the words again"), () => void app.go("words"))],
    submit: () => void app.run(async () => {
      const right = await app.ask("compare", [asked, inputs.map((input) => input.value)]);
      const wrong = asked.filter((_, at) => right[at] !== true);
      if (wrong.length === 0) {
        app.aside.delete("places");
        await noted(app, "checked");
        return;
      }
      const pairs = wrong.map((place) => number(place + 1)).join(", ");
      app.stage.say({ words: t("Not the words of this pass: pair {pairs}. Compare with your paper, or show the words again.", { pairs }), english: false }, `pair-${wrong[0] ?? 0}`);
    }),
  };
}

async function noted(app: App, state: "checked" | "skipped"): Promise<void> {
  app.view = await app.ask("noteWords", [state]);
  await app.go("join");
}

/** Step 3, last: join. From here on what was brought is sent. */
export async function join(app: App): Promise<Screen> {
  const { draft } = app;
  const replacing = draft.mode === "replace";
  const way = await app.wait(wayOf(app));
  const { before, brought, learns, problem, says } = await way.last(app);
  const doing = replacing ? t("Ask for it") : t("Join");
  return {
    heading: before?.heading ?? (replacing ? t("Put new words in the place of the lost ones?") : t("Join now?")),
    learns,
    problem,
    body: [
      says ?? p(t("After seven days your new words count, for letters that open in a later quarter. Until then whoever has the old words can stop this.")),
      h("dl", {},
        h("dt", {}, t("Where you work")), h("dd", {}, draft.organisation),
        brought.map(([name, shown]) => [h("dt", {}, name), shown]),
      ),
      goal(app),
      !app.view.keeps && note(t("This browser keeps nothing after you close it. Save your pass as a file afterwards.")),
    ],
    actions: [before !== null && primary(before?.label ?? doing), other(t("Back"), () => app.back())],
    submit: () => void app.run(before?.go ?? (() => sent(app, way, replacing ? replaceWords : joinNow))),
  };
}

/** Send what was brought; where it does not do, lead back to it. */
async function sent(app: App, way: Way, send: (app: App) => Promise<void>): Promise<void> {
  try {
    await send(app);
  } catch (error) {
    if (!(error instanceof UndersignedError) || !(way.anew || way.wrong.includes(error.code))) throw error;
    await explained(error);
    await (way.anew?.(app) ?? app.go("way"));
    app.stage.say(told(error), way.field);
  }
}

async function joinNow(app: App): Promise<void> {
  app.view = await app.ask("join", [app.draft]);
  await app.refresh();
  await app.become(app.letter === null ? "pass" : "joined");
}

async function replaceWords(app: App): Promise<void> {
  const ready = await app.ask("askReplacement", [app.draft]);
  app.aside.set("ready", ready);
  app.view = await app.ask("open", []);
  await app.become("asked");
}
