/** Joining where issuers are not all here: who they are, which is missing, and the person's word before one goes there. */

import type { Apart, IssuerView } from "../../../rpc.ts";
import type { App, Screen } from "../../app.ts";
import { type Child, h, p } from "../../dom.ts";
import { checked, choices, list, note, other, primary } from "../../frame.ts";
import { t } from "../../texts.ts";
import { titled } from "../signing.ts";

/** One issuer of one organisation. */
interface Place extends IssuerView {
  readonly organisation: string;
}

/** Who signs is admitted on another machine, too: see where each is, and go to one of those that are missing. */
export function apart(app: App): Screen {
  const far = asked(app);
  const missing = far.flatMap(({ organisation, issuers }) =>
    issuers.filter(({ pass }) => pass !== "held").map((each): Place => ({ ...each, organisation })));
  const open = missing.filter((each) => each.pass === "older" || each.methods.length > 0);
  const begun = far.some(({ issuers }) => issuers.some(({ pass }) => pass !== "none"));
  const older = open.some(({ pass }) => pass === "older");
  return {
    heading: begun ? t("A pass is still missing") : t("Where do you join?"),
    learns: older ? t("That somebody who joined is back. Not what you sign or signed.") : t("Nothing yet. You see first where everything goes."),
    body: [
      titled(app),
      far.map((each) => named(each, open.length > 1 && each.issuers.every((issuer) => open.some(({ name }) => name === issuer.name)))),
      missing.filter((each) => !open.includes(each)).map(({ name }) =>
        p(t("{issuer} admits in a way that this page cannot go on another machine. Use the command line there.", { issuer: name }))),
      open.length > 1 && choices("issuer", begun ? t("Go on at") : t("Begin at"), open.map((each, at) => ({
        value: String(at), label: far.length > 1 ? `${each.name} (${each.organisation})` : each.name, note: address(each),
      })), ""),
      open.length > 0 && [
        p(open.length === 1 && open[0] !== undefined
          ? t("What you bring goes to {issuer}, at {address}, and to nobody else.", { issuer: open[0].name, address: address(open[0]) })
          : t("What you bring goes to the address that you choose, and to nobody else.")),
        note(t("Nobody signs where an issuer is. Compare the address with the one that came with your code.")),
      ],
      begun && open.length > 0 && p(t("The same words hold for each. You need not write down others.")),
      byCommand(app, far),
    ],
    actions: [
      open.length > 0 && primary(t("Go on there")),
      h("a", { class: open.length > 0 ? "else" : "do", href: app.letterAddress }, t("Back to the letter")),
      other(t("I saved my pass as a file"), () => void app.go("bring")),
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
function asked(app: App): readonly Apart[] {
  const far = app.letter?.apart ?? [];
  const begun = far.filter(({ issuers }) => issuers.some(({ pass }) => pass !== "none"));
  return begun.length > 0 ? begun : far;
}

const address = (issuer: IssuerView): string => issuer.address || location.origin;

/** An organisation's issuers, each with its address, and whether there is its pass; not again where all are to choose from. */
function named({ organisation, issuers }: Apart, offered: boolean): Child {
  return [
    p(issuers.length > 1
      ? t("Whoever signs as a member of {organisation} is admitted by each of these, so that none can invent anybody unseen by the others:", { organisation })
      : t("Members of {organisation} are admitted on another machine:", { organisation })),
    !offered && list(...issuers.map((each) => [
      `${each.name}: ${address(each)}`,
      each.pass === "held" && [" – ", t("you have its pass")],
      each.pass === "older" && [" – ", t("you have its pass of another quarter")],
    ])),
  ];
}

/** Go there: for a pass of this quarter alone, or to join with what one brings. */
async function go(app: App, { organisation, name, address: at, pass }: Place): Promise<void> {
  if (pass === "older") {
    app.view = await app.ask("renew", [app.letter?.slug ?? "", name]);
    await app.refresh();
    await app.become("joined");
    return;
  }
  const before = app.view.memberships.find((each) => each.organisation === organisation);
  app.aside.delete("mailed");
  await app.keep({
    mode: "join", organisation, issuer: name, at, method: "", evidence: {},
    ...(before && { roleFamily: before.roleFamily, standing: before.standing }),
  });
  await app.go(before === undefined ? "where" : "way");
}

/** The same with the command line. */
function byCommand(app: App, far: readonly Apart[]): Child {
  const lines = far.flatMap(({ organisation, issuers }) => issuers.map(({ name }) =>
    `undersigned enrol ${location.origin} --organisation ${organisation} --issuer ${name}`));
  return h("details", {},
    h("summary", {}, t("With the command line")),
    [...lines, `undersigned sign ${location.origin}/letters/${app.letter?.slug ?? ""}`].map((line) => h("pre", {}, h("code", {}, line))),
    p(t("A pass that you got there can also be brought here as a file, and sign here.")),
  );
}
