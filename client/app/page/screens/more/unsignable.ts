/** Letters that cannot be signed now: another quarter's, closed, or none at all. */

import type { App, Screen } from "../../app.ts";
import { h, p } from "../../dom.ts";
import { list, other, primary } from "../../frame.ts";
import { quarter, t } from "../../texts.ts";
import { titled } from "../signing.ts";
import { goal, offered } from "../workplace.ts";
import { goalOf } from "./where.ts";

/** A pass, but of another quarter. */
export function renew(app: App): Screen {
  const here = offered(app).filter(({ apart }) => !apart).flatMap((each) => each.issuers);
  return {
    heading: t("Get your pass for this quarter"),
    learns: t("That somebody who joined is back. Not what you sign or signed."),
    body: [
      p(t("This letter belongs to {epoch}. Your pass is of another quarter; you get one for this quarter without showing anything again.", { epoch: quarter(app.letter?.epoch ?? "") })),
      goal(app),
    ],
    actions: [primary(t("Get it")), h("a", { class: "else", href: app.letterAddress }, t("Back to the letter"))],
    submit: () => void app.run(async () => {
      app.view = await app.ask("renew", [app.letter?.slug ?? "", here.map(goalOf)]);
      await app.refresh();
      await app.become("joined");
    }),
  };
}

/** The letter is closed. */
export function closed(app: App): Screen {
  return {
    heading: t("This letter is closed"),
    body: [titled(app), p(t("It can no longer be signed, nor a signature withdrawn. Its count stays, and anyone can check it."))],
    actions: [h("a", { class: "do", href: app.letterAddress }, t("Back to the letter"))],
  };
}

/** Somebody comes from signing in elsewhere, and nothing here asked for it. */
export function astray(app: App): Screen {
  const { draft } = app.view;
  return {
    heading: t("This browser did not ask"),
    learns: t("That somebody comes back from signing in. Nothing that came back was sent to it."),
    body: [
      p(t("You come from signing in elsewhere, but this browser has not asked for it, or has its answer already.")),
      list(
        t("If you began in another browser, or in a private window, open the letter there and sign in from there."),
        t("If you have joined already, your pass is here."),
        t("If you began nothing, somebody sent you here to make you join with an account of theirs. Close this page."),
      ),
    ],
    actions: [
      draft !== null && draft.slug !== "" ? h("a", { class: "do", href: `#${draft.slug}` }, t("Go on joining")) : h("a", { class: "do", href: "/" }, t("All letters")),
      other(t("Your pass"), () => void app.go("pass")),
    ],
  };
}

/** There is no such letter. */
export function nothing(app: App): Screen {
  return {
    heading: t("There is no such letter here"),
    body: [p(t("Compare the address with the one you were given."))],
    actions: [h("a", { class: "do", href: "/" }, t("All letters")), other(t("Your pass"), () => void app.go("pass"))],
  };
}
