/** Getting a pass back: from the words, or in the place of lost ones. */

import type { App, Screen } from "../../app.ts";
import { fromRecord } from "../../../../src/errors.ts";
import type { Unstopped } from "../../../rpc.ts";
import { h, p } from "../../dom.ts";
import { first } from "../../flow.ts";
import { checked, choices, field, list, other, primary, select } from "../../frame.ts";
import { told } from "../../problems.ts";
import { day, t } from "../../texts.ts";
import { type WayName, waysThere } from "../../ways/way.ts";
import { groups, listed } from "../joining.ts";
import { offered } from "../workplace.ts";
import { asking, called, compare, each, hasMoved, moves } from "./where.ts";

/** From the 24 words, on a device that has nothing else. */
export async function restore(app: App): Promise<Screen> {
  const phrase = h("textarea", {
    name: "phrase", rows: 5, autocapitalize: "none", autocomplete: "off", spellcheck: "false", class: "words", lang: "en",
  });
  const { body, chosen } = asking(app, "");
  const family = select("family", [{ value: "undeclared", label: t("I would rather not say") }, ...groups(await listed(app))], "undeclared");
  return {
    heading: t("Bring your pass back with your words"),
    learns: t("That somebody who joined asks for the pass again. Not your words, and not what you signed."),
    body: [
      field(t("Your 24 words"), phrase, t("All twelve pairs in their order. Capitals and line ends do not matter.")),
      body,
      h("details", {},
        h("summary", {}, t("What you said of yourself when you joined")),
        field(t("Kind of work"), family),
        choices("standing", t("People report to me"), [
          { value: "undeclared", label: t("I would rather not say") },
          { value: "non-manager", label: t("No") },
          { value: "manager", label: t("Yes") },
        ], "undeclared"),
      ),
    ],
    actions: [primary(t("Bring it back")), other(t("Back"), () => app.back())],
    submit: () => void app.run(async () => {
      const asked = chosen();
      if (asked === null) return;
      app.view = await app.ask("restore", [phrase.value, asked.organisation, asked.goals, family.value, checked("standing") ?? "undeclared"]);
      await app.refresh();
      await app.become(first(app.view, app.letter));
    }, "phrase"),
  };
}

/** Words are lost: new ones can take their place, but not at once. */
export function lost(app: App): Screen {
  const far = each(offered(app).filter(({ apart }) => apart));
  const open = far.filter((place) => !hasMoved(place));
  const ways = waysThere(app, offered(app));
  return {
    heading: t("If you have lost your words"),
    learns: t("Nothing yet."),
    body: [
      p(t("As long as this device has your pass, you can go on signing, and save the pass as a file.")),
      p(t("Otherwise new words can take the place of the old ones. You need what you joined with: the code, though it is used up, a new mail to the same address, or the same account.")),
      ways.includes("vouch") && p(t("If two members vouched for you, lost words cannot be replaced: nobody could tell that it is you. Ask two members to vouch for you again.")),
      list(
        t("It takes seven days. Until then, whoever has the old words can stop it."),
        t("The new words count only for letters that open in a later quarter, so that nobody signs one letter twice."),
      ),
      moves(app, far),
      open.length > 0 && [
        choices("issuer", t("Where you joined"), [
          ...open.map((place, at) => ({ value: String(at), label: called(app, place), note: place.address })),
          ...(far.length < each(offered(app)).length ? [{ value: "", label: t("I work elsewhere") }] : []),
        ], open.length === 1 ? "0" : ""),
        compare(open),
        p(t("If you joined at several, ask each of them: the same new words serve for all.")),
      ],
      ways.length > 1 && choices("method", t("I joined"), ways.map((each) => ({ value: each, label: joinedBy(each) })), ""),
    ],
    actions: [
      primary(t("Make new words")),
      other(t("Back"), () => void app.run(async () => {
        if (app.view.draft?.mode === "replace") await app.keep({ mode: "join" });
        app.back();
      })),
    ],
    submit: () => void app.run(async () => {
      const method = ways.length > 1 ? checked("method") : (ways[0] ?? "");
      const place = open[Number(checked("issuer") || -1)];
      if (far.length > 0 && checked("issuer") === null) app.stage.say({ words: t("Choose one of them."), english: false });
      else if (method === null || (place !== undefined && !place.methods.includes(method))) {
        app.stage.say({ words: t("Choose how you joined."), english: false });
      }
      else if (method === "vouch") {
        app.stage.say({ words: t("Lost words cannot be replaced where two members vouched for you. Go back, and ask two members to vouch for you again."), english: false });
      } else {
        app.aside.delete("mailed");
        const { organisation, name = "", address = "" } = place ?? { organisation: app.draft.organisation };
        await app.keep({ mode: "replace", organisation, issuer: name, at: address, method, evidence: {}, screen: "way" });
        await app.go("way");
      }
    }),
  };
}

const joinedBy = (way: WayName): string =>
  ({
    code: t("with a one-time code"), vouch: t("because two members vouched for me"), email: t("by e-mail"),
    oidc: t("with an account elsewhere"),
  })[way];

/** New words were asked for. */
export function asked(app: App): Screen {
  const ready = app.aside.get("ready") as string | undefined;
  return {
    heading: t("New words are asked for"),
    body: [
      ready === undefined
        ? p(t("Come back after seven days, on this device or with your new words."))
        : p(t("Your new words count from {day}. Come back then, on this device or with your new words.", { day: day(ready) })),
      p(t("Until then, somebody who has the old words can stop it. Letters of this quarter stay as they are.")),
    ],
    actions: [h("a", { class: "do", href: app.letterAddress }, t("Done")), other(t("Save my pass as a file"), () => void app.go("save"))],
  };
}

/** Somebody else asked to replace one's words. */
export function cancel(app: App): Screen {
  const held = app.view.memberships.map(({ issuer }) => issuer);
  const { body, chosen } = asking(app, app.view.memberships[0]?.organisation ?? "", ({ name }) => held.includes(name));
  return {
    heading: t("Stop the replacement of your words?"),
    learns: t("That whoever joined still has the words, and stops the replacement."),
    body: [
      p(t("Whoever has what you joined with (the code, the mailbox, the account) can ask for new words in the place of yours. If it was not you, stop it here within seven days.")),
      body,
    ],
    actions: [primary(t("Stop it")), other(t("Back"), () => app.back())],
    submit: () => void app.run(async () => {
      const asked = chosen();
      if (asked === null) return;
      app.aside.set("unstopped", await app.ask("cancelReplacement", [asked.organisation, asked.goals]));
      await app.become("cancelled");
    }),
  };
}

/** It is stopped, or not everywhere. What came of it is not kept: who loads the page anew is asked anew. */
export function cancelled(app: App): Screen {
  const failed = app.aside.get("unstopped") as readonly Unstopped[] | undefined;
  if (failed === undefined) return cancel(app);
  if (failed.length > 0) return unstopped(app, failed);
  return {
    heading: t("Your words stay"),
    body: [p(t("Nothing waits any more. Keep what you joined with (the code, the mailbox, the account) where only you get at it."))],
    actions: [other(t("Your pass"), () => void app.become("pass"))],
  };
}

function unstopped(app: App, failed: readonly Unstopped[]): Screen {
  return {
    heading: t("Not stopped everywhere"),
    body: [
      h("p", { class: "warning" }, t("Here new words can still take the place of yours:")),
      list(...failed.map(({ issuer, problem }) => {
        const said = told(fromRecord(problem));
        return [`${issuer}: `, h("span", said.english ? { lang: "en" } : {}, said.words)];
      })),
      p(t("Where there was no answer, try again today. Where one has moved, ask it yourself first, then stop it there. Seven days after somebody asked for new words it is too late.")),
    ],
    actions: [other(t("Try again"), () => void app.become("cancel")), other(t("Your pass"), () => void app.become("pass"))],
  };
}
