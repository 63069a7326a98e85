"""The mail with a code: what is in it, in every language, and what is not; and the code itself."""

import email
import email.policy
import hashlib
import re
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from undersigned.languages.words import LANGUAGES
from undersigned.mail.code import code_of, fits, good_until, moved
from undersigned.mail.message import Mailing, Sender, compose
from undersigned.protocol.mailbox import mailed_code

KEY, TAG, HOUR = bytes(32), hashlib.sha256(b"tag").digest(), "2026-12-31T23:00:00Z"
SENDER = Sender("codes@post.example", "Post Büro")
#: What a mail scanner could open or send.
OPENED = re.compile(
    r"https?:|www\.|mailto:|<[a-z]|href|\bform\b|\b[a-z0-9-]+\.(?:example|com|org|onion)\b", re.IGNORECASE
)


def mail(language: str = "en", sender: Sender = SENDER) -> EmailMessage:
    sent = Mailing("Anna@mail.example.com", language, "04172936", HOUR, good_until(HOUR))
    return email.message_from_bytes(compose(sender, sent, bytes(range(16))).as_bytes(), policy=email.policy.default)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_holds_the_code_and_nothing_to_open(language: str) -> None:
    message = mail(language)
    text = message.get_content()
    assert "0417 2936" in text
    assert not message.is_multipart()
    assert message.get_content_type() == "text/plain"
    assert OPENED.findall(text) == []
    assert re.findall(r"\d{3,}", text.replace("2027", "")) == ["0417", "2936"]


@pytest.mark.parametrize("planted", ["Open https://letters.example/join", "see letters.example", "<form>", "www.x.y"])
def test_something_to_open_would_be_seen(planted: str) -> None:
    assert OPENED.findall(planted)


def test_a_mail_says_in_its_headers_what_it_must_and_no_more() -> None:
    headers = dict(mail().items())
    assert headers == {
        "From": "Post Büro <codes@post.example>",
        "To": "Anna@mail.example.com",
        "Subject": "Your code",
        "Date": "Thu, 31 Dec 2026 23:00:00 +0000",
        "Message-ID": "<000102030405060708090a0b0c0d0e0f@post.example>",
        "Auto-Submitted": "auto-generated",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "quoted-printable",
        "MIME-Version": "1.0",
    }


def test_subject_and_name_are_the_operators() -> None:
    message = mail(sender=Sender("a@b.example", "", "Ihre Zahl"))
    assert (message["From"], message["Subject"]) == ("a@b.example", "Ihre Zahl")


def test_the_languages_differ_and_speak_of_the_same_time() -> None:
    texts = {language: mail(language).get_content() for language in LANGUAGES}
    assert len(set(texts.values())) == len(LANGUAGES)
    assert all("01:00 UTC" in text and "2027" in text for text in texts.values())


# ── the code ──


def test_a_code_is_good_in_its_hour_and_the_next() -> None:
    code = code_of(KEY, "join", "example.com", TAG, HOUR)
    assert [fits(code, KEY, "join", "example.com", TAG, moved(HOUR, hours)) for hours in (-1, 0, 1, 2)] == [
        False, True, True, False
    ]  # fmt: skip
    assert good_until(HOUR) == "2027-01-01T01:00:00Z"


def test_a_code_is_for_one_key_purpose_scope_and_address() -> None:
    code = code_of(KEY, "join", "example.com", TAG, HOUR)
    others = [
        (bytes([1]) * 32, "join", "example.com", TAG),
        (KEY, "stand", "example.com", TAG),
        (KEY, "join", "example.org", TAG),
        (KEY, "join", "example.com", TAG[::-1]),
        (KEY, "joine", "xample.com", TAG),
    ]
    assert [fits(code, *each, HOUR) for each in others] == [False] * len(others)
    assert len({code_of(*each, HOUR) for each in others} | {code}) == len(others) + 1


def test_the_code_of_a_known_hour_never_changes() -> None:
    """All workers, and the same worker after a start, have to agree."""
    assert code_of(KEY, "join", "example.com", TAG, HOUR) == "04078436"


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_a_code_is_eight_digits_and_another_one_does_not_fit(key: bytes, tag: bytes) -> None:
    code = mailed_code(code_of(key, "join", "example.com", tag, HOUR))
    other = f"{(int(code) + 1) % 10**8:08d}"
    assert fits(code, key, "join", "example.com", tag, HOUR)
    before = code_of(key, "join", "example.com", tag, moved(HOUR, -1))
    assert fits(other, key, "join", "example.com", tag, HOUR) == (other == before)


def test_codes_are_spread_evenly() -> None:
    """First digits of two thousand codes: each about two hundred times."""
    seen = [code_of(KEY, "join", "example.com", bytes([n % 256, n // 256]) * 16, HOUR) for n in range(2000)]
    for place in (0, 7):
        counts = [sum(code[place] == str(digit) for code in seen) for digit in range(10)]
        assert all(140 < count < 260 for count in counts), counts
