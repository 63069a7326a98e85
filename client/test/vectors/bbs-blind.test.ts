/** The fixtures of the blind draft and of the nym draft: commitments, blind signatures, pseudonyms, proofs. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { blindSign, commit, verifyCommitment, verifySignature } from "../../src/bbs/blind.ts";
import { BLIND, type Interface, PSEUDONYMOUS, R } from "../../src/bbs/ciphersuite.ts";
import { encode } from "../../src/bbs/curve.ts";
import { createGenerators, domain, generators, type Layout } from "../../src/bbs/generators.ts";
import { EXPANDED, randomScalars } from "../../src/bbs/octets.ts";
import { prove, Verifier } from "../../src/bbs/proof.ts";
import { base, evaluate, pseudonym } from "../../src/bbs/pseudonym.ts";
import { hex } from "../../src/values/index.ts";
import { absent, type Any, fixture, fixtures, mockOf, octets, octetsList, readJson, scalar, SHARED } from "../support/files.ts";
import { codeOf } from "../support/refusals.ts";

const skip = absent("bbs");
const names = (folder: string, count: number, first = 1): string[] =>
  Array.from({ length: count }, (_, at) => `${folder}/${folder}${String(at + first).padStart(3, "0")}`);

const DRAFTS: readonly { draft: string; of: Interface; commits: string[]; signatures: string[]; proofs: string[] }[] = [
  {
    draft: "blind", of: BLIND,
    commits: names("commit", 2), signatures: names("signature", 5), proofs: names("proof", 8),
  },
  {
    draft: "nym", of: PSEUDONYMOUS,
    commits: names("nymCommit", 4), signatures: names("nymSignature", 6),
    proofs: [...names("nymProof", 7), ...names("nymProof", 4, 101)],
  },
];

/** One fixture of the blind draft writes B where the domain belongs; its domain is that of number 5. */
const domainOf = (draft: string, name: string, found: Any): bigint =>
  scalar(draft === "blind" && name.endsWith("003") ? fixture("blind", "signature/signature005").trace.domain : found.trace.domain);

for (const { draft, of, commits, signatures, proofs } of DRAFTS) {
  test(`no fixture of the ${draft} draft is left out`, { skip }, () => {
    assert.deepEqual(fixtures(draft), ["generators", ...commits, ...signatures, ...proofs].sort());
  });

  test(`generators of the ${draft} draft`, { skip }, () => {
    const found = fixture(draft, "generators");
    for (const [part, apiId] of [["generators", of.apiId], ["blindGenerators", of.blindApiId]] as const) {
      const expected = [found[part].Q1, ...found[part].MsgGenerators];
      assert.equal(new TextDecoder().decode(apiId), found[part].api_id);
      assert.deepEqual(createGenerators(apiId, expected.length).map((each) => hex(encode(each.point))), expected);
    }
  });

  for (const name of commits) {
    test(name, { skip }, () => {
      const found = fixture(draft, name);
      const texts = octetsList(found.committedMessages);
      const nyms: bigint[] = (found.proverNyms ?? []).map(scalar);
      const drawn = randomScalars(texts.length + nyms.length + 2, mockOf(found.mockRngParameters, "commit"));
      const trace = found.trace.random_scalars;
      assert.deepEqual(drawn, [found.proverBlind, trace.s_tilde, ...trace.m_tildes].map(scalar));
      const afterBlind = mockOf(found.mockRngParameters, "commit", EXPANDED);
      const made = commit(nyms, drawn[0] ?? 0n, afterBlind, texts, of);
      assert.equal(hex(made), found.commitmentWithProof);
      const counts = { secrets: nyms.length, messages: texts.length, of };
      assert.equal(hex(verifyCommitment(made, counts)), hex(made.subarray(0, 48)));
      const other = made.slice();
      other[100] = (other[100] ?? 0) ^ 1;
      assert.equal(codeOf(() => verifyCommitment(other, counts)), "commitment-proof");
    });
  }

  for (const name of signatures) {
    test(name, { skip }, () => {
      const found = fixture(draft, name);
      const key = octets(found.signerKeyPair.publicKey);
      const header = octets(found.header);
      const messages = octetsList(found.messages);
      const committed = octetsList(found.committedMessages);
      const nyms: bigint[] = (found.proverNyms ?? []).map(scalar);
      const layout: Layout = { of, messages: messages.length, committed: committed.length, secrets: nyms.length };
      const entropy = scalar(found.signer_nym_entropy);
      const asked = {
        secretKey: scalar(found.signerKeyPair.secretKey),
        publicKey: key,
        commitment: octets(found.commitmentWithProof),
        header,
        messages,
        fresh: new Uint8Array(),
      };
      const signature = blindSign(asked, layout, entropy);
      assert.equal(hex(signature), found.signature);
      assert.equal(domain(key, layout, generators(layout).octets, header), domainOf(draft, name, found));
      const secrets = nyms.map((nym, at) => (at === nyms.length - 1 ? (nym + entropy) % R : nym));
      const held = { publicKey: key, signature, header, messages, secrets, blind: scalar(found.proverBlind), committed };
      verifySignature(held, layout);
      const changed = { ...held, header: Uint8Array.of(...header, 1) };
      assert.equal(codeOf(() => verifySignature(changed, layout)), "signature-invalid");
    });
  }

  for (const name of proofs) {
    test(name, { skip }, () => {
      const found = fixture(draft, name);
      const all = readJson(SHARED, "bbs", draft, "messages.json");
      const secrets: bigint[] = (found.nym_secrets ?? []).map(scalar);
      const committed = draft === "nym" || found.commitmentWithProof !== null ? octetsList(all.committedMessages) : [];
      const shown = new Map<number, Uint8Array>();
      for (const [index, text] of Object.entries<string>(found.revealedMessages)) shown.set(Number(index), octets(text));
      for (const [index, text] of Object.entries<string>(found.revealedCommittedMessages ?? {})) {
        shown.set(found.L + 1 + Number(index), octets(text));
      }
      const layout: Layout = { of, messages: found.L, committed: committed.length, secrets: secrets.length };
      const publicKey = octets(found.signerPublicKey);
      const header = octets(found.header);
      const contextId = octets(found.context_id);
      const ph = octets(found.presentationHeader);
      const held = {
        publicKey, signature: octets(found.signature), header, messages: octetsList(all.messages), secrets,
        blind: scalar(found.proverBlind), committed,
      };
      const showing = { ph, disclosed: [...shown.keys()], contextId };
      const proof = prove(held, showing, mockOf(found.mockRngParameters, "proof"), layout);
      assert.equal(hex(proof), found.proof);
      const nym = secrets.length ? pseudonym(contextId, secrets) : new Uint8Array();
      assert.equal(hex(nym), found.pseudonym ?? "");
      if (found.trace.OP) {
        assert.equal(hex(encode(base(contextId).point)), found.trace.OP);
        assert.equal(evaluate(contextId, secrets), scalar(found.trace.poly_eval_pseudo));
      }
      const statement = { contextId, ph, disclosed: shown, pseudonym: nym, proof };
      const verifier = new Verifier(publicKey, header, layout);
      verifier.verify(statement);
      const other = { ...statement, ph: Uint8Array.of(...ph, 0) };
      assert.equal(codeOf(() => verifier.verify(other)), "proof-challenge");
    });
  }
}
