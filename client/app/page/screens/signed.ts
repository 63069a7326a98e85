/** Step 6 and after: signed, counted, withdrawn. */

import type { SentView, VerdictView } from "../../rpc.ts";
import type { App, Screen } from "../app.ts";
import type { Child } from "../dom.ts";
import { download, h, p } from "../dom.ts";
import { list, note, other, primary } from "../frame.ts";
import { day, number, t } from "../texts.ts";
import { send } from "./signing.ts";

/** Step 6: signed. */
export function signed(app: App): Screen {
  const sent = app.aside.get("sent") as SentView | undefined;
  const verdict = app.aside.get("verdict:sign") as VerdictView | undefined;
  const deadline = sent?.deadline ?? app.letter?.deadline ?? null;
  return {
    heading: sent !== undefined && !sent.repeated ? t("Signed") : t("You have signed this letter"),
    body: [
      sent?.repeated === true && p(t("You had signed it before. This is the same signature, and it counts once.")),
      verdict === undefined ? promise(app, deadline) : outcome(verdict),
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

const VERDICTS: Readonly<Record<string, (verdict: VerdictView) => string>> = {
  counted: (verdict) => t("You are counted: your signature is entry {index} of the public log, and your device has checked it.", { index: number(verdict.index ?? 0) }),
  waiting: (verdict) => t("Not counted yet, and not due before {day}. Check again then.", { day: day(verdict.deadline ?? "") }),
  late: (verdict) => t("Not counted yet, though it was due on {day}: the last count is not published. Keep the receipt.", { day: day(verdict.deadline ?? "") }),
  "goal-missed": () => t("The letter missed its goal. Nothing was published, and everything was erased."),
  cancelled: () => t("Signature and withdrawal met before a count. So neither was ever published."),
  missing: () =>
    t("The last count is published, and you are not in it. Your receipt proves that you were dropped. Keep it, and show it to a journalist with a copy of the log."),
  unknown: () => t("Not in the public log so far. Without a receipt it cannot be said whether it is due. Check again after the next count."),
};

/** What is said otherwise of a withdrawal. */
const OF_WITHDRAWALS: Readonly<Record<string, (verdict: VerdictView) => string>> = {
  counted: (verdict) => t("Your withdrawal is entry {index} of the public log, and your device has checked it.", { index: number(verdict.index ?? 0) }),
  waiting: (verdict) => leavesOut(verdict.deadline ?? ""),
  missing: () =>
    t("The last count is published without your withdrawal. Your receipt proves that it was dropped. Keep it, and show it to a journalist with a copy of the log."),
};

function leavesOut(deadline: string): string {
  return t("The count leaves you out when the next one closes, on {day} at the latest.", { day: day(deadline) });
}

function outcome(verdict: VerdictView): Child {
  const words = VERDICTS[verdict.state];
  return h("p", { class: verdict.state === "missing" ? "warning" : "lead" }, words === undefined ? verdict.state : words(verdict));
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

/** Whether to withdraw, and what it means. */
export function withdraw(app: App): Screen {
  return {
    heading: t("Withdraw your signature?"),
    learns: t("That one member withdraws just now. Not who."),
    body: [
      p(t("This is final: you cannot sign this letter again.")),
      list(
        t("If you were not counted yet, neither your signature nor the withdrawal ever becomes public."),
        t("If you were counted, the next count says that one member of {organisation} withdrew. Your signature stays in the log, crossed out by the withdrawal. Not who.", { organisation: app.letter?.mine[0] ?? "" }),
      ),
    ],
    actions: [primary(t("Withdraw my signature")), other(t("Back"), () => app.back())],
    submit: () => void app.run(() => send(app, "withdraw")),
  };
}

/** It is withdrawn. */
export function withdrawn(app: App): Screen {
  const sent = app.aside.get("sent") as SentView | undefined;
  const deadline = sent?.deadline ?? app.letter?.deadline ?? null;
  const verdict = app.aside.get("verdict:withdraw") as VerdictView | undefined;
  return {
    heading: t("Your signature is withdrawn"),
    body: [
      verdict === undefined
        ? deadline !== null && p(leavesOut(deadline))
        : h("p", { class: verdict.state === "missing" ? "warning" : "lead" }, (OF_WITHDRAWALS[verdict.state] ?? VERDICTS[verdict.state])?.(verdict) ?? verdict.state),
      h("div", { class: "actions" }, other(t("Look in the log"), () => void app.run(async () => {
        app.aside.set("verdict:withdraw", await app.ask("check", [app.letter?.slug ?? "", "withdraw"]));
        await app.again();
      }))),
    ],
    actions: [h("a", { class: "do", href: app.letterAddress }, t("Back to the letter")), other(t("Your pass"), () => void app.go("pass"))],
  };
}
