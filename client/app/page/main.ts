/** The page where one joins and signs: starts the Worker, reads the address, shows the first screen. */

import { handedOver } from "../../src/holder/account-back.ts";
import type { View } from "../rpc.ts";
import { Calls } from "./calls.ts";
import { App, type Maker } from "./app.ts";
import { h, replace } from "./dom.ts";
import { type HereScreen, MORE, type MoreScreen, type ScreenName } from "./flow.ts";
import { other, p, Stage } from "./frame.ts";
import { explained, part } from "./parts.ts";
import { told } from "./problems.ts";
import { best, languages, language, ownName, speak, t } from "./texts.ts";
import * as burning from "./screens/burn.ts";
import * as joining from "./screens/joining.ts";
import { signed } from "./screens/signed.ts";
import * as signing from "./screens/signing.ts";
import * as words from "./screens/words.ts";

const HERE: Readonly<Record<HereScreen, Maker>> = {
  where: joining.where, elsewhere: joining.elsewhere, way: joining.way, work: joining.work, standing: joining.standing,
  words: words.words, ask: words.ask, join: words.join,
  joined: signing.joined, tomorrow: signing.tomorrow, letter: signing.letter, public: signing.publicly, again: signing.again,
  uncertain: signing.uncertain, signed,
  burn: burning.burn, burned: burning.burned,
};

const later = (name: MoreScreen): Maker => async (app) => (await app.wait(part("more"))).makers[name](app);

const MAKERS = { ...HERE, ...Object.fromEntries(MORE.map((name) => [name, later(name)])) } as Readonly<Record<ScreenName, Maker>>;

const SLUG = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** Language and letter of the address: `#slug`, `#de/slug`, or `#de/` for the pass alone. */
export function route(fragment: string): { language: string | null; slug: string | null } {
  const parts = fragment.replace(/^#/, "").split("/");
  const [before, after] = parts.length > 1 ? [parts[0] ?? "", parts[1] ?? ""] : [null, parts[0] ?? ""];
  return {
    language: before !== null && languages().includes(before) ? before : null,
    slug: SLUG.test(after) && after.length <= 80 ? after : null,
  };
}

// ── what stands around the screens ──

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no ${id}`);
  return found;
}

function around(app: App | null, slug: string | null): void {
  replace(element("skip"), t("Skip to the text"));
  const name = app?.instance?.name;
  replace(element("home"), name ?? "Undersigned");
  element("nav").setAttribute("aria-label", t("Pages"));
  replace(
    element("nav"),
    slug !== null && h("a", { href: app?.letterAddress ?? `/letters/${slug}/` }, t("The letter")),
    app !== null && h("button", { type: "button", class: "link", click: () => void app.go("pass") }, t("Your pass")),
  );
  const demo = element("demo");
  demo.hidden = app?.instance?.demo !== true;
  replace(demo, t("A demonstration: the people in it and where they work are invented."));
  replace(
    element("foot"),
    p(t("Your words and your pass stay on this device. This page loads nothing from elsewhere and sets no cookie.")),
    languages().length > 1 && h("p", {}, languages().filter((tag) => tag !== language()).map((tag, at) => [
      at > 0 && " · ",
      h("a", { href: `#${tag}/${slug ?? ""}`, lang: tag, hreflang: tag }, ownName(tag)),
    ])),
  );
}

function failed(stage: Stage, error: unknown): void {
  stage.rest();
  const { words: sentence, english } = told(error);
  const heading = t("This page cannot go on now");
  const body = [h("p", english ? { lang: "en" } : {}, sentence)];
  stage.show({ heading, body, actions: [other(t("Load the page again"), () => location.reload())] }, undefined, false, null);
}

/** The answer of a provider of accounts, where somebody comes back with one; it leaves the address bar at once. */
function brought(): string | null {
  const answer = handedOver(location.hash);
  if (answer !== null) history.replaceState(history.state, "", "#");
  return answer;
}

/** Where one was before one went elsewhere to sign in: the letter, and its language. */
async function cameFrom(asking: View["asking"]): Promise<string | null> {
  if (asking === null) return null;
  const { slug, language: spoken } = asking;
  if (spoken !== language()) await speak(spoken);
  history.replaceState(history.state, "", `#${spoken === "en" ? slug : `${spoken}/${slug}`}`);
  return slug === "" ? null : slug;
}

async function begin(): Promise<void> {
  const answer = brought();
  let { language: asked, slug } = route(location.hash);
  await speak(asked ?? best(navigator.languages));
  const stage = new Stage(element("content"));
  around(null, slug);
  addEventListener("hashchange", () => location.reload());
  let app: App | null = null;
  try {
    const calls = await Calls.start((event) => {
      if (event === "burned") location.reload();
      else void app?.changed();
    });
    const view = await calls.ask("open", [], (what, done) => stage.busy(what, done));
    if (answer !== null) slug = await cameFrom(view.asking);
    app = new App(calls, stage, MAKERS, (now) => around(now, slug), slug, view);
    around(app, slug);
    if (answer !== null) {
      app.aside.set("answer", answer);
      if (view.pass !== "locked") await (await app.wait(part("oidc"))).returned(app);
    }
    await app.begin();
  } catch (error) {
    await explained(error);
    failed(stage, error);
    if ((error as { code?: string }).code === "unknown-letter" && app !== null) await app.become("nothing");
  }
}

void begin();
