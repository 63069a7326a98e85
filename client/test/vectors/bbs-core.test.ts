/** The core draft's fixtures: generators, scalars, keys, signatures and proofs, valid and invalid. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { CORE, KEYGEN_DST, P1, proofOctets } from "../../src/bbs/ciphersuite.ts";
import { encode } from "../../src/bbs/curve.ts";
import { createGenerators, domain, generators, type Layout } from "../../src/bbs/generators.ts";
import { hashToScalar, messageScalars, randomScalars } from "../../src/bbs/octets.ts";
import { prove, type Statement, Verifier } from "../../src/bbs/proof.ts";
import { keygen, publicKey, sign, verify } from "../../src/bbs/signature.ts";
import { hex } from "../../src/values/index.ts";
import { absent, type Any, fixture, fixtures, mock, octets, octetsList, scalar } from "../support/files.ts";
import { codeOf } from "../support/refusals.ts";

const skip = absent("bbs");
const SINGLE = ["MapMessageToScalarAsHash", "generators", "h2s", "keypair", "mockedRng"];
const numbered = (folder: string, count: number): string[] =>
  Array.from({ length: count }, (_, at) => `${folder}/${folder}${String(at + 1).padStart(3, "0")}`);
const SIGNATURES = numbered("signature", 10);
const PROOFS = numbered("proof", 15);

test("no fixture of the core draft is left out", { skip }, () => {
  assert.deepEqual(fixtures("core"), [...SINGLE, ...SIGNATURES, ...PROOFS].sort());
});

test("generators", { skip }, () => {
  const found = fixture("core", "generators");
  const made = createGenerators(CORE.apiId, 11).map((base) => hex(encode(base.point)));
  assert.deepEqual(made, [found.Q1, ...found.MsgGenerators]);
  assert.equal(found.P1, hex(P1));
});

test("messages become scalars", { skip }, () => {
  const found = fixture("core", "MapMessageToScalarAsHash");
  assert.equal(found.dst, hex(CORE.mapDst));
  const messages = found.cases.map((each: Any) => octets(each.message));
  assert.deepEqual(messageScalars(messages, CORE), found.cases.map((each: Any) => scalar(each.scalar)));
});

test("hash to scalar, keys, mocked randomness", { skip }, () => {
  const h2s = fixture("core", "h2s");
  assert.equal(hashToScalar(octets(h2s.message), octets(h2s.dst)), scalar(h2s.scalar));
  const pair = fixture("core", "keypair");
  assert.equal(pair.keyDst, hex(KEYGEN_DST));
  const secret = keygen(octets(pair.keyMaterial), octets(pair.keyInfo));
  assert.equal(secret, scalar(pair.keyPair.secretKey));
  assert.equal(hex(publicKey(secret)), pair.keyPair.publicKey);
  const mocked = fixture("core", "mockedRng");
  const drawn = randomScalars(mocked.count, mock(octets(mocked.seed), octets(mocked.dst)));
  assert.deepEqual(drawn, mocked.mockedScalars.map(scalar));
});

for (const name of SIGNATURES) {
  test(name, { skip }, () => {
    const found = fixture("core", name);
    const key = octets(found.signerKeyPair.publicKey);
    const header = octets(found.header);
    const texts = octetsList(found.messages);
    const code = codeOf(() => verify(key, octets(found.signature), header, texts));
    assert.equal(code === null, found.result.valid);
    if (!found.result.valid) return;
    assert.equal(hex(sign(scalar(found.signerKeyPair.secretKey), key, header, texts)), found.signature);
    const layout: Layout = { of: CORE, messages: texts.length, committed: 0, secrets: 0 };
    assert.equal(domain(key, layout, generators(layout).octets, header), scalar(found.trace.domain));
  });
}

/** Plain proofs carry no count: it follows from their length. */
function layoutOf(found: Any): Layout {
  const hidden = Math.floor((octets(found.proof).length - proofOctets(0)) / 32);
  return { of: CORE, messages: hidden + found.disclosedIndexes.length, committed: 0, secrets: 0 };
}

function statementOf(found: Any): Statement {
  const texts = octetsList(found.messages);
  const none = new Uint8Array();
  const disclosed = new Map<number, Uint8Array>(found.disclosedIndexes.map((index: number) => [index, texts[index]]));
  return { contextId: none, ph: octets(found.presentationHeader), disclosed, pseudonym: none, proof: octets(found.proof) };
}

for (const name of PROOFS) {
  test(name, { skip }, () => {
    const found = fixture("core", name);
    const key = octets(found.signerPublicKey);
    const header = octets(found.header);
    const verifier = new Verifier(key, header, layoutOf(found));
    const code = codeOf(() => verifier.verify(statementOf(found)));
    assert.equal(code === null, found.result.valid);
    const batch = verifier.verifyBatch([statementOf(found)], (length) => new Uint8Array(length).fill(7));
    assert.equal(batch.get(0)?.code ?? null, code);
    if (!found.result.valid) return;
    const mocked = fixture("core", "mockedRng");
    const none = new Uint8Array();
    const made = prove(
      {
        publicKey: key,
        signature: octets(found.signature),
        header,
        messages: octetsList(found.messages),
        secrets: [],
        blind: 0n,
      },
      { ph: octets(found.presentationHeader), disclosed: found.disclosedIndexes, contextId: none },
      mock(octets(mocked.seed), octets(mocked.dst)),
      layoutOf(found),
    );
    assert.equal(hex(made), found.proof);
  });
}
