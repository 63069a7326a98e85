/** Joining with a code that is mailed to an address and typed in. */

import type { OfferView } from "../../rpc.ts";
import type { App, Screen } from "../app.ts";
import { type Child, h, p } from "../dom.ts";
import { field, other, primary } from "../frame.ts";
import type { Sentences } from "../problems.ts";
import { chosenWorkplace, next, places, workplaces } from "../screens/workplace.ts";
import { type Catalogues, language, t } from "../texts.ts";
import type { Last, Way } from "./way.ts";

declare const CATALOGUES_EMAIL: Catalogues;
export const catalogues: Catalogues = CATALOGUES_EMAIL;

export const problems: Sentences = {
  "bad-address": () => t("An address is like anna.smith@example.com. Compare yours."),
  "address-plus": () => t("Write your address without the plus sign and what follows it, up to the @. Mail reaches you there too."),
  "domain-not-allowed": () => t("Addresses of this kind do not show that you work there. Take one of those that are named above."),
  "bad-mailed-code": () => t("A mailed code is eight digits. Compare it with the mail."),
  "email-wrong": () =>
    t("This code does not fit this address now. A code works in the hour in which it was sent and in the next. Compare it, or have another one sent."),
  "nobody-joined": () => t("This code does not fit this address, or nobody joined with the address. Compare both with the mail."),
  "email-spent": () =>
    t("This address has joined with other words already. If that was you, restore your pass with your words."),
};

function ask(app: App): Promise<Screen> | Screen {
  return app.aside.get("mailed") === app.draft.evidence["address"] && app.aside.has("mailed") ? typed(app) : addressed(app);
}

/** What is public of an organisation's mail: the domains, and whether the employer runs them. */
async function offered(app: App): Promise<readonly OfferView[]> {
  const about = `offers ${app.draft.at}`;
  const known = app.aside.get(about) as readonly OfferView[] | undefined;
  if (known !== undefined) return known;
  const offers = await app.ask("offers", [app.draft]);
  app.aside.set(about, offers);
  return offers;
}

async function addressed(app: App): Promise<Screen> {
  const { organisation, evidence } = app.draft;
  const here = places(app).map((each) => each.organisation);
  const offers = (await offered(app)).filter((each) => each.method === "email" && here.includes(each.organisation));
  const input = h("input", {
    name: "address", type: "email", value: evidence["address"] ?? "", autocapitalize: "none", autocomplete: "off", spellcheck: "false",
    maxlength: 254, enterkeyhint: "send",
  });
  return {
    heading: t("Which address shows that you work there?"),
    learns: t("That somebody asked for a mail to this address. It keeps no address, only a tag that nobody can read back without another process’s key."),
    body: [
      p(t("A mail comes with eight digits, which you type in here. It holds no link, and names neither a letter nor a place of work.")),
      offers.map(domains),
      workplaces(app, organisation),
      field(t("Your address"), input),
    ],
    actions: [primary(t("Send me a code")), other(t("Back"), () => app.back())],
    submit: () => void app.run(async () => {
      const chosen = chosenWorkplace(app);
      if (chosen === null) return;
      await app.keep({ organisation: chosen, method: "email", evidence: { address: input.value }, screen: "way" });
      await app.ask("mail", [app.draft, language()]);
      app.aside.set("mailed", app.draft.evidence["address"]);
      await app.again();
    }, "address"),
  };
}

function domains(offer: OfferView): Child {
  return [
    p(t("For {organisation}: addresses at {domains}.", { organisation: offer.organisation, domains: offer.domains.join(", ") })),
    offer.employer && h("p", { class: "warning" }, t("Your employer runs this mail. It can see that you asked for a code, and could join in your name. If there is another way, take that one.")),
  ];
}

function typed(app: App): Screen {
  const { evidence } = app.draft;
  const address = evidence["address"] ?? "";
  const input = h("input", {
    name: "digits", type: "text", inputmode: "numeric", value: evidence["code"] ?? "", autocomplete: "one-time-code", spellcheck: "false",
    maxlength: 20, size: 12, class: "code", enterkeyhint: "go",
  });
  return {
    heading: t("Which code came by mail?"),
    learns: t("Nothing yet. Your code is sent when you join, after your words are safe."),
    body: [
      p(t("If one may be sent to {address} now, it is on its way. One an hour goes to an address. Look into the folder for spam, too.", { address })),
      field(t("Eight digits"), input),
    ],
    actions: [
      primary(t("Go on")),
      other(t("Another address, or another mail"), () => {
        app.aside.delete("mailed");
        void app.again();
      }),
    ],
    submit: () => void app.run(async () => {
      await app.keep({ evidence: { address, code: input.value } });
      await app.go(next(app));
    }, "digits"),
  };
}

function last(app: App): Last {
  const { evidence, mode, organisation } = app.draft;
  const address = evidence["address"] ?? "";
  const brought = [[t("Your address"), h("dd", {}, address)], [t("Code"), h("dd", { class: "code" }, evidence["code"] ?? "")]] as const;
  return mode === "replace"
    ? { learns: t("That whoever has this address asks for new words. Not what you signed."), says: null, brought }
    : {
        learns: t("That someone with this address works at {organisation}. Not what you will sign.", { organisation }),
        says: p(t("You get a pass, which lies only on this device.")),
        brought,
      };
}

export const way: Way = { ask, last, field: "digits", wrong: ["email-wrong", "email-spent", "bad-mailed-code", "nobody-joined"] };
