/** Points, sums and batches: what the fixtures do not reach. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { CORE, R } from "../../src/bbs/ciphersuite.ts";
import { Base, decode, decodeKey, encode, multiply, pairingHolds, total, weighted, ZERO } from "../../src/bbs/curve.ts";
import { draw, i2osp, invert, randomScalars } from "../../src/bbs/octets.ts";
import { prove, type Statement, Verifier } from "../../src/bbs/proof.ts";
import { keygen, publicKey, sign } from "../../src/bbs/signature.ts";
import { fromHex, hex, utf8 } from "../../src/values/index.ts";
import { draws } from "../support/draws.ts";
import { codeOf, refuses } from "../support/refusals.ts";

const G = bls12_381.G1.Point.BASE;
const P = bls12_381.fields.Fp.ORDER;
const X_SQUARED = 0xd201000000010000n ** 2n;

test("sums with the endomorphism are the plain ones", () => {
  const edges = [1n, 2n, 127n, 128n, 129n, X_SQUARED - 1n, X_SQUARED, X_SQUARED + 1n, R - 1n, R - X_SQUARED, 2n ** 254n];
  const scalars = [...edges, ...randomScalars(20, draws("scalars"))];
  for (const scalar of scalars) {
    const plain = hex(encode(multiply([[G, scalar]])));
    assert.equal(hex(encode(total([[new Base(G), scalar]], []))), plain);
    assert.equal(hex(encode(total([], [[G, scalar]]))), plain);
  }
  const points = scalars.map((scalar) => multiply([[G, scalar]]));
  const sum = multiply(points.map((point, at) => [point, scalars[at] ?? 1n] as const));
  const half = points.length >> 1;
  const fixed = points.slice(0, half).map((point, at) => [new Base(point), scalars[at] ?? 1n] as const);
  const free = points.slice(half).map((point, at) => [point, scalars[half + at] ?? 1n] as const);
  assert.ok(total(fixed, free).equals(sum));
  assert.ok(total([[new Base(G), 0n]], []).is0());
  assert.ok(total([[new Base(G), 5n]], [[G, R - 5n]]).is0());
});

test("weighted sums are the plain ones", () => {
  const weights = randomScalars(9, draws("weights")).map((scalar) => scalar & (2n ** 128n - 1n));
  const points = weights.map((_, at) => multiply([[G, BigInt(at + 2)]]));
  assert.ok(weighted(points, weights).equals(multiply(points.map((point, at) => [point, weights[at] ?? 0n] as const))));
});

test("points have one spelling", () => {
  const good = encode(G);
  assert.equal(hex(good), hex(G.toBytes()));
  assert.ok(decode(good, "It").equals(G));
  assert.equal(hex(encode(G.negate())), hex(G.negate().toBytes()));
  assert.equal(hex(encode(ZERO)), `c0${"00".repeat(47)}`);
  const x = G.toAffine().x;
  const flagged = (value: bigint, flags: number): Uint8Array => {
    const out = i2osp(value, 48);
    out[0] = (out[0] ?? 0) | flags;
    return out;
  };
  const bad: Record<string, Uint8Array> = {
    identity: fromHex(`c0${"00".repeat(47)}`),
    "identity with a sign": fromHex(`e0${"00".repeat(47)}`),
    "identity with something in it": fromHex(`c0${"00".repeat(46)}01`),
    uncompressed: flagged(x, 0),
    "x beyond p": flagged(1n + P, 0x80),
    "not on the curve": flagged(1n, 0x80),
    "not in the subgroup": flagged(4n, 0x80),
    zeros: new Uint8Array(48),
  };
  for (const [name, octets] of Object.entries(bad)) assert.equal(codeOf(() => decode(octets, "It")), "bad-point", name);
  refuses("bad-length", () => decode(good.subarray(1), "It"));
  refuses("bad-length", () => decode(G.toBytes(false), "It"));
  const key = publicKey(7n);
  decodeKey(key);
  refuses("bad-key", () => decodeKey(fromHex(`c0${"00".repeat(95)}`)));
  refuses("bad-key", () => decodeKey(key.map((octet, at) => (at === 95 ? octet ^ 1 : octet))));
});

test("the pairing tells a forger from an issuer", () => {
  const secret = 12_345n;
  const key = decodeKey(publicKey(secret));
  assert.ok(pairingHolds(G, key, multiply([[G, secret]])));
  assert.ok(!pairingHolds(G, key, multiply([[G, secret + 1n]])));
  assert.ok(!pairingHolds(G, key, ZERO));
  assert.ok(pairingHolds(ZERO, key, ZERO));
  assert.equal((invert(secret) * secret) % R, 1n);
});

test("a batch names those that do not hold, wherever they stand", () => {
  const layout = { of: CORE, messages: 2, committed: 0, secrets: 0 };
  const header = utf8("header");
  const none = new Uint8Array();
  const messages = [utf8("one"), utf8("two")];
  const statement = (secret: bigint, ph: string): Statement => {
    const held = { publicKey: publicKey(secret), signature: sign(secret, publicKey(secret), header, messages), header, messages, secrets: [], blind: 0n };
    // A forger proves under the issuer's key what another key signed.
    const shown = { ...held, publicKey: publicKey(secrets.issuer) };
    const proof = prove(shown, { ph: utf8(ph), disclosed: [1], contextId: none }, draws(ph), layout);
    return { contextId: none, ph: utf8(ph), disclosed: new Map([[1, utf8("two")]]), pseudonym: none, proof };
  };
  const secrets = { issuer: keygen(utf8("an issuer's key, long enough for it")), forger: keygen(utf8("a forger's key, just as long as that")) };
  const good = ["a", "b", "c", "d", "e"].map((ph) => statement(secrets.issuer, ph));
  const forged = ["f", "g"].map((ph) => statement(secrets.forger, ph));
  const moved = { ...(good[0] as Statement), ph: utf8("elsewhere") };
  const verifier = new Verifier(publicKey(secrets.issuer), header, layout);
  const of = (all: readonly Statement[]): [number, string][] =>
    [...verifier.verifyBatch(all, draws("weights"))].map(([index, error]) => [index, error.code]);
  assert.deepEqual(of(good), []);
  assert.deepEqual(of([]), []);
  const mixed = [forged[0], ...good.slice(0, 3), moved, ...good.slice(3), forged[1]] as Statement[];
  assert.deepEqual(of(mixed), [[0, "proof-forged"], [4, "proof-challenge"], [7, "proof-forged"]]);
  refuses("proof-forged", () => verifier.verify(forged[0] as Statement));
  assert.throws(() => verifier.verifyBatch(good, () => new Uint8Array(3)), { code: "randomness-broken" });
  assert.throws(() => draw(2, () => new Uint8Array(1)), { code: "randomness-broken" });
  assert.throws(() => randomScalars(1, (length) => new Uint8Array(length)), { code: "randomness-broken" });
});
