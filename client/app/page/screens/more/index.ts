/** What is rarely needed to join and sign: the pass and its files, getting it back, withdrawing, letters that cannot be signed, rare errors. */

import type { Maker } from "../../app.ts";
import type { MoreScreen } from "../../flow.ts";
import type { Catalogues } from "../../texts.ts";
import { apart } from "./apart.ts";
import { bring, pass, protect, save, show, unlock } from "./pass.ts";
import { asked, cancel, cancelled, lost, restore } from "./recover.ts";
import { astray, closed, nothing, renew } from "./unsignable.ts";
import { vouch, vouched } from "./vouching.ts";
import { withdraw, withdrawn } from "./withdraw.ts";

export { problems } from "./problems.ts";
export { outcome } from "./withdraw.ts";

declare const CATALOGUES_MORE: Catalogues;
export const catalogues: Catalogues = CATALOGUES_MORE;

export const makers: Readonly<Record<MoreScreen, Maker>> = {
  pass, show, save, bring, protect, unlock, restore, lost, asked, cancel, cancelled, withdraw, withdrawn, renew, apart, closed, nothing, astray, vouch, vouched,
};
