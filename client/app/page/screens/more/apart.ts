/** Joining where issuers are not all here: who they are, which is missing, and the person's word before one goes there. */

import type { Workplace } from "../../../rpc.ts";
import type { App, Screen } from "../../app.ts";
import { type Child, h, p } from "../../dom.ts";
import { checked, choices, other, primary } from "../../frame.ts";
import { t } from "../../texts.ts";
import { titled } from "../signing.ts";
import { addresses, called, compare, each, goalOf, hasMoved, moves, type Place } from "./where.ts";

/** Who signs is admitted on another machine, too: see where each is, and go to one of those that are missing. */
export function apart(app: App): Screen {
  const far = asked(app);
  const missing = each(far).filter(({ pass }) => pass !== "held");
  const open = missing.filter((place) => !hasMoved(place));
  const begun = far.some(({ issuers }) => issuers.some(({ pass }) => pass !== "none"));
  const older = open.some(({ pass }) => pass === "older");
  return {
    heading: begun ? t("A pass is still missing") : t("Where do you join?"),
    learns: older ? t("That somebody who joined is back. Not what you sign or signed.") : t("Nothing yet. You see first where everything goes."),
    body: [
      titled(app),
      far.map((place) => named(place, open.length > 1 && place.issuers.every((issuer) => open.some(({ name }) => name === issuer.name)))),
      moves(app, missing),
      open.length > 1 && choices("issuer", begun ? t("Go on at") : t("Begin at"), open.map((place, at) => ({
        value: String(at), label: called(app, place), note: place.address,
      })), ""),
      open.length > 0 && [
        p(open.length === 1 && open[0] !== undefined
          ? t("What you bring goes to {issuer}, at {address}, and to nobody else.", { issuer: open[0].name, address: open[0].address })
          : t("What you bring goes to the address that you choose, and to nobody else.")),
        compare(open),
      ],
      begun && open.length > 0 && p(t("The same words hold for each. You need not write down others.")),
      byCommand(app, far),
    ],
    actions: [
      open.length > 0 && primary(t("Go on there")),
      h("a", { class: open.length > 0 ? "else" : "do", href: app.letterAddress }, t("Back to the letter")),
      other(t("I have my words"), () => void app.go("restore")),
      other(t("I saved my pass as a file"), () => void app.go("bring")),
      !begun && other(t("I have lost my words"), () => void app.go("lost")),
      !begun && far.length < (app.letter?.organisations.length ?? 0) && other(t("I work elsewhere"), () => void app.run(async () => {
        await app.keep({ organisation: "", issuer: "", at: "", method: "", evidence: {} });
        await app.go("where");
      })),
    ],
    submit: () => void app.run(async () => {
      const at = open.length > 1 ? checked("issuer") : "0";
      const place = at === null ? undefined : open[Number(at)];
      if (place === undefined) app.stage.say({ words: t("Choose one of them."), english: false });
      else await go(app, place);
    }),
  };
}

/** Organisations with issuers elsewhere; of several, the one where one has begun. */
function asked(app: App): readonly Workplace[] {
  const far = app.letter?.organisations.filter(({ apart: isApart }) => isApart) ?? [];
  const begun = far.filter(({ issuers }) => issuers.some(({ pass }) => pass !== "none"));
  return begun.length > 0 ? begun : far;
}

/** An organisation's issuers, each with its address, and whether there is its pass; not again where all are to choose from. */
function named(far: Workplace, offered: boolean): Child {
  const { organisation, issuers } = far;
  return [
    p(issuers.length > 1
      ? t("Whoever signs as a member of {organisation} is admitted by each of these, so that none can invent anybody unseen by the others:", { organisation })
      : t("Members of {organisation} are admitted on another machine:", { organisation })),
    !offered && addresses(each([far]), ({ pass }) => [
      pass === "held" && [" – ", t("you have its pass")],
      pass === "older" && [" – ", t("you have its pass of another quarter")],
    ]),
  ];
}

/** Go there: for a pass of this quarter alone, or to join with what one brings. */
async function go(app: App, place: Place): Promise<void> {
  const { organisation, name, address: at, pass } = place;
  if (pass === "older") {
    app.view = await app.ask("renew", [app.letter?.slug ?? "", [goalOf(place)]]);
    await app.refresh();
    await app.become("joined");
    return;
  }
  const before = app.view.memberships.find((held) => held.organisation === organisation);
  app.aside.delete("mailed");
  await app.keep({
    mode: "join", organisation, issuer: name, at, method: "", evidence: {},
    ...(before && { roleFamily: before.roleFamily, standing: before.standing }),
  });
  await app.go(before === undefined ? "where" : "way");
}

/** The same with the command line. */
function byCommand(app: App, far: readonly Workplace[]): Child {
  const lines = each(far).map(({ organisation, name }) =>
    `undersigned enrol ${location.origin} --organisation ${organisation} --issuer ${name}`);
  return h("details", {},
    h("summary", {}, t("With the command line")),
    [...lines, `undersigned sign ${location.origin}/letters/${app.letter?.slug ?? ""}`].map((line) => h("pre", {}, h("code", {}, line))),
    p(t("A pass that you got there can also be brought here as a file, and sign here.")),
  );
}
