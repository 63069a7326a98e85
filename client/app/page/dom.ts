/** A few helpers over the DOM. Text is always text: nothing here reads markup. */

export type Child = Node | string | null | false | undefined | readonly Child[];
type Value = string | number | boolean | undefined | ((event: Event) => void);
export type Attributes = Readonly<Record<string, Value>>;

function append(parent: Node, child: Child): void {
  if (child === null || child === false || child === undefined) return;
  if (typeof child === "string") parent.appendChild(document.createTextNode(child));
  else if (child instanceof Node) parent.appendChild(child);
  else for (const each of child) append(parent, each);
}

function set(element: Element, name: string, value: Value): void {
  if (value === undefined || value === false) return;
  if (typeof value === "function") element.addEventListener(name, value);
  else element.setAttribute(name, value === true ? "" : String(value));
}

/** A new element; an attribute whose value is a function listens to the event of that name. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) set(element, name, value);
  append(element, children);
  return element;
}

/** What stands in an element becomes these children. */
export function replace(element: Element, ...children: readonly Child[]): void {
  element.textContent = "";
  append(element, children);
}

/** Pieces of a sentence whose `{name}`s are elements. */
export function rich(sentence: string, parts: Readonly<Record<string, Node>>): Child[] {
  return sentence.split(/(\{[a-z]+\})/).map((piece) => {
    const name = /^\{([a-z]+)\}$/.exec(piece)?.[1];
    return name === undefined ? piece : (parts[name] ?? piece);
  });
}

/** A paragraph. */
export function p(...children: readonly Child[]): HTMLParagraphElement {
  return h("p", {}, ...children);
}

/** Offer octets as a file. The address of the file is given back once the browser has taken it. */
export function download(name: string, type: string, octets: Uint8Array): void {
  const address = URL.createObjectURL(new Blob([octets.slice()], { type }));
  const link = h("a", { href: address, download: name });
  document.body.appendChild(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
