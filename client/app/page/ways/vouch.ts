/** Joining because two members vouch: first the words, then an invitation to show them, then back again. */

import type { App, Screen } from "../app.ts";
import { h, p } from "../dom.ts";
import { list, other, primary } from "../frame.ts";
import type { Sentences } from "../problems.ts";
import { chosenWorkplace, next, workplaces } from "../screens/workplace.ts";
import { type Catalogues, t } from "../texts.ts";
import type { Last, Way } from "./way.ts";

declare const CATALOGUES_VOUCH: Catalogues;
export const catalogues: Catalogues = CATALOGUES_VOUCH;

export const problems: Sentences = {
  "vouches-missing": () =>
    t("Two members have not vouched for you yet. Show your invitation to two of them, and come back when both have vouched. It stays on this device."),
  "other-invitation": () => t("The invitation is for other words than those on this device. Go back to the start and make a new one."),
};

/** Characters that are read in one go. */
const GROUP = /.{1,8}/g;

function ask(app: App): Screen {
  return {
    heading: t("Do two members know you?"),
    learns: t("Nothing yet. What you show to two members is made on this device and says nothing of you."),
    body: [
      p(t("Two people who work there and have joined can vouch for you. They learn that they did. The server learns that two members vouched, not which ones.")),
      list(
        t("First you get your words. They make your invitation, 64 letters and digits."),
        t("You show it to two members, in person, not by work mail or chat. Each vouches on their own device."),
        t("When both have, you come back here and join. Nothing is lost in between."),
      ),
      p(t("Whoever joins this way cannot replace lost words, and cannot vouch for others. Signatures show by which way a member joined.")),
      workplaces(app, app.draft.organisation),
    ],
    actions: [primary(t("Go on")), other(t("Back"), () => app.back())],
    submit: () => void app.run(async () => {
      const chosen = chosenWorkplace(app);
      if (chosen === null) return;
      await app.keep({ organisation: chosen, method: "vouch", evidence: {}, screen: "way" });
      await app.go(next(app));
    }),
  };
}

async function last(app: App): Promise<Last> {
  const { organisation, issuer } = app.draft;
  const invitation = await app.ask("invitation", [organisation, issuer]);
  if (app.draft.evidence["invitation"] !== invitation) await app.keep({ evidence: { invitation } });
  return {
    learns: t("That two members vouched for someone who works at {organisation}. Not what you will sign.", { organisation }),
    says: p(t("Show your invitation to two members. When both have vouched, join.")),
    brought: [[t("Your invitation"), h("dd", { class: "mark" }, (invitation.match(GROUP) ?? []).join(" "))]],
  };
}

export const way: Way = { ask, last, field: "", wrong: [] };
