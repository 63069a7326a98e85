"""The phrase: 24 English words of BIP-39, no passphrase, from which all secrets are derived (section 3).

Whoever has these words can see what was signed with them.
"""

import difflib
import unicodedata
from functools import lru_cache
from typing import Final

from mnemonic import Mnemonic

from undersigned.errors import Malformed

WORDS: Final = 24
#: Octets of entropy behind 24 words; the remaining 8 of their 264 bits are a checksum.
ENTROPY: Final = 32


@lru_cache(maxsize=1)
def _list() -> Mnemonic:
    return Mnemonic("english")


@lru_cache(maxsize=1)
def _places() -> dict[str, int]:
    return {word: place for place, word in enumerate(_list().wordlist)}


def new(entropy: bytes) -> str:
    """The phrase of 32 random octets: 24 words, one space between them.

    Raises: `Malformed` for another length.
    """
    if len(entropy) != ENTROPY:
        raise Malformed("bad-entropy", f"The words are made from {ENTROPY} octets, not {len(entropy)}.")
    return _list().to_mnemonic(entropy)


def check(typed: str) -> str:
    """Return what a person typed as a phrase in its one spelling; capitals and extra spaces do not matter.

    Raises: `Malformed` naming the wrong word and its place, or saying that a word is wrong or misplaced.
    """
    words = unicodedata.normalize("NFKD", typed).lower().split()
    for place, word in enumerate(words, 1):
        if word not in _places():
            raise Malformed("unknown-word", f"Word {place}, “{_shown(word)}”, is not one of the words.{_guess(word)}")
    if len(words) != WORDS:
        raise Malformed("word-count", f"There are {WORDS} words, in twelve pairs; these are {len(words)}.")
    phrase = " ".join(words)
    if new(_entropy(words)) != phrase:
        raise Malformed(
            "wrong-words",
            "Each of these is one of the words, but one is wrong or in another place. Compare them again.",
        )
    return phrase


def entropy(phrase: str) -> bytes:
    """Return the 32 octets behind a phrase. Raises: `Malformed`."""
    return _entropy(check(phrase).split())


def seed(phrase: str) -> bytes:
    """Return the 64-octet seed of a phrase (BIP-39, empty passphrase). Raises: `Malformed`."""
    return bytes(Mnemonic.to_seed(check(phrase), passphrase=""))


def pairs(phrase: str) -> list[tuple[str, str]]:
    """Return the words as twelve pairs, for showing and for asking back. Raises: `Malformed`."""
    words = check(phrase).split()
    return list(zip(words[::2], words[1::2], strict=True))


def _entropy(words: list[str]) -> bytes:
    """The first 256 of the words' 264 bits."""
    bits = 0
    for word in words:
        bits = bits << 11 | _places()[word]
    return (bits >> 8).to_bytes(ENTROPY, "big")


def _shown(word: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in word[:20])


def _guess(word: str) -> str:
    """A word that may have been meant: four letters decide in this list, else the most similar one."""
    listed = _list().wordlist
    near = [each for each in listed if len(word) >= 4 and each[:4] == word[:4]]  # noqa: PLR2004 - BIP-39's rule
    near = near or difflib.get_close_matches(word[:20], listed, n=1)
    return f" Is it “{near[0]}”?" if near else ""
