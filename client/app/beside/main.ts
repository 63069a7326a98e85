/** The page of people who stand by a letter without signing it. It knows no pass, opens no storage and keeps nothing. */

import { h, p, replace } from "../page/dom.ts";
import { other, Stage } from "../page/frame.ts";
import { learnProblems, told } from "../page/problems.ts";
import { best, language, languages, ownName, speak, t } from "../page/texts.ts";
import { type Route, route } from "./flow.ts";
import { letterOf } from "./letter.ts";
import { loading, problems } from "./problems.ts";
import { makers } from "./screens.ts";
import { Visit } from "./visit.ts";

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no ${id}`);
  return found;
}

function around({ purpose, slug }: Route): void {
  const prefix = language() === "en" ? "" : `/${language()}`;
  replace(element("skip"), t("Skip to the text"));
  element("nav").setAttribute("aria-label", t("Pages"));
  replace(element("nav"), slug !== null && h("a", { href: `${prefix}/letters/${slug}/` }, t("The letter")));
  replace(
    element("foot"),
    p(t("This page keeps nothing on this device. It loads nothing from elsewhere and sets no cookie.")),
    languages().length > 1 && h("p", {}, languages().filter((tag) => tag !== language()).map((tag, at) => [
      at > 0 && " · ",
      h("a", { href: `#${tag}/${purpose}/${slug ?? ""}`, lang: tag, hreflang: tag }, ownName(tag)),
    ])),
  );
}

function failed(stage: Stage, error: unknown): void {
  const { words: sentence, english } = told(error);
  stage.rest();
  stage.show(
    {
      heading: t("This page cannot go on now"),
      body: [h("p", english ? { lang: "en" } : {}, sentence)],
      actions: [other(t("Load the page again"), () => location.reload())],
    },
    undefined, false, null,
  );
}

async function begin(): Promise<void> {
  const asked = route(location.hash, languages());
  await speak(asked.language ?? best(navigator.languages));
  learnProblems({ ...problems, ...loading });
  const stage = new Stage(element("content"));
  around(asked);
  addEventListener("hashchange", () => location.reload());
  try {
    const letter = asked.slug === null ? null : await letterOf(asked.slug, language());
    learnProblems(problems);
    new Visit(stage, makers, asked.purpose, letter).begin();
  } catch (error) {
    failed(stage, error);
  }
}

void begin();
