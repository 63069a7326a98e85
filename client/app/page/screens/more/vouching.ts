/** Vouching for a colleague who wants to join. */

import type { App, Screen } from "../../app.ts";
import { h, p } from "../../dom.ts";
import { field, other, primary } from "../../frame.ts";
import { number, t } from "../../texts.ts";

/** Whether somebody with these passes may vouch, as far as the registry says. */
export function mayVouch(app: App): boolean {
  const ways = new Map(app.instance?.organisations.map((each) => [each.organisation, each.methods]));
  return app.view.memberships.some((each) => each.epochs.length > 0 && ways.get(each.organisation)?.includes("vouch") === true);
}

/** Whom one vouches for, and what that means. */
export function vouch(app: App): Screen {
  const input = h("textarea", {
    name: "invitation", rows: 4, autocapitalize: "none", autocomplete: "off", spellcheck: "false", maxlength: 200, class: "mark",
  });
  return {
    heading: t("Whom do you vouch for?"),
    learns: t("That some member vouched for this invitation. Not which one, and nothing of what you signed."),
    body: [
      p(t("You say that you know this person, that they work where you do, and that they have not joined before.")),
      p(t("You can vouch five times a quarter. They join as soon as another member has vouched, too.")),
      field(t("Their invitation"), input, t("64 letters and digits, shown to you in person. Spaces do not matter.")),
    ],
    actions: [primary(t("Vouch")), other(t("Back"), () => app.back())],
    submit: () => void app.run(async () => {
      app.aside.set("vouches", await app.ask("vouch", [input.value]));
      await app.become("vouched");
    }, "invitation"),
  };
}

/** It is done. */
export function vouched(app: App): Screen {
  const left = Number(app.aside.get("vouches") ?? 0);
  return {
    heading: t("You vouched"),
    body: [
      p(t("They can join as soon as another member has vouched, too. Tell them in person.")),
      p(t("Vouches left this quarter: {number}", { number: number(left) })),
    ],
    actions: [primary(t("Done"))],
    submit: () => void app.become("pass"),
  };
}
