"""Policies: the quorum against a plain recount, and what the file may not say."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.tlog import KEY, ORIGIN, Damage, damaged, damages, refuses, seed
from undersigned.errors import Malformed, Refused
from undersigned.tlog.checkpoint import Checkpoint, sign_checkpoint
from undersigned.tlog.cosignature import CosignatureKey
from undersigned.tlog.merkle import EMPTY_ROOT
from undersigned.tlog.note import Note, NoteSignature, SigningKey, sign
from undersigned.tlog.policy import Policy, log_only

NAMES = ("X1", "X2", "X3", "Y1", "Y2")
WITNESSES = {name: CosignatureKey(f"{name.lower()}.example", seed(name)) for name in NAMES}
OTHER_LOG = SigningKey("other.example", seed("other"))
CHECKPOINT = Checkpoint(ORIGIN, 0, EMPTY_ROOT)
SIGNED = sign_checkpoint(CHECKPOINT, KEY)

#: The example of the specification, with fewer witnesses.
TEXT = f"""\
log {KEY.vkey}

witness X1 {WITNESSES["X1"].vkey}
witness X2 {WITNESSES["X2"].vkey} https://x2.example/
\twitness  X3\t{WITNESSES["X3"].vkey}\x20
group X-witnesses 2 X1 X2 X3
  # a comment, \N{SNOWMAN}
witness Y1 {WITNESSES["Y1"].vkey}
witness Y2 {WITNESSES["Y2"].vkey}
group Y-witnesses any Y1 Y2

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


def cosigned(*names: str) -> bytes:
    text = CHECKPOINT.text()
    return Note.parse(SIGNED).beside([WITNESSES[name].sign(text, 1_800_000_000) for name in names]).encode()


@pytest.mark.parametrize("count", range(len(NAMES) + 1))
def test_the_quorum_of_the_specifications_example(count: int) -> None:
    policy = Policy.parse(TEXT)
    for names in itertools.combinations(NAMES, count):
        enough = len({"X1", "X2", "X3"} & {*names}) >= 2 and bool({"Y1", "Y2"} & {*names})
        octets = cosigned(*names)
        if enough:
            assert policy.check(octets, ORIGIN) == CHECKPOINT
        else:
            refuses(lambda o: policy.check(o, ORIGIN), octets, "policy-quorum")
        assert policy.witnessed(octets) == dict.fromkeys(names, 1_800_000_000)


def test_the_plain_form_says_the_same() -> None:
    policy = Policy.parse(TEXT)
    assert Policy.parse(policy.text()) == policy
    assert policy.text().splitlines()[-4:] == [
        "group X-witnesses 2 X1 X2 X3",
        "group Y-witnesses 1 Y1 Y2",
        "group X-and-Y 2 X-witnesses Y-witnesses",
        "quorum X-and-Y",
    ]
    assert policy.witnesses["X2"].url == "https://x2.example/"
    assert Policy.parse(TEXT.encode()) == policy


def test_a_policy_without_witnesses() -> None:
    text = log_only(KEY.vkey)
    assert text == f"log {KEY.vkey}\nquorum none\n"
    policy = Policy.parse(text)
    assert policy.text() == text
    assert policy.check(SIGNED, ORIGIN) == CHECKPOINT
    refuses(lambda o: policy.check(o, "other.example"), SIGNED, "policy-log")
    refuses(lambda o: policy.check(o, ORIGIN), sign(CHECKPOINT.text(), [OTHER_LOG]), "policy-log")


def test_a_policy_that_names_no_log_takes_the_key_it_is_given() -> None:
    policy = Policy.parse("quorum none\n")
    refuses(lambda o: policy.check(o, ORIGIN), SIGNED, "policy-log")
    assert policy.check(SIGNED, ORIGIN, KEY.verifier) == CHECKPOINT
    # A policy that names logs is not widened by a key.
    other = Policy.parse(log_only(OTHER_LOG.vkey))
    refuses(lambda o: other.check(o, ORIGIN, KEY.verifier), SIGNED, "policy-log")


def test_any_of_several_logs_may_sign() -> None:
    policy = Policy.parse(f"log {OTHER_LOG.vkey}\n{log_only(KEY.vkey)}")
    assert policy.check(SIGNED, ORIGIN) == CHECKPOINT


def test_another_logs_checkpoint_is_refused_even_under_a_trusted_key() -> None:
    stray = sign(Checkpoint("stray.example", 0, EMPTY_ROOT).text(), [KEY])
    policy = Policy.parse(log_only(KEY.vkey))
    refuses(lambda o: policy.check(o, ORIGIN), stray, "checkpoint-origin")


@pytest.mark.parametrize("name", NAMES)
def test_a_bad_cosignature_of_a_known_witness_spoils_the_checkpoint(name: str) -> None:
    line = WITNESSES[name].sign("another text\n", 5)
    octets = Note.parse(cosigned("X1", "X2", "Y1")).beside([line]).encode()
    refuses(lambda o: Policy.parse(TEXT).check(o, ORIGIN), octets, "note-signature")


def test_cosignatures_of_unknown_witnesses_and_types_count_for_nothing() -> None:
    stranger = CosignatureKey("stranger.example", seed("stranger")).sign(CHECKPOINT.text(), 1)
    # The name of a known witness with another key ID, as an ML-DSA-44 line beside it would have.
    later = NoteSignature("x1.example", b"\x06\x06\x06\x06", bytes(2428))
    more = [stranger, later]
    enough = Note.parse(cosigned("X1", "X2", "Y1")).beside(more).encode()
    assert Policy.parse(TEXT).check(enough, ORIGIN) == CHECKPOINT
    too_few = Note.parse(cosigned("X2", "Y1")).beside(more).encode()
    refuses(lambda o: Policy.parse(TEXT).check(o, ORIGIN), too_few, "policy-quorum")


def test_of_two_times_of_a_witness_the_later_counts() -> None:
    text = CHECKPOINT.text()
    octets = Note.parse(SIGNED).beside([WITNESSES["X1"].sign(text, t) for t in (9, 7)]).encode()
    assert Policy.parse(TEXT).witnessed(octets) == {"X1": 9}


KEYS = [WITNESSES[name].vkey for name in NAMES]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "policy-line"),
        ("\n", "policy-quorum"),
        ("quorum none", "policy-line"),
        ("quorum none\r\n", "policy-control"),
        ("quorum none\x7f\n", "policy-control"),
        ("quorum\u00a0none\n", "policy-line"),
        ("quorum none\nquorum none\n", "policy-quorum"),
        ("quorum none none\n", "policy-quorum"),
        ("quorum\n", "policy-quorum"),
        ("quorum X\n", "policy-name"),
        ("Quorum none\n", "policy-line"),
        ("log\nquorum none\n", "policy-line"),
        (f"log {KEY.vkey} a b\nquorum none\n", "policy-line"),
        (f"log {KEYS[0]}\nquorum none\n", "vkey-type"),
        (f"log {KEY.vkey}\nlog {KEY.vkey}\nquorum none\n", "policy-duplicate"),
        (f"log {KEY.vkey}\nlog {SigningKey('b', KEY.seed).vkey}\nquorum none\n", "policy-duplicate"),
        (f"witness {KEYS[0]}\nquorum none\n", "policy-line"),
        (f"witness X {KEY.vkey}\nquorum X\n", "vkey-type"),
        (f"witness none {KEYS[0]}\nquorum none\n", "policy-duplicate"),
        (f"witness X {KEYS[0]}\nwitness X {KEYS[1]}\nquorum X\n", "policy-duplicate"),
        (f"witness X {KEYS[0]}\nwitness Y {KEYS[0]}\nquorum X\n", "policy-duplicate"),
        (f"witness X {KEYS[0]}\ngroup X any X\nquorum X\n", "policy-duplicate"),
        (f"witness X {KEYS[0]}\ngroup G 1\nquorum X\n", "policy-line"),
        (f"witness X {KEYS[0]}\ngroup G 0 X\nquorum X\n", "policy-count"),
        (f"witness X {KEYS[0]}\ngroup G 2 X\nquorum X\n", "policy-count"),
        (f"witness X {KEYS[0]}\ngroup G 01 X\nquorum X\n", "policy-count"),
        (f"witness X {KEYS[0]}\ngroup G some X\nquorum X\n", "policy-count"),
        (f"witness X {KEYS[0]}\ngroup G 1 X X\nquorum X\n", "policy-duplicate"),
        (f"witness X {KEYS[0]}\ngroup G 1 X\ngroup H 1 X\nquorum X\n", "policy-duplicate"),
        (f"witness X {KEYS[0]}\ngroup G 1 none\nquorum X\n", "policy-name"),
        (f"group G 1 X\nwitness X {KEYS[0]}\nquorum G\n", "policy-name"),
        ("group G 1 G\nquorum G\n", "policy-name"),
        (f"quorum X\nwitness X {KEYS[0]}\n", "policy-name"),
        ("# " + "x" * 65_536 + "\nquorum none\n", "too-long"),
    ],
)
def test_such_a_policy_is_refused(text: str, code: str) -> None:
    refuses(Policy.parse, text, code)


def test_the_line_with_the_mistake_is_named() -> None:
    with pytest.raises(Malformed, match=r"^Line 3 of the policy: “X” is not defined"):
        Policy.parse("# one\n\nquorum X\n")


def test_a_policy_may_be_as_large_as_the_specification_asks() -> None:
    keys = [CosignatureKey(f"w{i}.example", seed(f"w{i}")) for i in range(32)]
    logs = [SigningKey(f"l{i}.example", seed(f"l{i}")) for i in range(32)]
    text = "".join(f"log {log.vkey}\n" for log in logs)
    text += "".join(f"witness w{i} {key.vkey}\ngroup g{i} all w{i}\n" for i, key in enumerate(keys))
    text += f"group all 32 {' '.join(f'g{i}' for i in range(32))}\nquorum all\n"
    policy = Policy.parse(text)
    assert (len(policy.logs), len(policy.witnesses), len(policy.groups)) == (32, 32, 33)


def test_too_many_lines_of_a_kind_are_refused() -> None:
    text = "".join(f"log {SigningKey(f'l{i}', seed(f'l{i}')).vkey}\n" for i in range(257))
    refuses(Policy.parse, text + "quorum none\n", "policy-lines")


def test_octets_that_are_no_text_are_kept_apart() -> None:
    policy = Policy.parse(b"witness \xff %s\nquorum \xff\n" % KEYS[0].encode())
    assert [name.encode("utf-8", "surrogateescape") for name in policy.witnesses] == [b"\xff"]
    with pytest.raises(Malformed) as caught:
        Policy.parse(b"quorum \xff\n")
    caught.value.words.encode()


@given(st.binary(max_size=200))
def test_any_octets_are_refused_in_words_or_read(octets: bytes) -> None:
    try:
        policy = Policy.parse(octets)
    except (Malformed, Refused) as error:
        error.words.encode()
    else:
        assert Policy.parse(policy.text()) == policy


@given(damages)
def test_a_damaged_policy_is_refused_or_says_what_it_says(damage: Damage) -> None:
    try:
        policy = Policy.parse(damaged(TEXT.encode(), damage))
    except (Malformed, Refused) as error:
        error.words.encode()
    else:
        assert Policy.parse(policy.text()) == policy
