/**
 * From a phrase's seed to the secrets of a holder (`docs/protocol.md`, section 3).
 *
 * Everything is derived, so that the same person who enrols again at the same issuer makes the same commitment point,
 * and shows the same pseudonyms everywhere. RFC 5869 HKDF with SHA-256.
 */

import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { N_SECRETS, R } from "../bbs/ciphersuite.ts";
import { toNumber } from "../bbs/octets.ts";
import { Refused } from "../errors.ts";
import { PROFILE } from "../profile.ts";
import { domain, utf8 } from "../values/index.ts";

/** Octets of a BIP-39 seed. */
export const SEED = 64;
const OKM = 48;

function scalar(seed: Uint8Array, info: string): bigint {
  if (seed.length !== SEED) throw new Refused("bad-seed", `A seed has ${SEED} octets.`);
  const value = toNumber(hkdf(sha256, seed, utf8(PROFILE), utf8(info), OKM)) % R;
  if (!value) throw new Refused("zero-secret", "These words give a secret of zero. Make new ones.");
  return value;
}

/** The eight nym secrets of a 64-octet seed, scalars in 1..r-1. */
export function nymSecrets(seed: Uint8Array): bigint[] {
  return Array.from({ length: N_SECRETS }, (_, at) => scalar(seed, `nym/${at}`));
}

/** The blinding scalar of a 64-octet seed for the issuer of this name. */
export function blind(seed: Uint8Array, issuer: string): bigint {
  return scalar(seed, `blind/${domain(issuer)}`);
}
