"""Addresses: one spelling each, nothing in them that a mail's header or a mail server could read as something else."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from undersigned.errors import Malformed
from undersigned.languages import words
from undersigned.protocol import enrolment
from undersigned.protocol.mailbox import (
    address,
    domain_of,
    mailed_code,
    subject_of,
    typed_address,
    typed_mailed_code,
)

locals_ = st.lists(st.text("abcXYZ019_'-", min_size=1, max_size=12), min_size=1, max_size=4).map(".".join)
labels = st.from_regex(r"[a-z0-9](?:[a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
hosts = st.lists(labels, min_size=2, max_size=4).map(".".join)
addresses = st.builds("{}@{}".format, locals_.filter(lambda each: not each.startswith("-")), hosts)


def refused(value: object) -> bool:
    try:
        address(value)
    except Malformed as error:
        return bool(error.words)
    return False


@given(addresses)
def test_an_address_of_the_allowed_characters_is_taken(value: str) -> None:
    assert address(value) == value
    assert typed_address(value) == value
    assert value.endswith("@" + domain_of(value))


@given(st.text() | st.text("aA0.@+-_'\"<>(),:;[]\\ %!\r\n\tä", max_size=30))
def test_any_text_is_refused_or_is_an_address_of_one_mailbox(value: str) -> None:
    """What is taken means one mailbox to a mail's header and to SMTP, and is longer than no server allows."""
    if refused(value):
        return
    assert len(value) <= 254
    message = EmailMessage(policy=SMTP.clone(max_line_length=998))
    message["To"] = value
    (read,) = message["To"].addresses
    local, _, host = value.rpartition("@")
    assert (read.username, read.domain, read.display_name) == (local, host, "")
    assert read == Address(username=local, domain=host)
    assert message.as_bytes().startswith(b"To: " + value.encode() + b"\r\n")


@given(addresses, st.integers(0, 300), st.characters())
def test_one_character_more_makes_no_second_spelling(value: str, at: int, more: str) -> None:
    """An inserted character makes another address or none: never the same subject."""
    at %= len(value) + 1
    longer = value[:at] + more + value[at:]
    assert refused(longer) or subject_of(longer) != subject_of(value)


@given(addresses, st.lists(st.booleans(), min_size=80, max_size=80))
def test_case_does_not_make_a_second_person(value: str, raised: list[bool]) -> None:
    local, _, host = value.rpartition("@")
    other = "".join(c.upper() if up else c.lower() for c, up in zip(local, raised, strict=False)) + "@" + host
    assert subject_of(address(other)) == subject_of(value)


@given(addresses, addresses)
def test_two_addresses_are_two_subjects(one: str, other: str) -> None:
    assume(one.lower() != other.lower())
    assert subject_of(one) != subject_of(other)


@given(st.text())
def test_typed_addresses_are_refused_or_in_the_one_spelling(typed: str) -> None:
    try:
        found = typed_address(typed)
    except Malformed:
        return
    assert address(found) == found
    assert typed_address(f" {found} \n") == found


@given(addresses, st.sampled_from(["ä", "ß", "м", "例"]), st.sampled_from(["example", "com"]))
def test_a_domain_beyond_ascii_becomes_one_of_ascii(value: str, letter: str, last: str) -> None:
    local = value.rpartition("@")[0]
    found = typed_address(f"{local}@a{letter}.{last}") if letter in "äß" else typed_address(f"{local}@{letter}.{last}")
    assert domain_of(found).startswith("xn--")
    assert typed_address(found) == found


@given(st.text("0123456789", min_size=8, max_size=8), st.sampled_from([" ", "-", "", "\u202f", "."]))
def test_typed_codes_do_not_mind_how_digits_are_grouped(code: str, between: str) -> None:
    assert typed_mailed_code(f" {code[:4]}{between}{code[4:]}\n") == mailed_code(code)


@given(st.text())
def test_typed_mailed_codes_are_refused_or_eight_digits(typed: str) -> None:
    try:
        found = typed_mailed_code(typed)
    except Malformed:
        return
    assert len(found) == 8
    assert found.isascii()
    assert found.isdigit()


@pytest.mark.parametrize("value", ["anna+a@example.com", "+@example.com", "a+b+c@example.com"])
def test_an_address_with_a_plus_is_refused_with_what_to_do(value: str) -> None:
    with pytest.raises(Malformed, match="without the plus sign") as caught:
        address(value)
    assert caught.value.code == "address-plus"


def test_mails_speak_the_languages_of_the_pages() -> None:
    assert enrolment.LANGUAGES == words.LANGUAGES
