// Messages in the application's sources, and catalogues in gettext's PO format, as far as the build needs both.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

const LITERAL = String.raw`"(?:[^"\\\n]|\\.)*"`;
/** `t(` and a literal, or several joined by `+`. */
const CALL = new RegExp(String.raw`\bt\(\s*(${LITERAL}(?:\s*\+\s*${LITERAL})*)`, "g");
const ANY_CALL = /(?<![\w.$])t\(/g;

/** The sentences of every `t("…")` in the files of a folder that belong, each with the files it stands in. */
export async function messages(folder, belongs) {
  const found = new Map();
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith(".ts") && belongs(file)).sort();
  for (const file of files) {
    const source = await readFile(join(folder, file), "utf8");
    const code = source.replace(/^\s*(?:\/\*\*|\*|\/\/).*$/gm, "");
    const calls = [...code.matchAll(CALL)];
    const all = [...code.matchAll(ANY_CALL)].length - (code.includes("function t(") ? 1 : 0);
    if (calls.length !== all) throw new Error(`${file}: ${all - calls.length} calls of t() without a literal sentence`);
    for (const [, literals] of calls) {
      const sentence = [...literals.matchAll(new RegExp(LITERAL, "g"))].map(([each]) => JSON.parse(each)).join("");
      found.set(sentence, [...(found.get(sentence) ?? []), file]);
    }
  }
  return found;
}

/** Translations by message; plural forms, contexts and fuzzy or obsolete messages are left out. */
export function parse(text) {
  const out = new Map();
  for (const block of text.split(/\n\s*\n/)) {
    const lines = block.split("\n").filter((line) => !line.startsWith("#~"));
    if (lines.some((line) => /^#,.*\bfuzzy\b/.test(line)) || /^(?:msgctxt|msgid_plural) /m.test(lines.join("\n"))) continue;
    const fields = { msgid: "", msgstr: "" };
    let field = null;
    for (const line of lines) {
      const [, name, literal] = /^(?:(msgid|msgstr) )?(".*")\s*$/.exec(line) ?? [];
      if (literal === undefined) continue;
      field = name ?? field;
      if (field !== null) fields[field] += JSON.parse(literal);
    }
    if (fields.msgid !== "" && fields.msgstr !== "") out.set(fields.msgid, fields.msgstr);
  }
  return out;
}
