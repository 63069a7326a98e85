/**
 * What script a page loads, read so strictly that no browser can read it otherwise (`docs/protocol.md`, section 6).
 *
 * Browsers forgive everything, so a page could hold script that a lenient parser of ours overlooks. This one reads only
 * pages in a plain form: UTF-8, no comments, every `<` the beginning of a tag with attributes in double quotes. Script
 * and all else that could bring script along is looked for everywhere, also where a browser would take it for text.
 */

import { Malformed, Refused } from "../errors.ts";

const DOCTYPE = "<!doctype html>";
const BEGIN = /<(\/?)([a-zA-Z][a-zA-Z0-9-]*)/y;
const ATTRIBUTE = /[ \n\t]+([a-zA-Z][a-zA-Z0-9:_-]*)(?:="([^"<>]*)")?/y;
const END = /[ \n\t]*\/?>/y;
/** No control character, and nothing by which a browser could take the octets for another character set. */
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f\ufeff]/;
const REFERENCE = /&(?:#([0-9]{1,7});|#[xX]([0-9a-fA-F]{1,6});|([a-zA-Z][a-zA-Z0-9]*;?)|#)/g;
const NAMED: ReadonlyMap<string, string> = new Map([
  ["amp;", "&"], ["apos;", "'"], ["gt;", ">"], ["lt;", "<"], ["quot;", '"'],
]);
const INVISIBLE = /[\u0000-\u0020]/g;
const MOST = 0x10ffff;

/** Elements that load a page into this one, or move it to another address, or change attributes later. */
const REFUSED: ReadonlySet<string> = new Set([
  "animate", "animatemotion", "animatetransform", "applet", "base", "embed", "fencedframe", "frame", "frameset",
  "iframe", "object", "portal", "set",
]);
/** What a `link` may be for besides loading script. */
const LINKS: ReadonlySet<string> = new Set([
  "alternate", "author", "canonical", "help", "icon", "license", "manifest", "me", "next", "prev", "preload", "search",
  "stylesheet",
]);
const PRELOADS: ReadonlySet<string> = new Set(["font", "image", "style"]);
const POLICY = "content-security-policy";
const TYPES: ReadonlySet<string | undefined> = new Set([undefined, "module", "text/javascript"]);

/** A script that a page loads: its address as written, and what the page says of its content. */
export interface Script {
  readonly source: string;
  readonly integrity: string;
}

interface Tag {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/**
 * The scripts that an HTML page loads.
 *
 * Throws `Malformed` for a page that is not in the plain form, `Refused` for one that holds script itself, or that could
 * come by script in any other way than by loading a file whose digest it names.
 */
export function scripts(page: Uint8Array): Script[] {
  const found: Script[] = [];
  for (const tag of tags(textOf(page))) {
    refuse(tag);
    if (tag.name === "script") found.push(script(tag));
    else if (tag.name === "link") found.push(...link(tag));
  }
  return found;
}

function textOf(page: Uint8Array): string {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(page).replace(/\r\n/g, "\n");
  } catch {
    throw otherForm("it is not UTF-8");
  }
  if (CONTROL.test(text)) throw otherForm("it holds control characters");
  return text;
}

function otherForm(why: string): Malformed {
  const words = `It is not in the plain form in which one can see for sure what script it loads: ${why}.`;
  return new Malformed("page-form", words);
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** All tags that begin an element, also those that a browser may take for text. */
function* tags(text: string): Generator<Tag, void> {
  for (let at = text.indexOf("<"); at >= 0; ) {
    if (text.slice(at, at + DOCTYPE.length).toLowerCase() === DOCTYPE) {
      at = text.indexOf("<", at + 1);
      continue;
    }
    const begin = match(BEGIN, text, at);
    if (begin === null) throw otherForm("a < begins no tag");
    const attributes = new Map<string, string>();
    let end = at + begin[0].length;
    for (let each = match(ATTRIBUTE, text, end); each !== null; each = match(ATTRIBUTE, text, end)) {
      const name = (each[1] ?? "").toLowerCase();
      if (attributes.has(name)) throw otherForm("a tag has an attribute twice");
      attributes.set(name, unescaped(each[2] ?? ""));
      end += each[0].length;
    }
    const closed = match(END, text, end);
    if (closed === null) throw otherForm("a tag is written in another way");
    if (begin[1] === "") yield { name: (begin[2] ?? "").toLowerCase(), attributes };
    at = text.indexOf("<", end + closed[0].length);
  }
}

function unescaped(value: string): string {
  return value.replace(REFERENCE, (_, decimal?: string, hexadecimal?: string, name?: string) => {
    const digits = decimal ?? hexadecimal;
    const number = digits === undefined ? 0 : Number.parseInt(digits, decimal === undefined ? 16 : 10);
    if (number > 0 && number <= MOST) return String.fromCodePoint(number);
    const meant = name === undefined ? undefined : NAMED.get(name);
    if (meant === undefined) throw otherForm("an attribute holds an unusual character reference");
    return meant;
  });
}

function refuse({ name, attributes }: Tag): void {
  if (REFUSED.has(name)) {
    const words = `It has an element “${name}”, by which other pages or script can come in.`;
    throw new Refused("page-element", words);
  }
  for (const [each, value] of attributes) {
    if (each.startsWith("on") || each === "srcdoc" || each === "formaction" || each === "nonce") {
      throw new Refused("page-script", `It has an attribute “${each}”, which can hold script.`);
    }
    if (value.replace(INVISIBLE, "").toLowerCase().includes("javascript:")) {
      throw new Refused("page-script", "It has an address that is script.");
    }
  }
  if (name === "meta" && (attributes.get("http-equiv") ?? POLICY).toLowerCase() !== POLICY) {
    throw new Refused("page-element", "It sends readers elsewhere, or changes how it is read.");
  }
}

function script(tag: Tag): Script {
  if (!tag.attributes.has("src") || !TYPES.has(tag.attributes.get("type"))) {
    throw new Refused("page-script", "It holds script of its own.");
  }
  return checked(tag, "src");
}

function* link(tag: Tag): Generator<Script, void> {
  const kinds = (tag.attributes.get("rel") ?? "").toLowerCase().split(/[ \n\t]+/).filter((kind) => kind !== "");
  for (const kind of kinds) {
    const preloaded = kind === "preload" && !PRELOADS.has(tag.attributes.get("as") ?? "");
    if (kind === "modulepreload" || preloaded) yield checked(tag, "href");
    else if (!LINKS.has(kind)) throw new Refused("page-element", "It has a link of an unknown kind.");
  }
}

function checked({ attributes }: Tag, where: string): Script {
  const integrity = attributes.get("integrity") ?? "";
  if (integrity === "") {
    throw new Refused("page-script", "It loads script without saying which: it names no digest.");
  }
  return { source: attributes.get(where) ?? "", integrity };
}
