import functools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.instance_double import ADDRESS, CODE, ORGANISATION, Double, dice, wallet
from support.tlog import Damage, damaged, damages
from undersigned.errors import Malformed, Refused
from undersigned.holder import phrase, wallet_file
from undersigned.holder.client import Client
from undersigned.holder.wallet import Wallet
from undersigned.holder.wallet_file import LEAST_COST, Seal


@functools.cache
def used() -> Wallet:
    double = Double()
    made = wallet(policy=double.policy)
    client = Client(ADDRESS, made, dice("used"), double)
    client.enrol(ORGANISATION, CODE)
    made.keep(ADDRESS, client.sign("safer-warehouses").receipt)
    return made


@functools.cache
def sealed() -> bytes:
    return wallet_file.seal(used(), Seal("p", dice("p"), LEAST_COST))


@given(st.binary(min_size=32, max_size=32))
def test_entropy_and_words_are_one(entropy: bytes) -> None:
    words = phrase.new(entropy)
    assert phrase.entropy(words) == entropy
    assert phrase.check(words) == words


@given(st.binary(min_size=32, max_size=32), st.integers(0, 23), st.integers(0, 2047))
def test_a_changed_word_is_refused_or_makes_other_words(entropy: bytes, place: int, other: int) -> None:
    words = phrase.new(entropy).split()
    changed = [*words]
    changed[place] = phrase._list().wordlist[other]
    try:
        got = phrase.entropy(" ".join(changed))
    except Malformed:
        assert changed != words
    else:
        # The checksum lets one in 256 through: then it is honestly another phrase.
        assert (got == entropy) == (changed == words)
        assert phrase.new(got) == " ".join(changed)


@given(st.text(max_size=300))
def test_any_text_is_a_phrase_or_malformed(typed: str) -> None:
    said = ""
    try:
        assert len(phrase.check(typed).split()) == 24
    except Malformed as error:
        said = error.words
    assert not said or said.isprintable()


@given(damages)
def test_a_damaged_wallet_is_refused_or_is_another_wallet(damage: Damage) -> None:
    data = damaged(used().encoded(), damage)
    try:
        got = Wallet.parse(data)
    except (Malformed, Refused):
        return
    assert got.encoded() == data


@settings(max_examples=25, deadline=None)
@given(damages)
def test_a_damaged_sealed_file_is_refused(damage: Damage) -> None:
    data = damaged(sealed(), damage)
    if data == sealed():
        assert wallet_file.unseal(data, "p") == used()
        return
    with pytest.raises((Malformed, Refused)):
        wallet_file.unseal(data, "p")
