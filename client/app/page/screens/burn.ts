/** Burning what lies on this device: with the page at once, so that it works offline too. */

import type { App, Screen } from "../app.ts";
import { h, p } from "../dom.ts";
import { list, note, other, primary } from "../frame.ts";
import { t } from "../texts.ts";

/** Whether to burn what lies on this device. */
export function burn(app: App): Screen {
  return {
    heading: t("Burn your pass on this device?"),
    learns: t("Nothing."),
    body: [
      p(t("Everything that this page kept in this browser is deleted: words, pass and receipts. What you signed stays signed and counted.")),
      p(t("With your words on paper, or a saved file, you can bring the pass back. Without them you can no longer withdraw, nor sign anything with it.")),
    ],
    actions: [primary(t("Burn it")), other(t("Back"), () => app.back())],
    submit: () => void app.run(async () => {
      const { left } = await app.ask("burn", []);
      app.aside.clear();
      app.aside.set("left", left);
      app.view = await app.ask("open", []);
      app.letter = null;
      await app.become("burned");
    }),
  };
}

/** It is burned. */
export function burned(app: App): Screen {
  const left = (app.aside.get("left") as readonly string[] | undefined) ?? [];
  return {
    heading: t("Burned"),
    body: [
      p(left.length === 0
        ? t("Your browser’s storage was looked at again: nothing of it is left.")
        : t("Your browser says that something is left. Clear this site’s data in the browser’s settings.")),
      list(
        t("The browser’s history still says that this page was open. Take it out there."),
        t("Files that you saved are still where you saved them."),
      ),
      note(t("A page can do no more: disks and backups may keep older copies for a while.")),
    ],
    actions: [h("a", { class: "do", href: "/" }, t("Leave"))],
  };
}
