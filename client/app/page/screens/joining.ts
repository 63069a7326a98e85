/** Steps 1 and 2: where one reads this, and how one shows that one works there. */

import type { FamilyView } from "../../rpc.ts";
import type { App, Screen } from "../app.ts";
import { h, p } from "../dom.ts";
import { choices, field, list, other, primary, select, type Choice } from "../frame.ts";
import { t } from "../texts.ts";

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

/** Step 2: the one-time code. */
export function way(app: App): Screen {
  const draft = app.draft;
  const replacing = draft.mode === "replace";
  const asked = app.letter?.organisations ?? (app.instance?.organisations ?? []).map((organisation) => ({ organisation, code: true }));
  const code = h("input", {
    name: "code", type: "text", value: draft.code, autocapitalize: "characters", autocomplete: "off", spellcheck: "false",
    maxlength: 40, size: 22, class: "code", enterkeyhint: "go",
  });
  return {
    heading: replacing ? t("Which code did you join with?") : t("How can you show that you work there?"),
    learns: t("Nothing yet. Your code is sent when you join, after your words are safe."),
    body: [
      p(replacing
        ? t("The code that you used once shows that it is you who lost the words.")
        : t("With a one-time code. Whoever handed it to you can tell that you were given one. Nobody can tell whether you signed.")),
      asked.length > 1
        ? choices("organisation", t("Where you work"), asked.map((each) => ({ value: each.organisation, label: each.organisation })), draft.organisation)
        : p(t("Where you work: {organisation}", { organisation: asked[0]?.organisation ?? "" })),
      field(t("Your code"), code, t("Four groups of four letters and digits. Small letters and spaces do not matter.")),
      !replacing && h("details", {},
        h("summary", {}, t("I have joined before")),
        h("div", { class: "actions" },
          other(t("I have my words"), () => void app.go("restore")),
          other(t("I saved my pass as a file"), () => void app.go("bring")),
          other(t("I have lost my words"), () => void app.go("lost")),
        ),
      ),
    ],
    actions: [primary(t("Go on")), other(t("Back"), () => app.back())],
    submit: () => void app.run(async () => {
      const organisation = asked.length > 1 ? checked("organisation") : (asked[0]?.organisation ?? null);
      if (organisation === null) {
        app.stage.say({ words: t("Choose where you work."), english: false });
        return;
      }
      await app.keep({ organisation, code: code.value, screen: "way" });
      await app.go("work");
    }, "code"),
  };
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

/** What is chosen of a group of radio buttons. */
export function checked(name: string): string | null {
  return document.querySelector<HTMLInputElement>(`input[name="${name}"]:checked`)?.value ?? null;
}

/** Kinds of work, asked for once; where they cannot be had, none. */
export async function listed(app: App): Promise<readonly FamilyView[]> {
  const known = app.aside.get("families") as readonly FamilyView[] | undefined;
  if (known !== undefined) return known;
  const families = await app.ask("families", []);
  app.aside.set("families", families);
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
