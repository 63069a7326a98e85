/** Steps 1 and 2: where one reads this, and how one shows that one works there. */

import type { FamilyView } from "../../rpc.ts";
import type { App, Screen } from "../app.ts";
import { type Child, h, p } from "../dom.ts";
import { checked, choices, field, list, other, primary, select, type Choice } from "../frame.ts";
import { t } from "../texts.ts";
import { goal } from "./workplace.ts";
import { others, wayOf } from "../ways/way.ts";

/** Step 1: whose device and network this is. */
export function where(app: App): Screen {
  return {
    heading: t("Where are you reading this?"),
    learns: t("Nothing of what you choose here."),
    body: [
      choices("place", t("This device and its network are"), [
        { value: "own", label: t("my own"), note: t("Like your phone on mobile data, or a computer at home that work does not manage.") },
        { value: "work", label: t("my employer’s, or I am not sure"), note: t("Also your own phone on the network at work, or with an app of work that manages it.") },
      ], ""),
    ],
    actions: [primary(t("Go on"))],
    submit: () => void app.run(async () => {
      const chosen = checked("place");
      if (chosen === null) app.stage.say({ words: t("Choose one of the two."), english: false });
      else await app.go(chosen === "own" ? "way" : "elsewhere");
    }),
  };
}

/** Step 1, for who had better come back from elsewhere. */
export function elsewhere(app: App): Screen {
  return {
    heading: t("Come back from elsewhere"),
    learns: t("Nothing of what you choose here."),
    body: [
      p(t("An employer can often see which addresses its devices and networks visit, and sometimes the screen itself. Nothing was sent of you so far, but do not go on here.")),
      list(
        t("Use your own phone on mobile data, or your own computer at home."),
        t("Best is Tor Browser, which also hides from the server where you are. It is free; search for “Tor Browser” on your own device."),
        t("Remember the name of this page’s address. Do not send it to yourself by the mail or the chat of work."),
      ),
      p(t("Nobody at work needs to know that you were here: close this page, and take it out of the browser’s history.")),
    ],
    actions: [
      h("a", { class: "do", href: app.letterAddress }, t("Back to the letter")),
      other(t("I am elsewhere now"), () => void app.go("way")),
    ],
  };
}

/** Step 2: what one brings, by the way that is open. */
export async function way(app: App): Promise<Screen> {
  const screen = await (await app.wait(wayOf(app))).ask(app);
  return { ...screen, body: [goal(app), screen.body, others(app), app.draft.mode === "join" && app.draft.issuer === "" && before(app)] };
}

/** For who has a pass already, however they joined. */
function before(app: App): Child {
  return h("details", {},
    h("summary", {}, t("I have joined before")),
    h("div", { class: "actions" },
      other(t("I have my words"), () => void app.go("restore")),
      other(t("I saved my pass as a file"), () => void app.go("bring")),
      other(t("I have lost my words"), () => void app.go("lost")),
    ),
  );
}

/** Step 2, further: the kind of work, which may stay unsaid. */
export async function work(app: App): Promise<Screen> {
  const families = await listed(app);
  const input = select("family", [{ value: "undeclared", label: t("I would rather not say") }, ...groups(families)], app.draft.roleFamily);
  return {
    heading: t("What kind of work do you do?"),
    learns: t("Nothing yet. Your answer is sent when you join. It stands in your pass and is not kept by the server."),
    body: [
      p(t("You may leave this open. Your signature does not show it. It could be shown later, only if you say so then, and only as in “at least 40 software engineers”.")),
      field(t("Kind of work"), input),
    ],
    actions: [primary(t("Go on")), other(t("Back"), () => app.back())],
    submit: () => void app.run(async () => {
      await app.keep({ roleFamily: input.value });
      await app.go("standing");
    }),
  };
}

/** Step 2, further: whether one manages people, which may stay unsaid. */
export function standing(app: App): Screen {
  const draft = app.draft;
  return {
    heading: t("Do you manage people?"),
    learns: t("Nothing yet. Your answer is sent when you join. It stands in your pass and is not kept by the server."),
    body: [
      p(t("You may leave this open. Your signature does not show it. Some votes ask only those who manage nobody.")),
      choices("standing", t("People report to me"), [
        { value: "undeclared", label: t("I would rather not say") },
        { value: "non-manager", label: t("No") },
        { value: "manager", label: t("Yes") },
      ], draft.standing),
    ],
    actions: [primary(t("Go on")), other(t("Back"), () => app.back())],
    submit: () => void app.run(async () => {
      await app.keep({ standing: checked("standing") ?? "undeclared" });
      await app.go(draft.mode === "join" && app.view.words === "checked" ? "join" : "words");
    }),
  };
}

// ── pieces ──

/** Kinds of work, asked for once; where they cannot be had, none. */
export async function listed(app: App): Promise<readonly FamilyView[]> {
  const about = `families ${app.draft.at}`;
  const known = app.aside.get(about) as readonly FamilyView[] | undefined;
  if (known !== undefined) return known;
  const families = await app.ask("families", [app.draft]);
  app.aside.set(about, families);
  return families;
}

/** Kinds of work by sector, the general ones first. */
export function groups(families: readonly FamilyView[]): { group: string; options: Choice[] }[] {
  const out = new Map<string, Choice[]>();
  for (const each of families) {
    const options = out.get(each.sector) ?? [];
    options.push({ value: each.code, label: each.label.charAt(0).toUpperCase() + each.label.slice(1), lang: "en" });
    out.set(each.sector, options);
  }
  return [...out].map(([sector, options]) => ({ group: sector === "any" ? t("Anywhere") : sector.charAt(0).toUpperCase() + sector.slice(1), options }));
}
