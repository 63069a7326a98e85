/**
 * Where a provider of accounts sends somebody back to: takes its answer out of the address bar, and hands it on.
 *
 * It is handed to the signing page after a “#”, which no server is told. The page itself looks at nothing: whether the
 * answer is one to a question of this device is known only where the question is kept.
 */

import { handover } from "../../src/holder/account-back.ts";

const answer = handover(location.search, location.hash);
history.replaceState(null, "", location.pathname);
location.replace(answer === null ? "/sign/#" : `/sign/#${answer}`);
