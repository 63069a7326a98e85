/** What is said and asked, one question a screen. */

import { typedName } from "../../src/holder/beside.ts";
import type { Purpose } from "../../src/protocol/beside.ts";
import { type Child, h, p, rich } from "../page/dom.ts";
import { field, list, note, other, primary } from "../page/frame.ts";
import { either, language, shown, t } from "../page/texts.ts";
import type { ScreenName } from "./flow.ts";
import type { Maker, Screen, Visit } from "./visit.ts";

// ── pieces ──

function letterAddress(visit: Visit): string {
  const prefix = language() === "en" ? "" : `/${language()}`;
  return visit.letter === null ? `${prefix}/` : `${prefix}/letters/${visit.letter.slug}/`;
}

/** The address of this page for another purpose, or of the one for signing. */
function elsewhere(visit: Visit, page: "/sign/" | "/sign/beside/", purpose?: Purpose): string {
  const parts = [language() === "en" ? null : language(), purpose, visit.letter?.slug];
  return `${page}#${parts.filter((each) => each !== null && each !== undefined).join("/")}`;
}

function link(label: string, href: string, looks = "else"): HTMLElement {
  return h("a", { class: looks, href }, label);
}

const toLetter = (visit: Visit, looks = "else"): HTMLElement => link(t("Back to the letter"), letterAddress(visit), looks);

function titled(visit: Visit): Child {
  const title = visit.letter?.title ?? null;
  return title === null ? null : h("p", { class: "title", lang: title.language }, shown(title.text));
}

/** What leads to taking back, folded away for who has done it. */
function already(visit: Visit, summary: string, label: string, purpose: Purpose): Child {
  const actions = h("div", { class: "actions" }, link(label, elsewhere(visit, "/sign/beside/", purpose)));
  return h("details", {}, h("summary", {}, summary), actions);
}

/** How a name will stand under the letter. */
function preview(visit: Visit): Child {
  const { said } = visit;
  if (said === null) return null;
  const line = said.line === null ? null : h("span", { class: "note" }, t("who says: {line}", { line: said.line }));
  return [
    p(t("This will stand under the letter, for everybody to read:")),
    h("p", { class: "preview" }, h("bdi", {}, said.name), line !== null && " ", line),
  ];
}

// ── screens ──

function support(visit: Visit): Screen {
  const names = either(visit.letter?.organisations ?? []);
  return {
    heading: t("Stand by this letter without signing it"),
    learns: t("Nothing yet."),
    body: [
      titled(visit),
      names !== "" && p(t("People who work at {names} can sign it. If you are one of them, do that instead: nobody is told.", { names })),
      p(t("If you work elsewhere, you can stand by it. You confirm an address of your own with a code that is mailed to it, and are counted once, apart from the signatures.")),
      list(
        t("What becomes public: how many such addresses there are, rounded down to a ten, with the next count. Not yours."),
        t("This is no signature, and you get no pass. If there is one on this device, this page does not touch it."),
        t("You can take it back until the letter closes."),
      ),
      already(visit, t("I stand by it already"), t("Take it back"), "unsupport"),
    ],
    actions: [primary(t("Go on")), names === "" ? toLetter(visit) : link(t("I work there"), elsewhere(visit, "/sign/"))],
    submit: () => void visit.run(() => visit.go()),
  };
}

function show(visit: Visit): Screen {
  return {
    heading: t("Show your name under this letter?"),
    learns: t("Nothing yet."),
    body: [
      titled(visit),
      p(t("Then everybody can read that you stand by this letter: your employer, search engines, whoever looks for you in ten years. Whoever works there and shows a name will be thought to have signed.")),
      list(
        t("It is no signature and no second count. Nothing ties it to a signature of yours, if there is one."),
        t("The name stands on the letter’s page, outside the public logs. They hold a digest of the whole list, made with random numbers, so that no name can be added or kept unnoticed."),
        t("You can take it away again, also when the letter is closed. Name and number are deleted, and what the logs hold then says nothing of you."),
      ),
      h("p", { class: "warning" }, t("Once it is public, anybody can copy it. Copies stay when you take it away here.")),
      already(visit, t("My name is shown already"), t("Take my name away"), "unshow"),
    ],
    actions: [primary(t("Go on")), toLetter(visit)],
    submit: () => void visit.run(() => visit.go()),
  };
}

const what = (visit: Visit): Screen => (visit.purpose === "show" ? show(visit) : support(visit));

function name(visit: Visit): Screen {
  const one = h("input", {
    name: "name", type: "text", value: visit.said?.name ?? "", autocomplete: "off", spellcheck: "false", maxlength: 200, enterkeyhint: "next",
  });
  const line = h("input", {
    name: "line", type: "text", value: visit.said?.line ?? "", autocomplete: "off", maxlength: 280, enterkeyhint: "go",
  });
  return {
    heading: t("How should your name stand there?"),
    learns: t("Nothing yet. Your name is sent in the last step, with the code."),
    body: [
      field(t("Your name"), one),
      field(t("What you say of yourself"), line, t("A line that stands beside the name, if you like: what you do, or where. Nobody checks it, and the page says so.")),
    ],
    actions: [primary(t("Go on")), other(t("Back"), () => visit.back())],
    submit: () => void visit.run(() => {
      visit.said = typedName(one.value, line.value);
      visit.go();
    }, "name"),
  };
}

const TO_ASK: Readonly<Record<Purpose, () => string>> = {
  support: () => t("Which address do you confirm?"),
  unsupport: () => t("Take back that you stand by this letter"),
  show: () => t("Which address do you confirm?"),
  unshow: () => t("Take your name away from this letter"),
};

const BEFORE: Readonly<Record<Purpose, () => string>> = {
  support: () => t("Take an address of your own, not one at your work: an employer can see the mail."),
  unsupport: () => t("With the address that you confirmed. You are counted no more from the next count on."),
  show: () => t("Take an address of your own, not one at your work: an employer can see the mail."),
  unshow: () => t("With the address that you confirmed. The name is deleted at once and leaves the page at the next full hour. Copies that others made stay."),
};

function addressField(visit: Visit): HTMLInputElement {
  return h("input", {
    name: "address", type: "email", value: visit.address, autocapitalize: "none", autocomplete: "off", spellcheck: "false",
    maxlength: 254, enterkeyhint: "send",
  });
}

function address(visit: Visit): Screen {
  const input = addressField(visit);
  const begins = visit.purpose === "unsupport" || visit.purpose === "unshow";
  const typed = (): void => {
    if (visit.address !== input.value) visit.mailed = false;
    visit.address = input.value;
  };
  return {
    heading: TO_ASK[visit.purpose](),
    learns: t("This address, for which letter and what for, while it sends the mail. It writes none of that down."),
    body: [
      begins && titled(visit),
      preview(visit),
      p(BEFORE[visit.purpose]()),
      p(t("A mail comes with eight digits, which you type in here. It holds no link, and names neither a letter nor a place of work.")),
      field(t("Your address"), input),
    ],
    actions: [
      primary(t("Send me a code")),
      other(t("I have a code"), () => {
        typed();
        visit.go();
      }),
      begins ? toLetter(visit) : other(t("Back"), () => visit.back()),
    ],
    submit: () => void visit.run(async () => {
      typed();
      await visit.ask();
      visit.go();
    }, "address"),
  };
}

const LEARNS: Readonly<Record<Purpose, () => string>> = {
  support: () => t("That whoever has this address stands by this letter. It keeps no address and no time, but a mark made of the address, another one for each letter."),
  unsupport: () => t("That whoever has this address stands by this letter no more. The mark is deleted."),
  show: () => t("Your name and your line, which become public, and a mark made of the address, so that you can take them away."),
  unshow: () => t("That whoever has this address takes a name away. Name and mark are deleted."),
};

const DO: Readonly<Record<Purpose, () => string>> = {
  support: () => t("Count me"),
  unsupport: () => t("Count me no more"),
  show: () => t("Show my name"),
  unshow: () => t("Take my name away"),
};

function code(visit: Visit): Screen {
  const digits = h("input", {
    name: "digits", type: "text", inputmode: "numeric", autocomplete: "one-time-code", spellcheck: "false", maxlength: 20, size: 12, class: "code",
    enterkeyhint: "go",
  });
  const typed = visit.mailed ? null : addressField(visit);
  return {
    heading: t("Which code came by mail?"),
    learns: LEARNS[visit.purpose](),
    body: [
      preview(visit),
      visit.mailed
        ? p(rich(t("If one may be sent to {address} now, it is on its way. Look into the folder for spam, too. One an hour goes to an address, whichever letter it is for."), {
            address: h("span", { class: "exact" }, visit.address),
          }))
        : p(t("It has to be one that was sent for this letter and to this end, in this hour or the one before.")),
      typed !== null && field(t("Your address"), typed),
      field(t("Eight digits"), digits),
    ],
    actions: [primary(DO[visit.purpose]()), other(t("Another address, or another mail"), () => visit.back())],
    submit: () => void visit.run(async () => {
      if (typed !== null) visit.address = typed.value;
      await visit.confirm(digits.value);
      visit.go();
    }, "digits"),
  };
}

function done(visit: Visit): Screen {
  const says: Readonly<Record<Purpose, () => readonly [heading: string, ...rest: readonly Child[]]>> = {
    support: () => [
      t("You stand by this letter"),
      p(t("You are counted once, from the next count on, apart from the signatures. While there are fewer than ten, no number is shown.")),
      p(t("Until the letter closes you can take it back, with another code to the same address.")),
    ],
    unsupport: () => [
      t("You are counted no more"),
      p(t("From the next count on. If this address was not counted, nothing has changed.")),
    ],
    show: () => [
      t("Your name will be shown"),
      p(t("It appears under the letter with the next count. To change it, show another one with the same address.")),
      p(t("You can take it away at any time, with another code to the same address.")),
    ],
    unshow: () => [
      t("Your name is taken away"),
      p(t("It is deleted, and leaves the page at the next full hour. If no name was shown with this address, nothing has changed.")),
    ],
  };
  const [heading, ...rest] = says[visit.purpose]();
  return {
    heading,
    body: [...rest, note(t("Nothing of this was kept on this device. The mail is still in your mailbox, and the browser’s history says that this page was open: take both out if others look there."))],
    actions: [toLetter(visit, "do")],
  };
}

function closed(visit: Visit): Screen {
  return {
    heading: t("This letter is closed"),
    body: [titled(visit), p(t("Nobody can be added or withdrawn any more. A name that is shown can still be taken away."))],
    actions: [toLetter(visit, "do"), link(t("Take my name away"), elsewhere(visit, "/sign/beside/", "unshow"))],
  };
}

function nothing(visit: Visit): Screen {
  return {
    heading: t("There is no such letter here"),
    body: [p(t("Compare the address with the one you were given."))],
    actions: [link(t("All letters"), letterAddress(visit), "do")],
  };
}

export const makers: Readonly<Record<ScreenName, Maker>> = { what, name, address, code, done, closed, nothing };
