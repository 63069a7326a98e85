// The list of words of BIP-39 as the application carries it: each word without the letters it has in common with the
// one before, which takes a quarter off what is loaded. The build compares what is unpacked with the list.

import { wordlist } from "@scure/bip39/wordlists/english.js";

const UNPACKING = 'let word = "";\nexport const wordlist = packed.match(/\\d[a-z]+/g).map((each) => (word = word.slice(0, each[0]) + each.slice(1)));\n';

/** How many letters two words begin with in common. */
function common(one, other) {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  return length;
}

async function packed() {
  const words = wordlist.map((word, at) => {
    const length = common(word, wordlist[at - 1] ?? "");
    return `${length}${word.slice(length)}`;
  });
  const source = `const packed = "${words.join("")}";\n${UNPACKING}`;
  const made = await import(`data:text/javascript,${encodeURIComponent(source)}`);
  if (made.wordlist.join() !== wordlist.join()) throw new Error("the list of words is another one once it is unpacked");
  return source;
}

/** Puts the packed list in the place of the library's. */
export const packedWords = {
  name: "packed-words",
  setup(building) {
    building.onLoad({ filter: /[\\/]wordlists[\\/]english\.js$/ }, async () => ({ contents: await packed(), loader: "js" }));
  },
};
