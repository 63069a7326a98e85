/** Vouching for a colleague who wants to join. */

import type { App, Screen } from "../../app.ts";
import { h, p } from "../../dom.ts";
import { checked, choices, field, other, primary } from "../../frame.ts";
import { number, t } from "../../texts.ts";
import { compare, each, goalOf, hasMoved, moves, type Place } from "./where.ts";

/** Issuers at which somebody with these passes may vouch, as far as the registry says; who was vouched for may not. */
function vouching(app: App): readonly Place[] {
  const passes = app.view.memberships.filter(({ epochs, method }) => epochs.length > 0 && method !== "vouch");
  return each(app.instance?.organisations ?? []).filter(({ name, organisation, methods }) =>
    methods.includes("vouch") && passes.some((held) => held.issuer === name && held.organisation === organisation));
}

/** Whether somebody with these passes may vouch. */
export const mayVouch = (app: App): boolean => vouching(app).length > 0;

/** Whom one vouches for, and what that means. */
export function vouch(app: App): Screen {
  const there = vouching(app);
  const open = there.filter((place) => !hasMoved(place));
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
      moves(app, there),
      open.length > 1
        ? choices("issuer", t("The invitation is for"), open.map((place, at) => ({
          value: String(at), label: `${place.name} (${place.organisation})`, note: place.address,
        })), "")
        : open.map((place) => p(t("This goes to {issuer}, at {address}, and nowhere else.", { issuer: place.name, address: place.address }))),
      compare(open),
    ],
    actions: [primary(t("Vouch")), other(t("Back"), () => app.back())],
    submit: () => void app.run(async () => {
      const place = open[open.length > 1 ? Number(checked("issuer") ?? -1) : 0];
      if (place === undefined) {
        app.stage.say({ words: t("Choose one of them."), english: false });
        return;
      }
      app.aside.set("vouches", await app.ask("vouch", [input.value, place.organisation, goalOf(place)]));
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
