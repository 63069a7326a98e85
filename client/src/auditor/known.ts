/**
 * Known answers: whoever verifies shows first that it tells good presentations from bad ones.
 *
 * A browser whose arithmetic is at fault, or a script that was built wrong, must not read a log: it could find that all
 * holds. The presentations are those of `vectors/acts.json` and `vectors/acts-invalid.json`.
 */

import { draw, type Rng } from "../bbs/octets.ts";
import { keyName } from "../protocol/presentation.ts";
import { fromHex, utf8 } from "../values/index.ts";
import { Reader, type Rules } from "./reading.ts";

const [ISSUER, ORGANISATION, EPOCH] = ["badges.example", "harbour.example", "2026Q4"] as const;
const CONTEXT = "undersigned/1/letter/1e20fd819b1405b0f318e90a8ce5889a27e9b3ff3cd9ca1ba1e24d3a823cac65";
const PUBLIC_KEY =
  "ac1463931de9209ea15a23ff9b6b2c3e444546485b4a473fa2a69b20faaafa58f14532fa0cf5849d482fbcb18f115c9f0a7fe42d7edc" +
  "67c01b69cf4f41a0ddb7b31aba048dae2e7c874a453b31d757f84059b70c93549ec446c97d2d1920a12f";
/** The proof of `letter-sign`. */
const GOOD =
  "gs2qFDO3G72d9w0FZpL7tDJJebHWDRKigyXCmSbr33X_EOJtTG6G5iyjo99VPDK_ja34oNiN8oa9h58odpat3TaM3uJi_NqJl18JRM6AAjcD" +
  "zNBzDbvhfEDcB_EJNam6hKlEkppcbSqKJqHqb2wVrSpmI2MSJm0_JO0acbDNEvaGnTxaGBKCCc1TtcfkFFdNMimAm-Bf7ZizYC9VaRAAkvl7" +
  "c_JZCavPVABnZX2T8nBj5CNdGTo5Uih4hjcgUaFLzUEEEBKgnKSxDCAq57A0YBPggLFrNEl-M8zZIOc7l9Hzm4z9K1vk1RZzyNVLOz8JUfNM" +
  "o2GEBcJIVEFtPA7aI_LVQYlJ8K-1FPxTAkHsdyBR9dSLuOhV93p4TRLQQubhqGIvb5RO076QUdEUqPi21F2JrN3WTFD_Pxf1uJhUXBDMpL0x" +
  "uNJFfNOZB6zOjc5XX3E_nJ7HPI0YPs5sqI9fdkxvcNV4rKcMcCLAiRomgkNPZsYCob8cHXCJAZ-8P_QnYjEEtzXgPasA-L0rh5MGJG2oOTqJ" +
  "2jN9o4GpGUNhOAh3vdbj0OFtGmLq9XC38XYyHkSeXEO8rsnvW0X6aIJ85w1mCQ4q_pnhzv6WR4VMPscOiyeg07mPbkqarigRlemUZZ3GGR78" +
  "5Gw_BzVJNPDBChg-JGY05aTE_H9D8CZoJ0x_1GpbLRitpJ1CGc8776AjHA0ONEUaYsVMoNStWFLrqnz3E1BPSMMlrTn58GoGTKxx1IuYELme" +
  "3-T3aiuUuo28gGD2NHhmfX7qvjpVF80QimJ2mN78Jz2vgzFwRdkTSi1n8HPyCC2DRrnuCPnnzXxqF-zE6MP2CjGaneAsRfxeOJrlmvoXl9lK" +
  "tS3-iVtcKL1i69dbcVUGIW4Ko6MDfk2xzkkahQGtRh1xgbYcO6v0LQ";
/** The proof of `credential-forged-without-the-issuer-s-key`: its challenge holds, only the pairing finds it. */
const FORGED =
  "lDXGo5tVTkvPq4-HQi-HSWwDpRT0kixCf6ekUQZcDxSggaKXQFeAfyV6XUIEGmRZqtKktIMe1kczj8gcyAgqIDSHpkUrtBgAzay9cOTY7rgk" +
  "FQ3glLCU6RClc_BI_rFnj7KBqPy0QcYlObSFVSDKxgHdpindPRNNMbkQiPPdwU2ngSG_6Rl2kHP3Z_Ev8NWRVZU1AiGzSxY8XLskr6UtpQrS" +
  "RMfXpQJDAUvGnLjLH5kUXmczJzNQFXFymTGCPAzj_Iw6A5HRdu-aKsvPGwnaIzebH8x9M5R973UnBfz_RdJB37u1PI1ToRhvCrFMoGAVQPGc" +
  "lBMBzOSfyktL7XZ6Yrt5m8pbNwyEIpHrBtN-XpBRBh5cJfN28wZ_ICMASgVGdAsWgOlEcSy2c_lwjJZtgRyBL7TiP9FxuFdLei_5oRoI27kk" +
  "3DGUg7b4P56wePHicvJDp-vX4xpTBOwdo9kb5RN08ZGGIhQjwlfB4vO1mGlQ2UO7YcUDMu9ot9U_7JkSYsmzkdK7pvshr381AvrKbRvuWEF_" +
  "TmtmRY08S0l7DmOfG_ILy416QRS6R4VelJ7XHMtRhUR2IqKb-h3G8p055RzTJAZlbGG1jXVuyLy4nBsZBLd2SjF0ab5Y-7dGRPoqfqIhs-SV" +
  "uTNRoi3MJBPtBj4m5d8yQiaN5k_9h79I1eaZpOaMA6TifXlm-EAYGd7wULMdr75IW8zLfHhMuc-zha0N2vMxojfpkoYlsJF7Y1dYaK1XrWHn" +
  "VgBlOTn4Rcq-X3CNloooSXea45z6rKphKxmmEQy56Yn1YvSSXT_aN6IkFjha1NXxqn9T6kwKmrv6ZZKiqVBFun483vokDZUDnS5e3whawWpz" +
  "DHtLJGPWQQsNnvYlCpaZXYn6rR2XkK-1tesCiNbCma2lkDBETa2OJA";
/** A digit of base64 that belongs to the challenge of a proof. */
const IN_CHALLENGE = GOOD.length - 20;

/** Presentations that are read at once, two bad ones among them. */
const PORTION = 16;

/** An act in its one spelling, as it stands in a log. */
function entry(proof: string): Uint8Array {
  return utf8(
    `{"action":"sign","context":"${CONTEXT}","disclosed":{"0":"${ORGANISATION}","1":"${EPOCH}"},"epoch":"${EPOCH}",` +
      `"issuers":["${ISSUER}"],"kind":"letter","organisation":"${ORGANISATION}","payload":null,"profile":"undersigned/1",` +
      `"proofs":["${proof}"],"pseudonym":"tasec-9RsHZqhtT-lvWjFEoCfiLlmrtLJ6Kf8ZnkRIHhA9h6XP-MKN0iLz1ZBAMY","sequence":0}`,
  );
}

/** The same proof with one digit of its challenge changed. */
function altered(proof: string): string {
  const digit = proof[IN_CHALLENGE] === "A" ? "B" : "A";
  return proof.slice(0, IN_CHALLENGE) + digit + proof.slice(IN_CHALLENGE + 1);
}

/** Entries, and for each the code of the error that it must give, or null. */
export interface Known {
  readonly entries: readonly Uint8Array[];
  readonly codes: readonly (string | null)[];
}

/** A portion with a forged and an altered presentation at two places that `rng` gives, all others good. */
export function knownPortion(rng: Rng): Known {
  const [one = 0, two = 0] = draw(2, rng);
  const forged = one % PORTION;
  const changed = (forged + 1 + (two % (PORTION - 1))) % PORTION;
  const all = Array.from({ length: PORTION }, (_, at): readonly [string, string | null] => {
    if (at === forged) return [FORGED, "proof-forged"];
    return at === changed ? [altered(GOOD), "proof-challenge"] : [GOOD, null];
  });
  return { entries: all.map(([proof]) => entry(proof)), codes: all.map(([, code]) => code) };
}

/** What is to be known to read such a portion. */
export const KNOWN_RULES: Rules = {
  contexts: new Map([[CONTEXT, {
    context: CONTEXT,
    kind: "letter",
    epoch: EPOCH,
    organisations: new Map([[ORGANISATION, { issuers: [ISSUER], disclosed: new Set([0, 1]) }]]),
  }]]),
  untold: new Map(),
  keys: new Map([[keyName(ISSUER, ORGANISATION, EPOCH), fromHex(PUBLIC_KEY)]]),
  methods: new Map(),
};

/** Let who reads read a known portion. Throws `TypeError` when anything comes out otherwise than it must. */
export function proveSound(rng: Rng, reader: Pick<Reader, "read"> = new Reader(KNOWN_RULES, rng)): void {
  const { entries, codes } = knownPortion(rng);
  const found = reader.read(entries, 0);
  const missed = codes.findIndex((code, at) => {
    const each = found[at];
    return each?.entry !== "act" || (each.error?.code ?? null) !== code;
  });
  if (missed !== -1) throw new TypeError(`the known answer ${missed} was missed`);
}
