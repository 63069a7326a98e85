/** Who is asked, and where: the person sees every address, leaves out what they do not know, and says when one moved. */

import type { Goal, IssuerView, Workplace } from "../../../rpc.ts";
import type { App } from "../../app.ts";
import { type Child, h, p } from "../../dom.ts";
import { list, note, other } from "../../frame.ts";
import { t } from "../../texts.ts";
import { chosenWorkplace, goal, offered, workplaces } from "../workplace.ts";

/** One issuer of one organisation. */
export interface Place extends IssuerView {
  readonly organisation: string;
}

/** Issuers of organisations, one by one. */
export function each(organisations: readonly Workplace[]): readonly Place[] {
  return organisations.flatMap(({ organisation, issuers }) => issuers.map((issuer) => ({ ...issuer, organisation })));
}

/** Whether the server says another address now than the one to which the person agreed. */
export const hasMoved = ({ kept, address }: IssuerView): boolean => kept !== null && kept !== address;

/** An issuer at the address that is shown. */
export const goalOf = ({ name, address }: IssuerView): Goal => ({ issuer: name, at: address });

/** What one calls it where there are several organisations. */
export const called = (app: App, { name, organisation }: Place): string =>
  offered(app).length > 1 ? `${name} (${organisation})` : name;

/** What to compare addresses with, where one of them is new. */
export const compare = (places: readonly Place[]): Child =>
  places.some(({ kept }) => kept === null) && note(t("Nobody signs where an issuer is. Compare the address with your slip, or with what you were told."));

/** Of those that the server says moved: what is known, what it says, and a way to agree. */
export function moves(app: App, places: readonly Place[]): Child {
  return places.filter(hasMoved).map((place) => [
    h("p", { class: "warning" }, t("You know {issuer} at {kept}. This server now says {address}. Nothing was sent there.", {
      issuer: place.name, kept: place.kept ?? "", address: place.address,
    })),
    p(t("Ask {issuer} itself, not by way of this page. If it did not move, tell others, and join or renew with the command line.", { issuer: place.name })),
    h("div", { class: "actions" }, other(t("{issuer} told me that it moved to {address}", { issuer: place.name, address: place.address }), () =>
      void app.run(async () => {
        app.view = await app.ask("moved", [goalOf(place)]);
        await app.refresh();
        await app.again();
      }))),
  ]);
}

/** What was chosen to be asked. */
interface Asked {
  readonly organisation: string;
  readonly goals: readonly Goal[];
}

/** Choose where something is asked; `of` leaves out issuers that nothing is to be asked of. */
export function asking(app: App, organisation: string, of: (issuer: IssuerView) => boolean = () => true): { body: Child; chosen: () => Asked | null } {
  const organisations = offered(app);
  const all = each(organisations).filter(of);
  if (!organisations.some(({ apart }) => apart)) {
    const chosen = (): Asked | null => {
      const found = chosenWorkplace(app);
      return found === null ? null : { organisation: found, goals: all.filter((place) => place.organisation === found).map(goalOf) };
    };
    return { body: [workplaces(app, organisation), goal(app)], chosen };
  }
  const places = all.filter((place) => !hasMoved(place));
  const boxes = places.map((place) => h("input", { type: "checkbox", checked: app.letter !== null && (organisations.length === 1 || place.organisation === organisation) }));
  const body = [
    moves(app, all),
    places.length === 1
      ? places.map((place) => p(t("This goes to {issuer}, at {address}, and nowhere else.", { issuer: called(app, place), address: place.address })))
      : places.length > 1 && h("fieldset", {}, h("legend", {}, t("Ask there")), places.map((place, at) =>
        h("label", { class: "choice" }, boxes[at], h("span", {}, called(app, place), h("span", { class: "hint" }, place.address))))),
    compare(places),
  ];
  const chosen = (): Asked | null => {
    const found = places.length === 1 ? places : places.filter((_, at) => boxes[at]?.checked);
    const names = [...new Set(found.map((place) => place.organisation))];
    const [name] = names;
    if (name !== undefined && names.length === 1) return { organisation: name, goals: found.map(goalOf) };
    app.stage.say({ words: name === undefined ? t("Choose one of them.") : t("Choose where you work."), english: false });
    return null;
  };
  return { body, chosen };
}

/** Issuers in a list, each with its address. */
export const addresses = (places: readonly Place[], more: (place: Place) => Child = () => null): Child =>
  list(...places.map((place) => [`${place.name}: ${place.address}`, more(place)]));
