/** The pass on this device: what is in it, saving it, protecting it. */

import type { App, Screen } from "../../app.ts";
import type { Child } from "../../dom.ts";
import { download, h, p } from "../../dom.ts";
import { first } from "../../flow.ts";
import { field, list, other, primary } from "../../frame.ts";
import { quarter, t } from "../../texts.ts";
import { part } from "../../parts.ts";
import { sheet } from "../words.ts";
import { mayVouch } from "./vouching.ts";

const LEAST_PASSPHRASE = 12;

/** What lies on this device, and everything that can be done with it. */
export function pass(app: App): Screen {
  const none = app.view.memberships.length === 0 && app.view.words === null;
  return {
    heading: t("Your pass"),
    body: none ? without(app) : within(app),
    actions: [h("a", { class: "do", href: app.letterAddress }, app.slug === null ? t("All letters") : t("Back to the letter"))],
  };
}

function without(app: App): Child[] {
  return [
    p(t("There is no pass on this device. You get one when you join: open a letter and choose “I work there”.")),
    h("div", { class: "actions" },
      other(t("I have my words"), () => void app.go("restore")),
      other(t("I saved my pass as a file"), () => void app.go("bring")),
      other(t("I have lost my words"), () => void app.go("lost")),
    ),
  ];
}

function within(app: App): Child[] {
  const view = app.view;
  return [
    view.memberships.length > 0 && list(...view.memberships.map((each) => {
      const several = view.memberships.filter(({ organisation }) => organisation === each.organisation).length > 1;
      const organisation = several ? `${each.organisation} (${each.issuer})` : each.organisation;
      return each.epochs.length === 0
        ? t("{organisation}, no quarter yet", { organisation })
        : t("{organisation}, for {epochs}", { organisation, epochs: each.epochs.map(quarter).join(", ") });
    })),
    view.memberships.some(({ method }) => method === "vouch") &&
      p(t("Two members vouched for you. If you lose your words, they cannot be replaced: keep them where you find them again.")),
    p(view.sealed
      ? t("It is protected with a passphrase, which is asked for when you open this page.")
      : t("It is not protected: whoever unlocks this device can see what you signed.")),
    !view.keeps && h("p", { class: "warning" }, t("This browser keeps nothing after you close it. Save your pass as a file.")),
    view.words === "skipped" && h("p", { class: "warning" }, t("You have not shown that you have your words on paper. Without them nobody can bring your pass back.")),
    h("div", { class: "actions" },
      other(t("Save my pass as a file"), () => void app.go("save")),
      mayVouch(app) && other(t("Vouch for a colleague"), () => void app.go("vouch")),
      other(view.sealed ? t("Change or remove the passphrase") : t("Protect it with a passphrase"), () => void app.go("protect")),
      other(t("Show my words"), () => void app.go("show")),
      other(t("Somebody else replaces my words"), () => void app.go("cancel")),
      other(t("I have lost my words"), () => void app.go("lost")),
      other(t("Burn it"), () => void app.go("burn")),
    ),
  ];
}

/** The words once more. */
export async function show(app: App): Promise<Screen> {
  const pairs = await app.ask("words", []);
  return {
    heading: t("Your twelve pairs of words"),
    learns: t("Nothing. The words were made on this device and never leave it."),
    body: [
      p(t("Whoever has these words can see which letters you signed. Without them nobody can, we included.")),
      sheet(pairs),
    ],
    actions: [primary(t("Done")), other(t("Print them"), () => window.print())],
    submit: () => app.back(),
  };
}

// ── as a file ──

function passphrases(app: App, label: string): { one: HTMLInputElement; two: HTMLInputElement; fields: Child; same: () => string | null } {
  const one = h("input", { name: "passphrase", type: "password", autocomplete: "new-password" });
  const two = h("input", { name: "repeated", type: "password", autocomplete: "new-password" });
  const same = (): string | null => {
    if (one.value.length < LEAST_PASSPHRASE) {
      app.stage.say({ words: t("This passphrase is short enough to be guessed. Take four or five words that nobody would guess."), english: false }, "passphrase");
      return null;
    }
    if (one.value !== two.value) {
      app.stage.say({ words: t("The two are not the same. Type the second one again."), english: false }, "repeated");
      return null;
    }
    return one.value;
  };
  return { one, two, same, fields: [field(label, one, t("Four or five words that nobody would guess.")), field(t("The same again"), two)] };
}

/** Save the pass as an encrypted file. */
export function save(app: App): Screen {
  const { same, fields } = passphrases(app, t("Passphrase for the file"));
  return {
    heading: t("Save your pass as a file"),
    learns: t("Nothing. The file is made on this device."),
    body: [
      p(t("The file is encrypted with a passphrase. With both you can bring your pass back here, on another device, or with the command line.")),
      p(t("Keep it where only you look: not in a folder or a cloud of work.")),
      fields,
    ],
    actions: [primary(t("Save the file")), other(t("Back"), () => app.back())],
    submit: () => void app.run(async () => {
      const passphrase = same();
      if (passphrase === null) return;
      download("undersigned.pass", "application/octet-stream", await app.ask("save", [passphrase]));
      app.stage.say({ words: t("The file is saved where your browser puts downloads."), english: false });
    }),
  };
}

/** Bring a saved pass back. */
export function bring(app: App): Screen {
  const file = h("input", { name: "file", type: "file", accept: ".pass,.json" });
  const passphrase = h("input", { name: "passphrase", type: "password", autocomplete: "off" });
  return {
    heading: t("Bring your pass back"),
    learns: t("Nothing. The file is read on this device and sent nowhere."),
    body: [field(t("Your file"), file, t("Its name ends in .pass.")), field(t("Its passphrase"), passphrase)],
    actions: [primary(t("Bring it back")), other(t("Back"), () => app.back())],
    submit: () => void app.run(async () => {
      const chosen = file.files?.[0];
      if (chosen === undefined) {
        app.stage.say({ words: t("Choose the file first."), english: false }, "file");
        return;
      }
      const octets = new Uint8Array(await chosen.arrayBuffer());
      app.view = await app.ask("bring", [octets, passphrase.value]);
      await app.refresh();
      await app.become(first(app.view, app.letter));
    }, "passphrase"),
  };
}

// ── a passphrase in this browser ──

/** Set, change or remove the passphrase. */
export function protect(app: App): Screen {
  const { same, fields } = passphrases(app, t("Passphrase"));
  return {
    heading: app.view.sealed ? t("Another passphrase") : t("Protect your pass with a passphrase"),
    learns: t("Nothing."),
    body: [
      p(t("What lies in this browser is encrypted with it. It is asked for whenever you open this page. If you forget it, your words bring the pass back.")),
      fields,
    ],
    actions: [
      primary(t("Protect it")),
      app.view.sealed && other(t("Remove the passphrase"), () => void app.run(async () => {
        app.view = await app.ask("protect", [null]);
        app.back();
      })),
      other(t("Back"), () => app.back()),
    ],
    submit: () => void app.run(async () => {
      const passphrase = same();
      if (passphrase === null) return;
      app.view = await app.ask("protect", [passphrase]);
      app.back();
    }),
  };
}

/** Open a protected pass. */
export function unlock(app: App): Screen {
  const passphrase = h("input", { name: "passphrase", type: "password", autocomplete: "off" });
  return {
    heading: t("Your passphrase"),
    learns: t("Nothing. It opens your pass on this device."),
    body: [
      p(t("Your pass on this device is protected.")),
      field(t("Passphrase"), passphrase),
      h("details", {},
        h("summary", {}, t("I have forgotten it")),
        p(t("Nobody can open the pass without it. Burn it here, then bring it back with your words.")),
        h("div", { class: "actions" }, other(t("Burn it"), () => void app.go("burn"))),
      ),
    ],
    actions: [primary(t("Open it"))],
    submit: () => void app.run(async () => {
      app.view = await app.ask("unlock", [passphrase.value]);
      if (app.aside.has("answer")) {
        await (await app.wait(part("oidc"))).returned(app);
        await app.begin();
        return;
      }
      await app.refresh();
      await app.become(first(app.view, app.letter));
    }, "passphrase"),
  };
}
