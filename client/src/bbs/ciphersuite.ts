/**
 * Constants of the pinned ciphersuite BLS12-381-SHA-256 and of the profile (`docs/protocol.md`, section 2).
 *
 * None of them is a setting: any choice that differs between installations would tell people apart.
 */

import { concat, fromHex, utf8 } from "../values/octets.ts";

/** Order r of the groups G1, G2 and GT. */
export const R = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;

// ── sizes in octets ──

export const SCALAR = 32;
export const POINT = 48;
export const SECRET_KEY = 32;
export const PUBLIC_KEY = 96;
export const SIGNATURE = POINT + SCALAR;
export const PSEUDONYM = POINT;

// ── the profile ──

/** Signer messages of a credential: organisation, epoch, role family, standing, method, reserved. */
export const N_MESSAGES = 6;
/** Nym secrets of a holder. */
export const N_SECRETS = 8;
/** Commitment with its proof of knowledge: the point, a response for the blind and for each secret, the challenge. */
export const COMMITMENT = POINT + SCALAR * (N_SECRETS + 2);

/** The fixed point P1 of the ciphersuite, which every signed sum starts from. */
export const P1 = fromHex(
  "a8ce256102840821a3e94ea9025e4662b205762f9776b3a766c872b948f1fd225e7c59698588e70d11406d161b4e28c9",
);

/** One of the drafts' interfaces, with the domain separation tags that are built from its identifier. */
export interface Interface {
  readonly apiId: Uint8Array;
  /** 1 where a slot for the holder's blind is signed, 0 in the core interface. */
  readonly blinded: 0 | 1;
  /** Tag of challenges, domains and the signature's scalar `e`. */
  readonly hashDst: Uint8Array;
  /** Tag under which a message becomes a scalar. */
  readonly mapDst: Uint8Array;
  /** Identifier under which the generators of committed messages are made. */
  readonly blindApiId: Uint8Array;
}

const SUITE = "BBS_BLS12381G1_XMD:SHA-256_SSWU_RO_";

function interfaceOf(name: string, blinded: 0 | 1): Interface {
  const apiId = utf8(SUITE + name);
  return {
    apiId,
    blinded,
    hashDst: concat(apiId, utf8("H2S_")),
    mapDst: concat(apiId, utf8("MAP_MSG_TO_SCALAR_AS_HASH_")),
    blindApiId: concat(utf8("BLIND_"), apiId),
  };
}

/** Plain signatures (core draft): used by key generation, and by the fixtures. */
export const CORE: Interface = /* @__PURE__ */ interfaceOf("H2G_HM2S_", 0);
/** Blind signatures without pseudonyms (blind draft): used by the fixtures only. */
export const BLIND: Interface = /* @__PURE__ */ interfaceOf("BLIND_H2G_HM2S_", 1);
/** Blind signatures with pseudonyms (nym draft): what credentials are made of. */
export const PSEUDONYMOUS: Interface = /* @__PURE__ */ interfaceOf("H2G_HM2S_PSEUDONYM_", 1);

/** Tag under which key material becomes a secret key. */
export const KEYGEN_DST = /* @__PURE__ */ utf8(`${SUITE}H2G_HM2S_KEYGEN_DST_`);
/** Tag of the point at which the polynomial of nym secrets is evaluated; the fixtures have no trailing underscore. */
export const NYM_VECTOR_DST = /* @__PURE__ */ utf8(`${SUITE}H2G_HM2S_PSEUDONYM_VECT_NYM_SECRETS`);
/** Tag under which a context becomes the base of its pseudonyms: the identifier itself. */
export const PSEUDONYM_BASE_DST = /* @__PURE__ */ utf8(`${SUITE}H2G_HM2S_PSEUDONYM_`);

/** Octets of a presentation proof that discloses `disclosed` of the six messages. */
export function proofSize(disclosed: number): number {
  return proofOctets(N_MESSAGES - disclosed + 1 + N_SECRETS);
}

/** Octets of a proof with `hidden` undisclosed scalars, the blind and the nym secrets among them. */
export function proofOctets(hidden: number): number {
  return 3 * POINT + SCALAR * (4 + hidden);
}
