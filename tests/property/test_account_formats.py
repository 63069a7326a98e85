"""What providers and instances say of accounts is taken in one way or refused with words, whatever it is."""

from random import Random
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.own import vectors
from undersigned.errors import Malformed, Refused, UndersignedError
from undersigned.holder.account import Provider, answered, ask, ways_of
from undersigned.protocol.account import MAX_CODE, Joining, evidence, redirect
from undersigned.values import b64u, canonical

PROVIDER = Provider("https://id.union.example", "https://id.union.example/auth", "letters", "openid")
PAGE = "https://letters.example/sign/callback/"
JOINING = Joining("union.example", bytes(range(48)))
QUESTION = ask(PROVIDER, JOINING, PAGE, Random(1).randbytes)
WAY = vectors("accounts.json")["questions"][0]["way"]

anything = st.one_of(st.none(), st.booleans(), st.integers(-(2**53) + 1, 2**53 - 1), st.text(max_size=30))
printable = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=200)


@given(query=st.text(max_size=200))
def test_an_answer_without_the_state_is_never_taken(query: str) -> None:
    if QUESTION.state in query:
        return
    with pytest.raises((Malformed, Refused)) as caught:
        answered(QUESTION, query)
    assert caught.value.words.endswith(".")


@given(code=printable, rest=st.lists(st.sampled_from(["x=1", "=", "&", "session_state=%20", "a+b"]), max_size=5))
def test_an_answer_with_the_state_gives_its_code_whole(code: str, rest: list[str]) -> None:
    query = "&".join([f"code={quote(code, safe='')}", f"state={QUESTION.state}", *rest])
    assert answered(QUESTION, query).evidence["code"] == code


@given(state=st.text(max_size=60))
def test_only_one_state_is_the_state(state: str) -> None:
    query = f"code=x&state={quote(state, safe='')}"
    taken = True
    try:
        answered(QUESTION, query)
    except UndersignedError:
        taken = False
    assert taken == (state == QUESTION.state)


@given(address=st.text(max_size=80) | st.from_regex(r"https?://[a-z.:@/?#0-9\[\]-]{0,40}", fullmatch=True))
def test_where_to_come_back_to_is_a_page_of_an_instance_or_this_machine(address: str) -> None:
    try:
        found = redirect(address)
    except Malformed:
        return
    assert found == address
    assert address.endswith(("/sign/callback/", "/callback"))
    assert address.startswith(("https://", "http://127.0.0.1", "http://localhost")) or ".onion/" in address


@given(name=st.sampled_from(sorted(WAY)), value=anything)
def test_a_way_with_one_thing_changed_is_refused_or_as_said(name: str, value: object) -> None:
    try:
        found = Provider.parse(WAY | {name: value})
    except Malformed:
        return
    assert found.address.startswith(("https://", "http://127.0.0.1", "http://localhost"))
    assert found.authorization.startswith(("https://", "http://127.0.0.1", "http://localhost"))


@given(value=st.dictionaries(st.text(max_size=12), st.lists(anything, max_size=3) | anything, max_size=3))
def test_what_an_instance_says_of_joining_is_read_or_refused(value: dict[str, object]) -> None:
    try:
        octets = canonical({"organisations": value})
        for organisation in value:
            ways_of(octets, organisation)
    except Malformed:
        return


@given(name=st.sampled_from(["code", "redirect", "salt", "verifier"]), value=anything)
def test_evidence_with_one_thing_changed_is_refused_or_as_it_was(name: str, value: object) -> None:
    good = dict(answered(QUESTION, f"code=x&state={QUESTION.state}").evidence)
    try:
        assert evidence(good | {name: value}) == good | {name: value}
    except Malformed:
        return
    assert isinstance(value, str)
    assert len(value) <= MAX_CODE


names = st.from_regex(r"[a-z0-9-]{1,12}(\.[a-z0-9-]{1,12}){1,3}", fullmatch=True)
points, salts = st.binary(min_size=48, max_size=48), st.binary(min_size=32, max_size=32)


@given(issuers=st.tuples(names, names), words=st.tuples(points, points), drawn=st.tuples(salts, salts))
def test_a_nonce_is_for_one_issuer_one_set_of_words_and_one_draw(
    issuers: tuple[str, str], words: tuple[bytes, bytes], drawn: tuple[bytes, bytes]
) -> None:
    one = Joining(issuers[0], words[0]).nonce(b64u(drawn[0]))
    same = (issuers[0], words[0], drawn[0]) == (issuers[1], words[1], drawn[1])
    assert (Joining(issuers[1], words[1]).nonce(b64u(drawn[1])) == one) == same
    assert (Joining(issuers[1], words[0]).nonce(b64u(drawn[0])) == one) == (issuers[0] == issuers[1])
    assert (Joining(issuers[0], words[1]).nonce(b64u(drawn[0])) == one) == (words[0] == words[1])
    assert (Joining(issuers[0], words[0]).nonce(b64u(drawn[1])) == one) == (drawn[0] == drawn[1])
    assert len(one) == 43


@given(point=st.binary(max_size=60), salt=st.text(max_size=60))
def test_a_nonce_is_made_of_a_whole_point_and_a_whole_salt(point: bytes, salt: str) -> None:
    try:
        Joining("union.example", point).nonce(salt)
    except Malformed:
        return
    assert (len(point), len(salt)) == (48, 43)
