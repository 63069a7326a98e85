/** Step 6: signed, and counted. */

import type { SentView, VerdictView } from "../../rpc.ts";
import type { App, Screen } from "../app.ts";
import type { Child } from "../dom.ts";
import { download, h, p } from "../dom.ts";
import { list, note, other } from "../frame.ts";
import { part } from "../parts.ts";
import { day, number, t } from "../texts.ts";

/** Step 6: signed. */
export async function signed(app: App): Promise<Screen> {
  const sent = app.aside.get("sent") as SentView | undefined;
  const verdict = app.aside.get("verdict:sign") as VerdictView | undefined;
  const deadline = sent?.deadline ?? app.letter?.deadline ?? null;
  const words = verdict === undefined ? null : (await app.wait(part("more"))).outcome(verdict);
  return {
    heading: sent !== undefined && !sent.repeated ? t("Signed") : t("You have signed this letter"),
    body: [
      sent?.repeated === true && p(t("You had signed it before. This is the same signature, and it counts once.")),
      verdict === undefined ? promise(app, deadline) : words,
      h("div", { class: "actions" },
        other(t("Am I counted?"), () => void app.run(() => look(app))),
        verdict?.proof != null && other(t("Save the proof"), () => saveProof(app, verdict)),
      ),
      h("h2", {}, t("Your receipt")),
      p(t("The receipt on this device proves that you were promised to be counted. If the last count leaves you out, show it to a journalist. Whoever finds it learns that you took part.")),
      h("div", { class: "actions" },
        other(t("Save the receipt"), () => void app.run(() => saveReceipt(app))),
        other(t("Forget the receipt"), () => void app.run(() => forget(app))),
      ),
      h("h2", {}, t("Tell a colleague, safely")),
      list(
        t("Speak about it, or write from your own phone to theirs. Not by the mail, the chat or the devices of work."),
        t("Give nobody your words or your code. Everybody needs a code of their own."),
        t("You need not say whether you signed."),
      ),
      h("h2", {}, t("This device")),
      p(t("Whoever unlocks this device can see here that you signed. You can protect your pass with a passphrase, or burn it; what you signed stays counted.")),
      note(t("Phones forget: Safari deletes what a page kept after seven days without a visit, Tor Browser when you close it. A saved file, or your words, bring your pass back.")),
      h("div", { class: "actions" },
        other(t("Save my pass as a file"), () => void app.go("save")),
        other(t("Protect it with a passphrase"), () => void app.go("protect")),
        other(t("Burn it"), () => void app.go("burn")),
        app.letter?.closed === false && other(t("Withdraw my signature"), () => void app.go("withdraw")),
      ),
    ],
    actions: [h("a", { class: "do", href: app.letterAddress }, t("Back to the letter"))],
  };
}

function promise(app: App, deadline: string | null): Child {
  const latest = deadline === null ? null : p(
    t("You will be counted when the next count closes, on {day} at the latest.", { day: day(deadline) }),
  );
  const goal = app.letter?.goal;
  return [
    latest,
    goal != null && p(t("Nothing is shown until {goal} people have signed. If fewer sign before it closes, everything is erased.", { goal: number(goal) })),
  ];
}

async function look(app: App): Promise<void> {
  app.aside.set("verdict:sign", await app.ask("check", [app.letter?.slug ?? "", "sign"]));
  app.aside.delete("sent");
  await app.again();
}

function saveProof(app: App, verdict: VerdictView): void {
  if (verdict.proof !== null) download(`${app.letter?.slug ?? "letter"}.tlog-proof`, "text/plain", verdict.proof);
}

async function saveReceipt(app: App): Promise<void> {
  const receipt = await app.ask("receipt", [app.letter?.slug ?? ""]);
  if (receipt === null) app.stage.say({ words: t("There is no receipt on this device."), english: false });
  else download(`${app.letter?.slug ?? "letter"}.receipt`, "text/plain", receipt);
}

async function forget(app: App): Promise<void> {
  app.view = await app.ask("forgetReceipts", [app.letter?.slug ?? ""]);
  await app.refresh();
  app.aside.delete("sent");
  location.assign(app.letterAddress);
}
