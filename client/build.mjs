// Builds the client. `node build.mjs [--tests] <folder>`
//
// The same octets on every route: no path, date or name of this machine enters, and esbuild's version is pinned.

import { mkdir, readdir, rm } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));

/** What every bundle has in common. Class fields stay as they are: Safari 14.1 knows them, and rewritten they are slow. */
const COMMON = {
  absWorkingDir: HERE,
  bundle: true,
  format: "esm",
  target: "es2020",
  supported: { "class-field": true, "class-static-field": true, "class-static-blocks": false },
  charset: "utf8",
  legalComments: "none",
  minify: false,
  sourcemap: false,
  logLevel: "warning",
};

async function entryPoints() {
  return { index: "src/index.ts" };
}

/** Tests run under Node: every test file is a bundle of its own beside what it takes from Node. */
async function testEntryPoints() {
  const files = await readdir(join(HERE, "test"), { recursive: true });
  const sources = files.filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts")).sort();
  return Object.fromEntries(sources.map((file) => [file.replace(/\.ts$/, ""), join("test", file)]));
}

const tests = process.argv.includes("--tests");
const [out = "dist"] = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const folder = join(process.cwd(), out);
if (relative(join(HERE, "src"), folder).startsWith("..") === false) throw new Error("the bundle does not belong into src/");
await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
await build({
  ...COMMON,
  entryPoints: tests ? await testEntryPoints() : await entryPoints(),
  outdir: folder,
  ...(tests ? { platform: "node", target: "node20", splitting: true, outExtension: { ".js": ".mjs" } } : {}),
});
