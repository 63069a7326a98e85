/**
 * Joining by an account elsewhere: words first, then away to sign in, and back to join.
 *
 * What a provider sends back is good for a minute, so that one goes to it last, with the words safe.
 */

import type { ProviderView } from "../../rpc.ts";
import type { App, Screen } from "../app.ts";
import { type Child, h, p } from "../dom.ts";
import { list, other, primary } from "../frame.ts";
import { explained } from "../parts.ts";
import { type Sentences, told } from "../problems.ts";
import { chosenWorkplace, next, places, workplaces } from "../screens/workplace.ts";
import { type Catalogues, language, t } from "../texts.ts";
import type { Last, Way } from "./way.ts";

declare const CATALOGUES_OIDC: Catalogues;
export const catalogues: Catalogues = CATALOGUES_OIDC;

const disbelieved = (): string =>
  t("What the provider says of your account cannot be believed, so nothing was stored. Sign in anew. If it fails again, tell whoever runs this server.");
const unreadable = (): string => t("What the provider sent back cannot be read, so nothing was sent on. Sign in anew.");
const unfit = (): string =>
  t("The place where you sign in answers in a way that this server does not take. Nothing was stored. Tell whoever runs this server.");

export const problems: Sentences = {
  // From the provider, before anything was sent to this server.
  "account-declined": () => t("You did not sign in, or the provider did not let you. Nothing was sent. Try again, or take another account."),
  "other-state": () =>
    t("What came back does not answer what this browser asked last. Nothing was sent. If you have this page open twice, sign in anew here."),
  "other-provider": () => t("Another provider answered than the one that was asked. Nothing was sent. Sign in anew, and tell others."),
  "bad-return": unreadable, "no-account-code": unreadable, "bad-account-code": unreadable,
  "question-sealed": () => t("You began to sign in with another pass. Nothing was sent. Sign in anew."),
  "not-asked": () => t("This browser has not asked anything, or has its answer already. Nothing was sent."),
  "not-signed-in": () => t("Sign in first: what you brought back was for another place of work, or is gone with a tab that you closed."),
  // From this server, once it has asked the provider.
  "account-spent": () =>
    t("Somebody joined with this account already. If that was you, go back to “I have joined before”: bring your pass back with your words, or have new ones made if they are lost."),
  "nobody-joined": () => t("Nobody joined with this account, so there are no lost words to replace. Sign in with the account that you joined with."),
  "account-code-spent": () => t("This sign-in was used already, or took too long. Sign in anew: it takes a moment."),
  "account-disbelieved": disbelieved, "account-wrong": disbelieved,
  "account-other": () =>
    t("This account is not one of those by which people of this place of work join. Nothing was stored. Sign in with the one that is, or ask whoever writes the letter."),
  "other-page": () => t("You signed in for another page than one of this server. Nothing was stored. Begin anew at the letter’s own address."),
  "other-method": () => t("People of this place of work do not join by an account. Choose another way."),
  "provider-away": () => t("The place where you sign in does not answer this server. Nothing was stored. Sign in anew in a few minutes."),
  "provider-odd": unfit, "provider-declines": unfit, "provider-unfit": unfit,
};

/** The providers there are for where one may work. */
async function offered(app: App): Promise<readonly ProviderView[]> {
  const about = `providers ${app.draft.at}`;
  const known = app.aside.get(about) as readonly ProviderView[] | undefined;
  if (known !== undefined) return known;
  const found = await app.ask("providers", [app.draft, places(app).map((each) => each.organisation)]);
  app.aside.set(about, found);
  return found;
}

const warned = (employer: boolean): Child =>
  employer && h("p", { class: "warning" }, t("Your employer runs these accounts. It can see that you join, and could join in your name. If there is another way, take that one."));

/** Where a browser keeps nothing there is no way back to it. */
const forgetful = (app: App): Child =>
  !app.view.keeps && h("p", { class: "warning" }, t("This browser keeps nothing once you leave this page, so you could not come back to it. Take another browser, or the command line."));

async function ask(app: App): Promise<Screen> {
  const { organisation, mode } = app.draft;
  const providers = await offered(app);
  return {
    heading: mode === "replace" ? t("Which account did you join with?") : t("Which account shows that you work there?"),
    learns: t("Nothing yet. You sign in at the end, after your words are safe."),
    body: [
      providers.map((each) => [
        p(t("For {organisation}: accounts at {host}.", { organisation: each.organisation, host: each.host })),
        warned(each.employer),
      ]),
      p(t("You leave this page to sign in there, and come back. This server hears a number that stands for your account, no name and no address. It keeps only a tag that nobody can read back without another process’s key.")),
      workplaces(app, organisation),
      forgetful(app),
    ],
    actions: [app.view.keeps && primary(t("Go on")), other(t("Back"), () => app.back())],
    submit: () => void app.run(async () => {
      const chosen = chosenWorkplace(app);
      if (chosen === null) return;
      if (!providers.some((each) => each.organisation === chosen)) {
        app.stage.say({ words: t("People of this place of work do not join by an account. Choose another way."), english: false });
        return;
      }
      await app.keep({ organisation: chosen, method: "oidc", evidence: {}, screen: "way" });
      await app.go(next(app));
    }),
  };
}

/** Before one leaves: who learns what. Once one is back: what is sent. */
async function last(app: App): Promise<Last> {
  const said = app.aside.get("problem");
  app.aside.delete("problem");
  if (said !== undefined) await explained(said);
  const problem = said === undefined ? {} : { problem: told(said) };
  const { mode, organisation } = app.draft;
  if (app.view.account !== null) return { ...problem, ...back(app, app.view.account) };
  const provider = (await offered(app)).find((each) => each.organisation === organisation);
  const host = provider?.host ?? "";
  return {
    ...problem,
    before: provider === undefined || !app.view.keeps ? null : {
      heading: t("Sign in at {host}?", { host }),
      label: t("Sign in there"),
      go: async () => {
        location.assign(await app.ask("leave", [{ ...app.draft, screen: "join" }, language()]));
      },
    },
    learns: t("That somebody comes back from signing in. Not who, until you join."),
    says: [
      mode === "replace"
        ? p(t("You leave this page, sign in with the account that you joined with, and come back to ask for new words."))
        : p(t("You leave this page, sign in, and come back to join. Nothing is lost in between.")),
      list(
        t("What {host} learns: that one of its accounts joins here, and when. Not which letter, nor what you sign.", { host }),
        t("With what it knows of you it may guess the rest. So do it in a browser and a network of your own, and sign on another day."),
        t("Your browser’s history keeps that you signed in there for this page. Take that out afterwards."),
        t("Come back in this browser: in another one nobody knows what you asked."),
      ),
      provider === undefined ? p(t("People of this place of work do not join by an account. Choose another way.")) : warned(provider.employer),
      forgetful(app),
    ],
    brought: [],
  };
}

function back(app: App, host: string): Last {
  const { mode, organisation } = app.draft;
  const brought = [[t("Your account"), h("dd", {}, t("the one with which you signed in at {host} just now", { host }))]] as const;
  return mode === "replace"
    ? { learns: t("That whoever has this account asks for new words. Not what you signed."), says: null, brought }
    : {
        learns: t("That someone with an account at {host} works at {organisation}. Not what you will sign.", { host, organisation }),
        says: p(t("You are signed in. What came back is good for a minute or so: join now. You get a pass, which lies only on this device.")),
        brought,
      };
}

/** Somebody comes back with an answer: take it, and have the screen shown that follows. */
export async function returned(app: App): Promise<void> {
  const answer = String(app.aside.get("answer"));
  app.aside.delete("answer");
  let screen = "join";
  try {
    app.view = await app.ask("answer", [answer]);
  } catch (error) {
    app.view = await app.ask("open", []);
    app.aside.set("problem", error);
    if ((error as { code?: string }).code === "not-asked") screen = "astray";
  }
  history.replaceState({ screen, depth: 0 }, "");
}

async function anew(app: App): Promise<void> {
  app.view = await app.ask("open", []);
  await app.again();
}

export const way: Way = { ask, last, field: "", wrong: [], anew };
