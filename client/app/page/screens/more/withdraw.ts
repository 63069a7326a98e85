/** What became of an act in the log; withdrawing. */

import type { SentView, VerdictView } from "../../../rpc.ts";
import type { App, Screen } from "../../app.ts";
import type { Child } from "../../dom.ts";
import { h, p } from "../../dom.ts";
import { list, other, primary } from "../../frame.ts";
import { day, number, t } from "../../texts.ts";
import { send } from "../signing.ts";

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

/** What is said of a signature in the log. */
export function outcome(verdict: VerdictView): Child {
  const words = VERDICTS[verdict.state];
  return h("p", { class: verdict.state === "missing" ? "warning" : "lead" }, words === undefined ? verdict.state : words(verdict));
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
