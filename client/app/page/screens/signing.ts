/** Steps 4 and 5: what is signed, what will be public. */

import type { App, Screen } from "../app.ts";
import type { Child } from "../dom.ts";
import { h, p, rich } from "../dom.ts";
import { checked, choices, list, note, other, primary } from "../frame.ts";
import { uncertain as isUncertain } from "../problems.ts";
import { day, number, shown, t } from "../texts.ts";
import type { Action } from "../../rpc.ts";

const DAY = 86_400_000;

/** Between joining and signing: better not in one breath. */
export function joined(app: App): Screen {
  return {
    heading: t("You have joined. Sign now, or later?"),
    body: [
      p(t("Your pass is on this device. Nobody, we included, can tell from your signature which pass it was made with.")),
      p(t("Somebody who watches the server live could still notice that one person joined and, right after it, one person signed. It is safer to sign later: tonight or tomorrow, from another network.")),
      note(t("In Tor Browser, “New circuit for this site” is enough: your pass stays.")),
    ],
    actions: [primary(t("Sign later")), other(t("Go on now"), () => void app.go("letter"))],
    submit: () => void app.run(() => app.go("tomorrow")),
  };
}

/** How to come back. */
export function tomorrow(app: App): Screen {
  const closes = app.letter?.closes ?? "";
  return {
    heading: t("Come back when you like"),
    body: [
      p(t("The letter can be signed until {day}. Come to this address again on this device, and signing takes two clicks.", { day: day(closes) })),
      p(t("Phones forget: Safari deletes what a page kept after seven days without a visit, Tor Browser when you close it. A saved file, or your words, bring your pass back.")),
    ],
    actions: [
      h("a", { class: "do", href: app.letterAddress }, t("Back to the letter")),
      other(t("Save my pass as a file"), () => void app.go("save")),
    ],
  };
}

// ── what is signed ──

function shortDigest(app: App): string {
  const digest = app.letter?.digest ?? "";
  return `${digest.slice(0, 8)} … ${digest.slice(-8)}`;
}

/** The letter's title. */
export function titled(app: App): Child {
  const text = app.text();
  return text === null ? null : h("p", { class: "title", lang: text.language }, shown(text.title));
}

/** The letter as it stands in the log, folded away for who has read it. */
function whole(app: App): Child {
  const text = app.text();
  if (text === null) return null;
  return h("details", {},
    h("summary", {}, t("Read the whole letter")),
    h("div", { class: "letter", lang: text.language },
      text.body.split(/\n{2,}/).map((paragraph) => p(shown(paragraph))),
      text.demands.length > 0 && h("ol", {}, text.demands.map((demand) => h("li", {}, shown(demand)))),
    ),
  );
}

function what(app: App): Child[] {
  const letter = app.letter;
  if (letter === null) return [];
  return [
    titled(app),
    h("p", { class: "addressee" }, shown(letter.addressee)),
    letter.errata.map((each) => h("p", { class: "erratum" }, t("Corrected on {day}:", { day: day(each.dated) }), " ", shown(each.text))),
    whole(app),
    h("p", { class: "checked" }, rich(t("This is what stands in the public registry, as {digest}. Your device has checked it."), {
      digest: h("code", {}, shortDigest(app)),
    })),
  ];
}

/** Step 4: what one signs. */
export function letter(app: App): Screen {
  return {
    heading: t("What you sign"),
    learns: t("Nothing. You read what everybody reads."),
    body: what(app),
    actions: [primary(t("Go on")), other(t("Back"), () => app.back())],
    submit: () => void app.run(() => app.go("public")),
  };
}

// ── what will be public ──

function becomesPublic(app: App): Child[] {
  const letter = app.letter;
  if (letter === null) return [];
  const [first, ...rest] = letter.mine;
  return [
    h("p", { class: "lead" }, rest.length === 0
      ? t("That one more member of {organisation} signed, by the day of the next count. Not who.", { organisation: first ?? "" })
      : t("That one more member of the place you choose signed, by the day of the next count. Not who.")),
    rest.length > 0 && choices("mine", t("You sign as a member of"), letter.mine.map((each) => ({ value: each, label: each })), ""),
    list(
      letter.goal !== null && t("Nothing is shown until {goal} people have signed. If fewer sign before it closes, everything is erased.", { goal: number(letter.goal) }),
      letter.showsMethod && t("How you joined is shown too: by a code, or because two members vouched for you."),
      t("Beside your signature stands a mark that is yours on this letter alone. On another letter you have another, and nobody can tell that they belong together."),
      t("You can withdraw until the letter closes."),
    ),
    closesSoon(letter.closes) && h("p", { class: "warning" }, t("The letter closes soon. Fewer people may be in the last count with you than in one before it, so it says a little more about each of them.")),
  ];
}

function closesSoon(closes: string): boolean {
  const left = new Date(closes).getTime() - Date.now();
  return left > 0 && left <= DAY;
}

/** Step 5: what will be public; sign. */
export function publicly(app: App): Screen {
  return {
    heading: t("What will be public"),
    learns: t("When you sign: that one more member signed just now. Not who."),
    body: becomesPublic(app),
    actions: [primary(t("Sign this letter")), other(t("Back"), () => app.back())],
    submit: () => void app.run(() => send(app, "sign")),
  };
}

/** Both steps at once, for who has a pass already. */
export function again(app: App): Screen {
  return {
    heading: t("Sign this letter?"),
    learns: t("When you sign: that one more member signed just now. Not who."),
    body: [what(app), h("h2", {}, t("What will be public")), becomesPublic(app)],
    actions: [primary(t("Sign this letter")), h("a", { class: "else", href: app.letterAddress }, t("Back to the letter"))],
    submit: () => void app.run(() => send(app, "sign")),
  };
}

/** Send an act; where no answer comes, say so on a screen of its own. */
export async function send(app: App, action: Action): Promise<void> {
  const letter = app.letter;
  if (letter === null) return;
  const before = app.view.sending?.slug === letter.slug ? app.view.sending.organisation : null;
  const organisation = before ?? (letter.mine.length > 1 ? checked("mine") : (letter.mine[0] ?? ""));
  if (organisation === null) {
    app.stage.say({ words: t("Choose where you work."), english: false });
    return;
  }
  try {
    app.aside.set("sent", await app.ask("send", [{ slug: letter.slug, action, organisation }]));
  } catch (error) {
    app.view = await app.ask("open", []);
    if (!isUncertain(error) || app.view.sending === null) throw error;
    await app.become("uncertain");
    if (before !== null) app.stage.fail(error);
    return;
  }
  app.view = await app.ask("open", []);
  await app.refresh();
  await app.become(action === "sign" ? "signed" : "withdrawn");
}

/** No answer came: nothing is lost, and sending it again is safe. */
export function uncertain(app: App): Screen {
  const sending = app.view.sending;
  const signing = sending?.action !== "withdraw";
  return {
    heading: signing ? t("Your signature may not have arrived") : t("Your withdrawal may not have arrived"),
    learns: t("The same once more. If it has arrived before, nothing changes."),
    body: [
      p(t("The server did not answer, or you went offline. Whether it arrived is not certain.")),
      p(t("Nothing is lost: it is kept on this device, also when you close this page. Go on when you are online again. Sending it twice is safe, it counts once.")),
    ],
    actions: [
      primary(t("Send it again")),
      h("a", { class: "else", href: app.letterAddress }, t("Back to the letter")),
    ],
    submit: () => void app.run(() => send(app, sending?.action ?? "sign")),
  };
}
