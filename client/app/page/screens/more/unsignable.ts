/** Letters that cannot be signed now: another quarter's, closed, or none at all. */

import type { App, Screen } from "../../app.ts";
import { h, p } from "../../dom.ts";
import { other, primary } from "../../frame.ts";
import { quarter, t } from "../../texts.ts";
import { titled } from "../signing.ts";

/** A pass, but of another quarter. */
export function renew(app: App): Screen {
  return {
    heading: t("Get your pass for this quarter"),
    learns: t("That whoever joined with your code is back. Not what you sign or signed."),
    body: [
      p(t("This letter belongs to {epoch}. Your pass is of another quarter; you get one for this quarter without a code.", { epoch: quarter(app.letter?.epoch ?? "") })),
    ],
    actions: [primary(t("Get it")), h("a", { class: "else", href: app.letterAddress }, t("Back to the letter"))],
    submit: () => void app.run(async () => {
      app.view = await app.ask("renew", [app.letter?.slug ?? ""]);
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

/** There is no such letter. */
export function nothing(app: App): Screen {
  return {
    heading: t("There is no such letter here"),
    body: [p(t("Compare the address with the one you were given."))],
    actions: [h("a", { class: "do", href: "/" }, t("All letters")), other(t("Your pass"), () => void app.go("pass"))],
  };
}
