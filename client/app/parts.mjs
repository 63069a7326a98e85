// An application as one main file, and parts beside it that are loaded when they are first needed.
//
// What main and parts share is in the main file alone, which exports it to them, so that a part is small and nothing
// is there twice. Nothing in the main file names the parts, since they name it by its digest: a page tells it of them.

import { build } from "esbuild";
import { shortened } from "./shorten.mjs";

const MAIN = "main";
const IMPORT = /import \{([^}]*)\} from "(\.\/shared-[^"]+)";/g;

/** The octets of the main file, and a function that gives those of the parts once the main file has its address. */
export async function split({ main, parts, options, plugins = [] }) {
  const made = await build({
    ...options, plugins, minify: false, splitting: true, metafile: true, entryPoints: { ...parts, [MAIN]: main },
    entryNames: "[name]", chunkNames: "shared-[hash]",
  });
  const texts = new Map(made.outputFiles.map(({ path, text }) => [`./${path.slice(path.lastIndexOf("/") + 1)}`, text]));
  const outputs = new Map(Object.entries(made.metafile.outputs).map(([path, each]) => [`./${path.slice(path.lastIndexOf("/") + 1)}`, each]));
  const inMain = reached(`./${MAIN}.js`, outputs);
  const names = Object.keys(parts);
  const wanted = names.flatMap((name) => imports(`./${name}.js`, texts, inMain));
  const shared = new Map([...new Set(wanted)].sort().map((key, at) => [key, `_${at}`]));
  const virtual = bundled(options, texts);
  const octets = await virtual([`import "./${MAIN}.js";`, ...exported(shared)].join("\n"));
  return { octets, partsOf: async (address) => Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await virtual(texts.get(`./${name}.js`), reexported(shared, address))])),
  ) };
}

/** Files that a file loads at once, itself among them. */
function reached(file, outputs, found = new Set([file])) {
  for (const { path, kind } of outputs.get(file).imports) {
    const other = `./${path.slice(path.lastIndexOf("/") + 1)}`;
    if (kind === "import-statement" && outputs.has(other) && !found.has(other)) reached(other, outputs, found.add(other));
  }
  return found;
}

/** What a part imports of what the main file holds, as `file name`. */
function imports(file, texts, inMain) {
  return [...texts.get(file).matchAll(IMPORT)].flatMap(([, list, from]) => {
    if (!inMain.has(from)) throw new Error(`${file}: parts share something that the main file lacks`);
    return list.split(",").map((each) => `${from} ${each.trim().split(" as ")[0]}`).filter((each) => !each.endsWith(" "));
  });
}

function exported(shared) {
  return [...shared].map(([key, alias]) => `export { ${key.split(" ")[1]} as ${alias} } from "${key.split(" ")[0]}";`);
}

/** By file, what stands in its place in a part: the same names, from the main file. */
function reexported(shared, address) {
  const out = new Map();
  for (const [key, alias] of shared) {
    const [file, name] = key.split(" ");
    out.set(file, `${out.get(file) ?? ""}export { ${alias} as ${name} } from "${address}";\n`);
  }
  return out;
}

/** A bundler of texts that name each other; `instead` stands in the place of some. */
function bundled(options, texts) {
  return async (contents, instead = new Map()) => {
    const files = {
      name: "files",
      setup(building) {
        building.onResolve({ filter: /^\.\// }, ({ path }) => ({ path, namespace: "files" }));
        building.onLoad({ filter: /.*/, namespace: "files" }, ({ path }) => ({ contents: instead.get(path) ?? texts.get(path) }));
      },
    };
    const made = await build({
      ...options, define: {}, minify: true, stdin: { contents }, plugins: [files], external: ["/client/*", "/assets/*"],
    });
    return shortened(made.outputFiles[0].contents);
  };
}
