// Builds the client: `node build.mjs <folder>`, or `node build.mjs --tests <folder>` for what Node's test runner runs.
//
// The same octets on every route: no path, date or name of this machine enters, and esbuild's version is pinned.
// Every file stands alone, so that one digest (Subresource Integrity) covers all that runs.

import { mkdir, readdir, rm } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { applications, write } from "./app/build.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));

const COMMON = {
  absWorkingDir: HERE,
  bundle: true,
  // Class fields stay as they are: Safari knows them from 14.1 on, and rewritten they make every sum of points slow.
  target: "es2020",
  supported: { "class-field": true, "class-static-field": true },
  charset: "utf8",
  legalComments: "none",
  minify: false,
  sourcemap: false,
  logLevel: "warning",
};

async function testEntryPoints() {
  const files = await readdir(join(HERE, "test"), { recursive: true });
  const sources = files.filter((file) => file.endsWith(".ts")).sort();
  return Object.fromEntries(sources.map((file) => [file.replace(/\.ts$/, ""), join("test", file)]));
}

const tests = process.argv.includes("--tests");
const [out = "dist"] = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const outdir = resolve(out);
if (!relative(join(HERE, "src"), outdir).startsWith("..")) throw new Error("a bundle does not belong into src/");
await rm(outdir, { recursive: true, force: true });
await mkdir(outdir, { recursive: true });

if (tests) {
  const node = { format: "esm", platform: "node", target: "node20", splitting: true, outExtension: { ".js": ".mjs" } };
  await build({ ...COMMON, ...node, entryPoints: { ...(await testEntryPoints()), core: "src/index.ts" }, outdir });
} else {
  await write(outdir, await applications(HERE, COMMON));
}
