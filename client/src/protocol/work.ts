/**
 * Proof of work (`docs/protocol.md`, section 3, "Proof of work"): ALTCHA, second version, with SHA-256, one spelling.
 *
 * A server hides a number; who asks for something dear looks for it by hashing, and sends it along. The challenge is
 * signed, so the server keeps none of them.
 */

import { sha256 } from "@noble/hashes/sha2.js";

import { Malformed, Unavailable } from "../errors.ts";
import {
  canonical, concat, fields, fromHex, hex, integer, type Json, type JsonObject, parseCanonical, same,
} from "../values/index.ts";

const ALGORITHM = "SHA-256";
/** Octets of nonce and salt, of the prefix that is looked for, and of a hash. */
const DRAWN = 16;
const PREFIX = 16;
const HASH = 32;
/** The highest number that any server may hide, and that a device looks for. */
export const MOST_WORK = 10_000_000;
/** Octets of the longest solution. */
export const MAX_SOLUTION = 1024;
/** The clock ends here: 2100-01-01. */
const LAST = 4_102_444_800;
const COUNTER = 4;

/**
 * A hidden number in 0..`most`: the hash of salt, nonce and number begins with `prefix`.
 *
 * `expires` is in seconds since 1970. `signature` (32 octets) is the server's own; nobody else can check it.
 */
export interface Challenge {
  readonly nonce: Uint8Array;
  readonly salt: Uint8Array;
  readonly prefix: Uint8Array;
  readonly most: number;
  readonly expires: number;
  readonly signature: Uint8Array;
}

/** A challenge with the number that was hidden in it, and its hash. */
export interface Solution {
  readonly challenge: Challenge;
  readonly counter: number;
  readonly key: Uint8Array;
}

function hexOf(value: Json, length: number): Uint8Array {
  if (typeof value !== "string" || !/^(?:[0-9a-f]{2})*$/.test(value) || value.length !== 2 * length) {
    throw new Malformed("bad-hex", `A value of the challenge is not ${length} octets in lower-case hex.`);
  }
  return fromHex(value);
}

function challengeRecord(of: Challenge): JsonObject {
  return {
    parameters: {
      algorithm: ALGORITHM,
      cost: 1,
      data: { most: of.most },
      expiresAt: of.expires,
      keyLength: HASH,
      keyPrefix: hex(of.prefix),
      nonce: hex(of.nonce),
      salt: hex(of.salt),
    },
    signature: hex(of.signature),
  };
}

function challengeOf(value: Json): Challenge {
  const got = fields(value, ["parameters", "signature"], "The challenge");
  const names = ["algorithm", "cost", "data", "expiresAt", "keyLength", "keyPrefix", "nonce", "salt"] as const;
  const parameters = fields(got.parameters, names, "The challenge");
  const [cost, length] = [integer(parameters.cost), integer(parameters.keyLength)];
  if (parameters.algorithm !== ALGORITHM || cost !== 1 || length !== HASH) {
    throw new Malformed("other-work", "The server asks for a kind of work that is not known here.");
  }
  return {
    nonce: hexOf(parameters.nonce, DRAWN),
    salt: hexOf(parameters.salt, DRAWN),
    prefix: hexOf(parameters.keyPrefix, PREFIX),
    most: integer(fields(parameters.data, ["most"], "The challenge").most, { least: 1, most: MOST_WORK }),
    expires: integer(parameters.expiresAt, { most: LAST }),
    signature: hexOf(got.signature, HASH),
  };
}

/** Canonical octets of a challenge. */
export function encodeChallenge(of: Challenge): Uint8Array {
  return canonical(challengeRecord(of));
}

/** Read the canonical octets of a challenge. Throws `Malformed`. */
export function parseChallenge(data: Uint8Array): Challenge {
  return challengeOf(parseCanonical(data, MAX_SOLUTION));
}

/** A solution as a field of a message has it. */
export function solutionRecord(of: Solution): JsonObject {
  return {
    challenge: challengeRecord(of.challenge),
    solution: { counter: of.counter, derivedKey: hex(of.key) },
  };
}

/** Check a field of a message: that the number belongs to the challenge. Throws `Malformed`. */
export function solutionOf(value: Json): Solution {
  const got = fields(value, ["challenge", "solution"], "The work");
  const challenge = challengeOf(got.challenge);
  const found = fields(got.solution, ["counter", "derivedKey"], "The work");
  const counter = integer(found.counter, { most: challenge.most, what: "The number" });
  const key = hexOf(found.derivedKey, HASH);
  if (!same(key, keyOf(challenge, counter)) || !solves(challenge, key)) {
    throw new Malformed("work-wrong", "The number does not solve the server's challenge. Ask for another one.");
  }
  return { challenge, counter, key };
}

/** Canonical octets of a solution. */
export function encodeSolution(of: Solution): Uint8Array {
  return canonical(solutionRecord(of));
}

/** Read the canonical octets of a solution. Throws `Malformed`. */
export function parseSolution(data: Uint8Array): Solution {
  return solutionOf(parseCanonical(data, MAX_SOLUTION));
}

function keyOf(challenge: Challenge, counter: number): Uint8Array {
  const number = new Uint8Array(COUNTER);
  new DataView(number.buffer).setUint32(0, counter);
  return sha256(concat(challenge.salt, challenge.nonce, number));
}

const solves = (challenge: Challenge, key: Uint8Array): boolean =>
  challenge.prefix.every((octet, at) => key[at] === octet);

/**
 * Look for the hidden number: at most `most` + 1 hashes, so away from whatever draws a page. `told` hears now and then
 * how many were tried.
 *
 * Throws `Unavailable` when there is none: the server's challenge cannot be solved.
 */
export function solve(challenge: Challenge, told: (tried: number) => void = () => undefined): Solution {
  for (let counter = 0; counter <= challenge.most; counter += 1) {
    const key = keyOf(challenge, counter);
    if (solves(challenge, key)) return { challenge, counter, key };
    if (counter % 4096 === 0) told(counter);
  }
  throw new Unavailable("work-unsolved", "The server asked for work that cannot be done. Try again later.");
}
