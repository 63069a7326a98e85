/** Joining with a one-time code that somebody handed over. */

import type { App, Screen } from "../app.ts";
import { h, p } from "../dom.ts";
import { field, other, primary } from "../frame.ts";
import type { Sentences } from "../problems.ts";
import { chosenWorkplace, next, workplaces } from "../screens/workplace.ts";
import { type Catalogues, t } from "../texts.ts";
import type { Last, Way } from "./way.ts";

declare const CATALOGUES_CODE: Catalogues;
export const catalogues: Catalogues = CATALOGUES_CODE;

export const problems: Sentences = {
  "bad-code": () => t("A code is four groups of four letters or digits, like 7K3M-9QXA-2B4C-D5EF. Compare yours again."),
  "code-spent": () =>
    t(
      "This code was already used. If you joined on another device, restore your pass with your words. " +
        "If not, ask whoever gave it to you for another.",
    ),
  "code-wrong": () =>
    t("This code is not known for this place of work. Compare it again, or ask whoever gave it to you for another."),
  "nobody-joined": () =>
    t("Nobody joined with this code, so there are no lost words to replace. Use it to join instead."),
};

function ask(app: App): Screen {
  const { mode, organisation, evidence } = app.draft;
  const replacing = mode === "replace";
  const code = h("input", {
    name: "code", type: "text", value: evidence["code"] ?? "", autocapitalize: "characters", autocomplete: "off", spellcheck: "false",
    maxlength: 40, size: 22, class: "code", enterkeyhint: "go",
  });
  return {
    heading: replacing ? t("Which code did you join with?") : t("How can you show that you work there?"),
    learns: t("Nothing yet. Your code is sent when you join, after your words are safe."),
    body: [
      p(replacing
        ? t("The code that you used once shows that it is you who lost the words.")
        : t("With a one-time code. Whoever handed it to you can tell that you were given one. Nobody can tell whether you signed.")),
      workplaces(app, organisation),
      field(t("Your code"), code, t("Four groups of four letters and digits. Small letters and spaces do not matter.")),
    ],
    actions: [primary(t("Go on")), other(t("Back"), () => app.back())],
    submit: () => void app.run(async () => {
      const chosen = chosenWorkplace(app);
      if (chosen === null) return;
      await app.keep({ organisation: chosen, method: "code", evidence: { code: code.value }, screen: "way" });
      await app.go(next(app));
    }, "code"),
  };
}

function last(app: App): Last {
  const { mode, organisation, evidence } = app.draft;
  const code = [t("Code"), h("dd", { class: "code" }, evidence["code"] ?? "")] as const;
  return mode === "replace"
    ? { learns: t("That whoever joined with this code asks for new words. Not what you signed."), says: null, brought: [code] }
    : {
        learns: t("That someone with this code works at {organisation}. Not what you will sign.", { organisation }),
        says: p(t("Joining uses your code up. You get a pass, which lies only on this device.")),
        brought: [code],
      };
}

export const way: Way = { ask, last, field: "code", wrong: ["code-wrong", "code-spent", "bad-code", "nobody-joined"] };
