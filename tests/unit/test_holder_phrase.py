import hashlib

import pytest

from support.instance_double import octets
from undersigned.errors import Malformed
from undersigned.holder import phrase

LONG = (
    "hamster diagram private dutch cause delay private meat slide toddler razor book happy fancy gospel tennis "
    "maple dilemma loan word shrug inflict delay length"
)
# Entropy and words from the vectors of BIP-39's reference implementation.
KNOWN = [
    (bytes(32), "abandon " * 23 + "art"),
    (b"\xff" * 32, "zoo " * 23 + "vote"),
    (
        b"\x7f" * 32,
        "legal winner thank year wave sausage worth useful " * 2 + "legal winner thank year wave sausage worth title",
    ),
    (
        bytes.fromhex("68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c"),
        LONG,
    ),
]


@pytest.mark.parametrize(("entropy", "words"), KNOWN)
def test_words_of_known_entropy(entropy: bytes, words: str) -> None:
    assert phrase.new(entropy) == words
    assert phrase.entropy(words) == entropy


def test_seed_is_pbkdf2_without_a_passphrase() -> None:
    words = phrase.new(bytes(32))
    expected = hashlib.pbkdf2_hmac("sha512", words.encode(), b"mnemonic", 2048)
    assert phrase.seed(words) == expected
    assert expected.hex().startswith("408b285c12383600")


def test_typing_is_forgiving_about_case_and_spaces_alone() -> None:
    words = phrase.new(octets("a phrase"))
    assert phrase.check("  " + words.upper().replace(" ", " \n ") + "\t") == words
    with pytest.raises(Malformed):
        phrase.check(words.replace(" ", "-"))


def test_a_wrong_word_is_named_with_its_place_and_a_guess() -> None:
    words = phrase.new(bytes(32)).split()
    words[6] = "abondon"
    with pytest.raises(Malformed) as caught:
        phrase.check(" ".join(words))
    assert caught.value.code == "unknown-word"
    assert caught.value.words == "Word 7, “abondon”, is not one of the words. Is it “abandon”?"


def test_four_letters_are_enough_for_a_guess() -> None:
    with pytest.raises(Malformed, match="Is it “hamster”"):
        phrase.check("hamstar " + "abandon " * 23)


def test_a_word_cannot_play_tricks_on_the_terminal() -> None:
    with pytest.raises(Malformed) as caught:
        phrase.check("\x1b[2J " + "abandon " * 23)
    assert "\x1b" not in caught.value.words


@pytest.mark.parametrize("count", [0, 12, 23, 25])
def test_other_numbers_of_words_are_refused(count: int) -> None:
    with pytest.raises(Malformed, match=f"these are {count}"):
        phrase.check("abandon " * count)


def test_two_words_exchanged_are_noticed() -> None:
    # The checksum has eight bits, so this pair was chosen to be one that it notices.
    words = LONG.split()
    words[3], words[4] = words[4], words[3]
    with pytest.raises(Malformed) as caught:
        phrase.check(" ".join(words))
    assert caught.value.code == "wrong-words"


def test_pairs_keep_the_order() -> None:
    words = phrase.new(octets("pairs"))
    shown = phrase.pairs(words)
    assert len(shown) == 12
    assert " ".join(f"{first} {second}" for first, second in shown) == words


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_entropy_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(Malformed):
        phrase.new(bytes(length))
