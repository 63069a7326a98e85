// How long proving and verifying take under Node: `node build.mjs --tests dist-test && node bench.mjs`.
//
// Figures of one core; the browser's own are measured by bench/browser.py.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const started = performance.now();
const { bbs, holder, protocol, values } = await import(join(HERE, "dist-test", "core.mjs"));
const loaded = performance.now() - started;
const random = (length) => crypto.getRandomValues(new Uint8Array(length));
const { acts, keys } = JSON.parse(await readFile(join(HERE, "..", "vectors", "acts.json"), "utf8"));
const { act: text, credentials, rule, seed: hex } = acts.find((each) => each.name === "letter-sign");

const act = protocol.parseAct(JSON.parse(text));
const seed = values.fromHex(hex);
const held = credentials.map(protocol.parseCredential);
const [key] = keys.filter((each) => each.organisation === act.organisation && each.epoch === act.epoch);
const holding = { credentials: held, keys: new Map([[key.issuer, values.fromHex(key.public_key)]]), seed };
const ring = new protocol.KeyRing(new Map([[protocol.keyName(key.issuer, key.organisation, key.epoch), values.fromHex(key.public_key)]]));
const organisations = new Map(Object.entries(rule.organisations).map(([name, { issuers, disclosed }]) => [
  name, { issuers, disclosed: new Set(disclosed) },
]));
const rules = new Map([[rule.context, { ...rule, organisations }]]);

function timed(name, work, times = 1) {
  const begin = performance.now();
  let out;
  for (let round = 0; round < times; round += 1) out = work();
  console.log(`${name.padEnd(46)}${((performance.now() - begin) / times).toFixed(1).padStart(9)} ms`);
  return out;
}

console.log(`${"loading the core".padEnd(46)}${loaded.toFixed(1).padStart(9)} ms`);
timed("words to seed", () => holder.phraseSeed(holder.newPhrase(random(32))));
timed("proof, the first (generators and tables made)", () => protocol.present(act, holding, random));
timed("proof, the second", () => protocol.present(act, holding, random));
timed("proof, warm", () => protocol.present(act, holding, random), 20);
timed("commitment", () => bbs.commit(protocol.nymSecrets(seed), protocol.blind(seed, key.issuer), random), 5);
const made = Array.from({ length: 64 }, () => protocol.present(act, holding, random));
timed("verification, the first", () => protocol.verify(made[0], rules.get(rule.context), ring));
timed("verification, one by one", () => protocol.verify(made[1], rules.get(rule.context), ring), 20);
for (const size of [32, 64]) {
  const outcome = timed(`verification of ${size} together`, () => protocol.verifyBatch(made.slice(0, size), rules, ring, random), 2);
  if (outcome.some((each) => each instanceof Error)) throw new Error("a good proof was refused");
}
