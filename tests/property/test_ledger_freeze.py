"""What a round takes of what waits, whatever waits."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from undersigned.ledger import rules
from undersigned.ledger.rules import SIGN, WITHDRAW, Closing, WaitingAct

CLOSING = Closing("c", "example.com", final=False)

#: Which of their two acts each of some pseudonyms has waiting.
members = st.dictionaries(st.binary(min_size=48, max_size=48), st.sampled_from([(0,), (1,), (0, 1)]), max_size=40)


def acts(of: dict[bytes, tuple[int, ...]]) -> list[WaitingAct]:
    return [WaitingAct(name, number, name[:32], b"") for name, numbers in of.items() for number in numbers]


@given(members, st.randoms())
def test_all_that_waits_is_published_or_cancelled_once(of: dict[bytes, tuple[int, ...]], dice: Random) -> None:
    waits = acts(of)
    dice.shuffle(waits)
    frozen = rules.freeze(CLOSING, waits)
    assert sorted(map(repr, frozen.acts + frozen.cancelled)) == sorted(map(repr, waits))


@given(members)
def test_what_cancels_is_exactly_the_pairs(of: dict[bytes, tuple[int, ...]]) -> None:
    frozen = rules.freeze(CLOSING, acts(of))
    assert {act.pseudonym for act in frozen.cancelled} == {name for name, numbers in of.items() if len(numbers) > 1}
    alone = [numbers for numbers in of.values() if len(numbers) == 1]
    assert (frozen.signed, frozen.withdrawn) == (alone.count((SIGN,)), alone.count((WITHDRAW,)))


@given(members, st.randoms())
def test_order_is_that_of_the_octets_whatever_the_order_of_coming(
    of: dict[bytes, tuple[int, ...]], dice: Random
) -> None:
    waits = acts(of)
    names = [act.pseudonym for act in rules.freeze(CLOSING, waits).acts]
    assert names == sorted(names)
    dice.shuffle(waits)
    assert rules.freeze(CLOSING, waits) == rules.freeze(CLOSING, acts(of))
