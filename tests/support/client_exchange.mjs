// Lets a test in Python speak with the client's core: one JSON request a line on stdin, one answer a line on stdout.
// Argument: the bundle `core.mjs` that `node client/build.mjs --tests <folder>` makes.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { auditor, bbs, errors, holder, protocol, tlog, values } = await import(pathToFileURL(process.argv[2]).href);

const random = (length) => crypto.getRandomValues(new Uint8Array(length));
const { fromHex, hex, utf8 } = values;
const text = (octets) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(octets);

const keysOf = (keys) => new Map(Object.entries(keys).map(([name, key]) => [name, fromHex(key)]));
const ruleOf = ({ organisations, ...rule }) => ({
  ...rule,
  organisations: new Map(Object.entries(organisations).map(([name, { issuers, disclosed }]) => [
    name, { issuers, disclosed: new Set(disclosed) },
  ])),
});

/** Reads octets of a format and writes them again. */
const REWRITES = {
  json: (data) => values.canonical(values.parseCanonical(data)),
  act: (data) => protocol.parseSignedAct(data).encoded,
  padded: (data) => protocol.parsePadded(data).padded(),
  letter: (data) => (protocol.parseLetter(data), data),
  terms: (data) => (protocol.parseTerms(data), data),
  "registry-entry": (data) => (protocol.parseRegistryEntry(data), data),
  names: (data) => (protocol.parseNames(data), data),
  "log-entry": (data) => {
    const entry = protocol.parseLogEntry(data);
    return entry.entry === "act" ? protocol.signedActFromRecord(entry.act).encoded : data;
  },
  receipt: (data) => utf8(protocol.receiptText(protocol.parseReceipt(text(data)))),
  admission: (data) => protocol.encodeRequest(protocol.parseAdmission(data)),
  "code request": (data) => protocol.encodeCodeRequest(protocol.parseCodeRequest(data)),
  confirmation: (data) => protocol.encodeConfirmation(protocol.parseConfirmation(data)),
  "name given": (data) => protocol.encodeNameGiven(protocol.parseNameGiven(data)),
  mail: (data) => protocol.encodeMailRequest(protocol.parseMailRequest(data)),
  renewal: (data) => protocol.encodeRequest(protocol.parseRenewal(data)),
  cancellation: (data) => protocol.encodeRequest(protocol.parseCancellation(data)),
  issuance: (data) => protocol.encodeIssuance(protocol.parseIssuance(data)),
  note: (data) => tlog.Note.parse(data).encode(),
  checkpoint: (data) => utf8(tlog.Checkpoint.parse(text(data)).text()),
  "verifier-key": (data) => utf8(tlog.VerifierKey.parse(text(data)).encode()),
  policy: (data) => utf8(tlog.Policy.parse(text(data)).text()),
  proof: (data) => tlog.TlogProof.parse(data).encode(),
  "tile-path": (data) => utf8(String(tlog.TilePath.parse(text(data)))),
  wallet: (data) => holder.Wallet.parse(data).encoded(),
  address: (data) => utf8(holder.instance(text(data))),
};

const attempt = (action) => {
  try {
    return action();
  } catch (error) {
    if (error instanceof errors.UndersignedError) return error.record();
    throw error;
  }
};

/** A folder as an audit reads it. */
const folderSource = (folder) => ({
  place: folder,
  read: async (path) => {
    let octets;
    try {
      octets = new Uint8Array(await readFile(join(folder, path)));
    } catch {
      throw new errors.Withheld("no-file", `There is no ${path}.`);
    }
    if (octets.length > auditor.longest(path)) throw new errors.Malformed("too-long", `${path} is longer than it may be.`);
    return octets;
  },
});

/** Ways in which one reading of a file, and no other, goes wrong. */
const TROUBLES = {
  flipped: (octets) => octets.map((octet, at) => (at === octets.length >> 1 ? octet ^ 1 : octet)),
  cut: (octets) => octets.slice(0, octets.length >> 1),
  longer: (octets) => values.concat(octets, utf8("x")),
  empty: () => new Uint8Array(),
  missing: (_, path) => {
    throw new errors.Withheld("no-file", `There is no ${path}.`);
  },
  broken: () => {
    throw new errors.Unavailable("network", "The connection broke.");
  },
};

/** A folder in which reading number `nth`, from 0, of the file at `wrong` goes wrong; `asked` is told of every path. */
const troubled = (folder, wrong, nth, trouble, asked) => {
  const source = folderSource(folder);
  const read = async (path) => {
    const number = asked.filter((each) => each === path).length;
    asked.push(path);
    const octets = await source.read(path).catch((error) => error);
    if (path === wrong && number === nth) return TROUBLES[trouble](octets instanceof Uint8Array ? octets : utf8("x"), path);
    if (octets instanceof Uint8Array) return octets;
    throw octets;
  };
  return { place: folder, read };
};

const clients = new Map();
const sentRecord = ({ act, receipt, promise, repeated }) => ({ digest: act.digest, receipt: text(receipt), promise, repeated });

const VERBS = {
  rewrite: ({ cases }) => cases.map(({ format, octets }) => {
    const again = attempt(() => REWRITES[format](fromHex(octets)));
    return again instanceof Uint8Array ? { octets: hex(again) } : again;
  }),
  commit: ({ seed, issuer }) => {
    const own = fromHex(seed);
    return hex(bbs.commit(protocol.nymSecrets(own), protocol.blind(own, issuer), random));
  },
  present: ({ act, credentials, keys, seed }) => {
    const holding = { credentials: credentials.map(protocol.parseCredential), keys: keysOf(keys), seed: fromHex(seed) };
    return text(protocol.present(protocol.parseAct(act), holding, random).encoded);
  },
  verify: ({ wires, rule, keys }) => {
    const ring = new protocol.KeyRing(keysOf(keys));
    return wires.map((wire) => attempt(() => {
      protocol.verify(protocol.parseSignedAct(utf8(wire)), ruleOf(rule), ring);
      return null;
    }));
  },
  seal: async ({ wallet, passphrase }) =>
    hex(await holder.seal(holder.Wallet.parse(utf8(wallet)), { passphrase, rng: random, cost: 15 })),
  unseal: async ({ octets, passphrase }) => text((await holder.unseal(fromHex(octets), passphrase)).encoded()),
  audit: async ({ folder, policy, state }) => {
    const pool = new auditor.LocalPool(random);
    const options = {
      pool,
      policy: policy === null ? null : auditor.parsePolicy(policy),
      state: state === null ? null : auditor.parseState(utf8(state)),
    };
    const { report, state: kept } = await auditor.audit(folderSource(folder), options);
    return { report, state: kept === null ? null : text(kept), lines: auditor.lines(report) };
  },
  // What an audit says where one reading of a file goes wrong, and the paths that it asked for.
  troubled: async ({ folder, path, nth, trouble }) => {
    const asked = [];
    const audited = auditor.audit(troubled(folder, path, nth, trouble, asked), { pool: new auditor.LocalPool(random) });
    const said = await audited.catch((error) => {
      if (error instanceof errors.UndersignedError) return null;
      throw error;
    });
    return { asked, report: said === null ? null : said.report };
  },
  // What an audit says that rests, or is ended, at its gate number `nth`; and how many gates there are.
  gated: async ({ folder, nth, ends }) => {
    let gates = 0;
    let resting = null;
    const done = [];
    const rest = async () => {
      const before = done.length;
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (done.length !== before) throw new TypeError("it went on while it rested");
    };
    const gate = async () => {
      const now = gates;
      gates += 1;
      if (now === nth && ends) throw new errors.Unavailable("stopped", "Somebody stopped it.");
      if (now === nth) resting = rest();
      await resting;
    };
    const progress = { begin: () => undefined, advance: (number) => done.push(number), gate };
    const audited = auditor.audit(folderSource(folder), { pool: new auditor.LocalPool(random), progress });
    const said = await audited.catch((error) => {
      if (error.code === "stopped") return null;
      throw error;
    });
    return { gates, report: said === null ? null : said.report };
  },
  open: ({ address, wallet }) => {
    const transport = new holder.FetchTransport(address, fetch);
    const reach = (there) => new holder.FetchTransport(there, fetch);
    const kept = holder.Wallet.parse(utf8(wallet));
    clients.set(address, new holder.Client({ address, wallet: kept, rng: random, transport, reach }));
    return null;
  },
  bring: ({ own, other }) => {
    const kept = holder.Wallet.parse(utf8(own));
    kept.add(holder.Wallet.parse(utf8(other)));
    return text(kept.encoded());
  },
  wallet: ({ address }) => text(clients.get(address).wallet.encoded()),
  enrol: async ({ address, organisation, code, said }) =>
    [...(await clients.get(address).enrol(organisation, code, said)).credentials.keys()],
  restore: async ({ address, organisation, said }) =>
    [...(await holder.restore(clients.get(address), organisation, said)).credentials.keys()],
  renew: async ({ address, issuer }) => {
    const client = clients.get(address);
    const held = client.wallet.at(address).find((each) => each.issuer === issuer);
    return [...(await client.renew(held)).credentials.keys()];
  },
  replace: ({ address, organisation, code, said }) => holder.replace(clients.get(address), organisation, code, said),
  cancel: async ({ address, organisation, said }) => {
    await holder.cancel(clients.get(address), organisation, said);
    return null;
  },
  sign: async ({ address, slug }) => sentRecord(await clients.get(address).sign(slug)),
  invitation: async ({ address, organisation }) => values.b64u(await holder.invitation(clients.get(address), organisation)),
  vouch: ({ address, invitation }) => holder.vouch(clients.get(address), holder.invitationOf(invitation)),
  vouched: async ({ address, organisation }) => {
    const client = clients.get(address);
    const shown = { method: "vouch", evidence: { invitation: values.b64u(await holder.invitation(client, organisation)) } };
    return [...(await client.enrol(organisation, shown)).credentials.keys()];
  },
  withdraw: async ({ address, slug }) => sentRecord(await clients.get(address).withdraw(slug)),
  find: async ({ address, slug }) => {
    const found = await holder.findProof(clients.get(address), slug);
    return found === null ? null : { index: found.index, entry: text(found.entry), proof: text(found.proof.encode()) };
  },
  check: async ({ address, receipt, now }) => {
    const { state, words } = await holder.check(clients.get(address), utf8(receipt), now);
    return { state, words };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { verb, ...asked } = JSON.parse(line);
  let answer;
  try {
    answer = { result: (await VERBS[verb](asked)) ?? null };
  } catch (error) {
    if (!(error instanceof errors.UndersignedError)) throw error;
    answer = { error: error.record() };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
