// The applications' part of the build: for signing and for checking scripts, a style, a page, a catalogue a language.
//
// Every file bears its digest in its name, so that it never changes under that name; the page names the digests of
// what it loads, the page's script those of the Worker and the catalogues.

import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { split } from "./parts.mjs";
import { messages, parse } from "./po.mjs";
import { shortened } from "./shorten.mjs";
import { packedWords } from "./words.mjs";

const FOLDER = "client";
/** Own files, and servers to speak with as `connect` says. `web/static.py` sends the same as a header. */
const policy = (connect) => [
  "default-src 'none'", "script-src 'self'", "worker-src 'self'", `connect-src ${connect}`, "style-src 'self'",
  "img-src 'self'", "font-src 'self'", "base-uri 'none'", "form-action 'none'",
  "require-trusted-types-for 'script'", "trusted-types undersigned",
].join("; ");

const digest = (kind, octets, encoding) => createHash(kind).update(octets).digest(encoding);

/**
 * Files of the applications by their path in the package.
 *
 * Names are shortened. Whoever wants to read the scripts reads the sources, and compares digests after building them.
 */
export async function applications(here, common) {
  const files = new Map();
  const put = (name, octets) => {
    const [stem, suffix] = [name.slice(0, name.lastIndexOf(".")), name.slice(name.lastIndexOf("."))];
    const path = `${FOLDER}/${stem}.${digest("sha256", octets, "hex").slice(0, 16)}${suffix}`;
    files.set(path, Buffer.from(octets));
    return { path: `/${path}`, integrity: `sha256-${digest("sha256", octets, "base64")}` };
  };
  const options = { ...common, format: "esm", write: false, outdir: "out", external: ["/assets/*"] };
  const bundle = async (entry, define = {}) => {
    const made = await build({ ...options, minify: true, entryPoints: [entry], define });
    const octets = made.outputFiles[0].contents;
    return entry.endsWith(".css") ? octets : shortened(octets);
  };
  const tools = { here, files, put, bundle, options };
  await signing(tools);
  await checking(tools);
  return files;
}

/** Parts of the signing page by name, and the sources of each: the sentences in them are a catalogue of their own. */
const PARTS = {
  code: { entry: "app/page/ways/code.ts", belongs: (path) => path === "page/ways/code.ts" },
  email: { entry: "app/page/ways/email.ts", belongs: (path) => path === "page/ways/email.ts" },
  oidc: { entry: "app/page/ways/account.ts", belongs: (path) => path === "page/ways/account.ts" },
  vouch: { entry: "app/page/ways/vouch.ts", belongs: (path) => path === "page/ways/vouch.ts" },
  more: { entry: "app/page/screens/more/index.ts", belongs: (path) => path.startsWith("page/screens/more/") },
};

async function signing({ here, files, put, bundle, options }) {
  const seal = put("seal.js", await bundle("src/holder/sealing.ts"));
  const plugins = [apart(/\/sealing\.ts$/, seal.path), packedWords];
  const worker = await apartFrom(put, "worker", await split({ main: "app/worker/main.ts", parts: { more: "app/worker/more.ts" }, options, plugins }));
  const main = (path) => !path.startsWith("check/") && !path.startsWith("beside/") && !Object.values(PARTS).some(({ belongs }) => belongs(path));
  const define = { WORKER: JSON.stringify({ ...worker.main, ...worker.parts }) };
  define.CATALOGUES = JSON.stringify(await translated(here, put, "text", main));
  for (const [name, { belongs }] of Object.entries(PARTS)) {
    define[`CATALOGUES_${name.toUpperCase()}`] = JSON.stringify(await translated(here, put, `${name}-text`, belongs, main));
  }
  const parts = Object.fromEntries(Object.entries(PARTS).map(([name, { entry }]) => [name, entry]));
  const script = await apartFrom(put, "sign", await split({ main: "app/page/main.ts", parts, options: { ...options, define } }));
  const style = put("sign.css", await faces(here, new TextDecoder().decode(await bundle("app/sign.css"))));
  files.set("sign/index.html", await page(here, "sign.html", policy("'self'"), script.main, style, script.parts));
  const back = put("callback.js", await bundle("app/callback/main.ts"));
  files.set("sign/callback/index.html", await page(here, "callback/callback.html", policy("'self'"), back, style));
  await standing({ here, files, put, bundle }, style);
}

/** What the page of people who do not sign takes of the signing page: how a screen stands there, what everybody may be told. */
const SHARED = ["page/frame.ts", "page/problems.ts"];

/** It is an application of its own, so that nothing of a pass is in it, and nobody loads what only members need. */
async function standing({ here, files, put, bundle }, style) {
  const worker = put("beside-worker.js", await bundle("app/beside/worker.ts"));
  const catalogues = await translated(here, put, "beside-text", (path) => path.startsWith("beside/") || SHARED.includes(path));
  const define = { WORKER: JSON.stringify(worker), CATALOGUES: JSON.stringify(catalogues) };
  const script = put("beside.js", await bundle("app/beside/main.ts", define));
  files.set("sign/beside/index.html", await page(here, "beside/beside.html", policy("'self'"), script, style));
}

/** Put a main file and then its parts, which name it. */
async function apartFrom(put, name, { octets, partsOf }) {
  const main = put(`${name}.js`, octets);
  const made = await partsOf(main.path);
  return { main, parts: Object.fromEntries(Object.entries(made).map(([each, part]) => [each, put(`${name}-${each}.js`, part)])) };
}

/** Only this page may speak with other servers: it reads mirrors. Its Worker speaks with none. */
async function checking({ here, files, put, bundle }) {
  const worker = put("check-worker.js", await bundle("app/check/worker.ts"));
  const catalogues = await translated(here, put, "check-text", (path) => path.startsWith("check/"));
  const script = put("check.js", await bundle("app/check/main.ts", { WORKER: JSON.stringify(worker), CATALOGUES: JSON.stringify(catalogues) }));
  const style = put("check.css", await faces(here, new TextDecoder().decode(await bundle("app/check/check.css"))));
  files.set("check/run/index.html", await page(here, "check/check.html", policy("*"), script, style));
}

async function page(here, name, allowed, script, style, parts = {}) {
  const values = {
    POLICY: allowed, SCRIPT: script.path, SCRIPT_INTEGRITY: script.integrity,
    STYLE: style.path, STYLE_INTEGRITY: style.integrity, ICON: await asset(here, "mark.svg"),
    PARTS: Object.entries(parts).map(([each, { path, integrity }]) => `<meta name="part-${each}" content="${path} ${integrity}">`).join("\n"),
  };
  const template = await readFile(join(here, "app", name), "utf8");
  return Buffer.from(template.replace(/%([A-Z_]+)%/g, (_, each) => values[each]));
}

/** What is imported only when it is needed is a file of its own, under its address. */
function apart(filter, path) {
  return { name: "apart", setup: (building) => building.onResolve({ filter }, () => ({ path, external: true })) };
}

/** The address of a file that the public pages load too, as `web/render.py` names it. */
async function asset(here, name) {
  const octets = await readFile(join(dirname(here), "src", "undersigned", "web", "assets", name));
  const at = name.lastIndexOf(".");
  return `/assets/${name.slice(0, at)}.${digest("sha256", octets, "hex").slice(0, 16)}${name.slice(at)}`;
}

/** A style sheet with the digests of the faces that it names in their names. */
async function faces(here, style) {
  const names = [...new Set([...style.matchAll(/\/assets\/([a-z-]+\.woff2)/g)].map(([, name]) => name))];
  const addresses = await Promise.all(names.map((name) => asset(here, name)));
  return names.reduce((text, name, at) => text.replaceAll(`/assets/${name}`, addresses[at]), style);
}

/** A language is offered once nine sentences in ten are translated; the rest is English, and none is half of both. */
const ENOUGH = 0.9;

/** Catalogues by language: of the messages that occur in files that belong, but not in `others`, those translated. */
async function translated(here, put, name, belongs, others = () => false) {
  const locale = join(dirname(here), "src", "undersigned", "locale");
  const known = await messages(join(here, "app"), others);
  const wanted = [...(await messages(join(here, "app"), belongs)).keys()].filter((message) => !known.has(message)).sort();
  const out = {};
  for (const [language, catalogue] of await offered(here, locale)) {
    const found = wanted.filter((message) => catalogue.get(message));
    out[language] = put(`${name}-${language}.json`, Buffer.from(JSON.stringify(Object.fromEntries(found.map((message) => [message, catalogue.get(message)])))));
  }
  return out;
}

/** Languages in which enough is translated, with all that is. */
async function offered(here, locale) {
  const all = [...(await messages(join(here, "app"), () => true)).keys()];
  const out = new Map();
  for (const language of await languages(locale)) {
    const known = parse(await readFile(join(locale, language, "LC_MESSAGES", "undersigned.po"), "utf8"));
    if (all.filter((message) => known.get(message)).length >= ENOUGH * all.length) out.set(language, known);
  }
  return out;
}

async function languages(locale) {
  try {
    const entries = await readdir(locale, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory() && entry.name !== "en").map((entry) => entry.name).sort();
  } catch {
    return [];
  }
}

/** Write files, and `manifest.json` with the SHA-256 of each. */
export async function write(folder, files) {
  const manifest = {};
  for (const path of [...files.keys()].sort()) {
    const octets = files.get(path);
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), octets);
    manifest[path] = digest("sha256", octets, "hex");
  }
  await writeFile(join(folder, "manifest.json"), `${JSON.stringify({ files: manifest }, null, 1)}\n`);
}
