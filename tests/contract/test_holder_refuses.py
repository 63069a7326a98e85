"""A holder and an instance that cheats: every cheat is refused in words, and nothing more is sent."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from support.instance_double import (
    ADDRESS,
    CLOSES,
    CODE,
    EPOCH,
    ISSUER,
    ORGANISATION,
    Asking,
    Double,
    dice,
    identity,
    letter,
    octets,
    wallet,
)
from undersigned.bbs.signature import keygen, public_key
from undersigned.errors import Malformed, Refused, Unavailable, UndersignedError
from undersigned.holder.client import Client
from undersigned.holder.registry import Equivocation
from undersigned.holder.wallet import Wallet
from undersigned.protocol.act import SignedAct
from undersigned.protocol.enrolment import Admission, Issuance, Renewal
from undersigned.protocol.entry import Genesis, IssuerKey, LetterOpened, ReceiptKey, parse_registry_entry
from undersigned.protocol.receipt import Receipt
from undersigned.protocol.statement import stated
from undersigned.tlog.checkpoint import Checkpoint, sign_checkpoint
from undersigned.tlog.cosignature import CosignatureKey
from undersigned.tlog.note import Note, SigningKey

SLUG = "safer-warehouses"
Asked = Admission | Renewal


@pytest.fixture
def double() -> Double:
    return Double()


@pytest.fixture
def member(double: Double) -> Client:
    client = Client(ADDRESS, wallet(policy=double.policy), dice("member"), double)
    client.enrol(ORGANISATION, CODE)
    double.sent.clear()
    return client


def again(member: Client, double: Double) -> Client:
    """The same holder at a later visit."""
    return Client(ADDRESS, member.wallet, dice("again"), double)


def refused(act: Callable[[], object], code: str, double: Double, *, sent: int = 0) -> UndersignedError:
    with pytest.raises((Refused, Malformed)) as caught:
        act()
    assert caught.value.code == code, caught.value.words
    assert len(double.sent) == sent
    return caught.value


# ── the registry ──


def test_a_second_letter_for_the_slug(double: Double, member: Client) -> None:
    other = replace(letter(), addressee="Somebody else")
    double.documents[other.digest] = other.encoded
    double.enter(LetterOpened(SLUG, other.digest))
    error = refused(lambda: again(member, double).sign(SLUG), "second-letter", double)
    assert "Entry 5 of the registry" in error.words


def test_a_second_key_for_the_issuer(double: Double, member: Client) -> None:
    own = public_key(keygen(octets("a key of one's own")))
    double.enter(IssuerKey(ISSUER, ORGANISATION, EPOCH, ("code",), own))
    refused(lambda: again(member, double).sign(SLUG), "second-issuer-key", double)


def test_a_registry_that_shrank(double: Double, member: Client) -> None:
    double.registry.rewrite(double.registry.entries[:-1])
    error = refused(lambda: again(member, double).sign(SLUG), "log-shrank", double)
    assert isinstance(error, Equivocation)
    assert [Note.parse(each).text.split("\n")[1] for each in error.checkpoints] == ["5", "4"]


@pytest.mark.parametrize("longer", [0, 3])
def test_a_registry_that_forked(double: Double, member: Client, longer: int) -> None:
    entries = list(double.registry.entries)
    own = public_key(keygen(octets("a key of one's own")))
    entries[2] = IssuerKey(ISSUER, ORGANISATION, EPOCH, ("code",), own).encoded
    more = [IssuerKey(ISSUER, f"more{n}.example", EPOCH, ("code",), own).encoded for n in range(longer)]
    double.registry.rewrite(entries + more)
    error = refused(lambda: again(member, double).sign(SLUG), "log-forked", double)
    assert isinstance(error, Equivocation)
    assert all(error.checkpoints)


@pytest.mark.parametrize("signed", [True, False])
def test_somebody_else_under_an_issuers_name(double: Double, member: Client, *, signed: bool) -> None:
    """At another instance, in whose registry the name stands over a key that the issuer did not sign."""
    assert member.wallet.identities == {ISSUER: identity(ISSUER).vkey}
    elsewhere, other = "https://elsewhere.example", Double()
    entries = list(other.registry.entries)
    false = parse_registry_entry(entries[2])
    assert isinstance(false, IssuerKey)
    entries[2] = (stated(false, SigningKey(ISSUER, octets("false"))) if signed else false.unsigned).encoded
    other.registry.rewrite(entries)
    member.wallet.trust(elsewhere, other.policy)
    there = Client(elsewhere, Wallet.parse(member.wallet.encoded()), dice("there"), other)
    there.wallet.hold(replace(next(iter(member.wallet.memberships.values())), address=elsewhere))
    for act in (lambda: there.enrol(ORGANISATION, CODE), lambda: there.sign(SLUG)):
        error = refused(act, "issuer-differs", other)
        assert f"tell {ISSUER}" in error.words
    # Where the same issuer signed, the same person goes on, here and there.
    honest = Double()
    honest.origins.append("https://third.example")
    member.wallet.trust("https://third.example", honest.policy)
    member.wallet.agree("https://third.example", ISSUER, "https://third.example")
    Client("https://third.example", member.wallet, dice("third"), honest).enrol(ORGANISATION, CODE)
    again(member, double).sign(SLUG)


def test_an_issuer_that_signs_nothing_is_not_known(double: Double) -> None:
    """As at an instance of an earlier version: people can join there, and nothing is remembered of the issuer."""
    entries = list(double.registry.entries)
    old = parse_registry_entry(entries[2])
    assert isinstance(old, IssuerKey)
    entries[2] = old.unsigned.encoded
    double.registry.rewrite(entries)
    client = Client(ADDRESS, wallet(policy=double.policy), dice("member"), double)
    client.enrol(ORGANISATION, CODE)
    assert client.wallet.identities == {}
    assert b"identities" not in client.wallet.encoded()
    client.sign(SLUG)


def test_what_was_seen_stays_pinned_after_a_refusal(double: Double, member: Client) -> None:
    before = member.wallet.encoded()
    double.registry.rewrite(double.registry.entries[:-1])
    refused(lambda: again(member, double).sign(SLUG), "log-shrank", double)
    assert member.wallet.encoded() == before


def test_a_checkpoint_by_another_key(double: Double, member: Client) -> None:
    double.registry.sign(SigningKey(double.registry_key.name, octets("another key")))
    refused(lambda: again(member, double).sign(SLUG), "policy-log", double)


def test_a_checkpoint_with_a_false_signature_of_the_right_key(double: Double, member: Client) -> None:
    good = double.registry.files["checkpoint"]
    double.registry.files["checkpoint"] = good.replace(b"\n5\n", b"\n6\n")
    refused(lambda: again(member, double).sign(SLUG), "note-signature", double)


def test_the_checkpoint_of_the_other_log(double: Double, member: Client) -> None:
    double.registry.files["checkpoint"] = double.log.files["checkpoint"]
    refused(lambda: again(member, double).sign(SLUG), "policy-log", double)


def test_a_quorum_that_is_missing(double: Double) -> None:
    witness = CosignatureKey("witness.example", octets("witness"))
    policy = f"log {double.registry_key.vkey}\nwitness w {witness.vkey}\nquorum w\n"
    client = Client(ADDRESS, wallet(policy=policy), dice("w"), double)
    refused(lambda: client.enrol(ORGANISATION, CODE), "policy-quorum", double)
    note = Note.parse(double.registry.files["checkpoint"])
    double.registry.files["checkpoint"] = note.beside([witness.sign(note.text, 1_790_000_000)]).encode()
    assert client.enrol(ORGANISATION, CODE).organisation == ORGANISATION


def test_the_logs_checkpoint_needs_the_same_quorum(double: Double) -> None:
    witness = CosignatureKey("witness.example", octets("witness"))
    policy = f"log {double.registry_key.vkey}\nwitness w {witness.vkey}\nquorum w\n"
    note = Note.parse(double.registry.files["checkpoint"])
    double.registry.files["checkpoint"] = note.beside([witness.sign(note.text, 1_790_000_000)]).encode()
    client = Client(ADDRESS, wallet(policy=policy), dice("w"), double)
    client.enrol(ORGANISATION, CODE)
    client.sign(SLUG)
    double.round()
    refused(lambda: client.find_proof(SLUG), "policy-quorum", double, sent=2)


def test_another_genesis_under_the_same_key(double: Double) -> None:
    other = SigningKey("other.example/registry", octets("other"))
    genesis = Genesis(name="letters.example", demo=True, registry=other.vkey, log=double.log_key.vkey)
    double.registry.rewrite([genesis.encoded, *double.registry.entries[1:]])
    client = Client(ADDRESS, wallet(policy=double.policy), dice("g"), double)
    refused(lambda: client.enrol(ORGANISATION, CODE), "other-genesis", double)


def test_an_entry_that_the_checkpoint_does_not_cover(double: Double, member: Client) -> None:
    path = "tile/entries/000.p/5"
    double.registry.files[path] = double.registry.files[path].replace(b'"2026Q4"', b'"2026Q3"')
    refused(lambda: again(member, double).sign(SLUG), "registry-root", double)


def test_an_empty_registry_and_one_without_end(double: Double) -> None:
    client = Client(ADDRESS, wallet(policy=double.policy), dice("e"), double)
    for size in (0, 10**12):
        root = octets("") if size else bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        signed = sign_checkpoint(Checkpoint(double.registry_key.name, size, root), double.registry_key)
        double.registry.files["checkpoint"] = signed
        refused(lambda: client.enrol(ORGANISATION, CODE), "registry-size", double)
    assert double.got == ["registry/checkpoint"] * 2


# ── the letter ──


def test_an_altered_letter(double: Double, member: Client) -> None:
    altered = double.letter.encoded.replace(b"three things", b"seven things")
    assert altered != double.letter.encoded
    double.documents[double.letter.digest] = altered
    error = refused(lambda: again(member, double).sign(SLUG), "document-differs", double)
    assert "Do not sign" in error.words


def test_a_letter_that_calls_itself_something_else(double: Double, member: Client) -> None:
    other = letter("quite-another")
    double.documents[other.digest] = other.encoded
    double.enter(LetterOpened("this-one", other.digest))
    refused(lambda: again(member, double).sign("this-one"), "other-letter", double)


def test_altered_terms(double: Double, member: Client) -> None:
    for digest, data in list(double.documents.items()):
        double.documents[digest] = data.replace(CLOSES.encode(), b"2030-12-03T00:00:00Z")
    double.documents[double.letter.digest] = double.letter.encoded
    refused(lambda: again(member, double).sign(SLUG), "document-differs", double)


def test_a_closing_that_moved_earlier(double: Double, member: Client) -> None:
    double.terms(double.letter, "2026-11-30T00:00:00Z")
    refused(lambda: again(member, double).sign(SLUG), "terms-earlier", double)


# ── the credential ──


def bent(double: Double, **change: str) -> None:
    honest = double.attributes
    double.attributes = lambda asked, epoch: replace(honest(asked, epoch), **change)  # type: ignore[method-assign]  # the cheat


@pytest.mark.parametrize(
    "change",
    [
        {"organisation": "other.example"},
        {"role_family": "software-engineer"},
        {"standing": "manager"},
        {"method": "email"},
    ],
)
def test_a_credential_with_one_attribute_changed(double: Double, change: dict[str, str]) -> None:
    bent(double, **change)
    client = Client(ADDRESS, wallet(policy=double.policy), dice("c"), double)
    error = refused(lambda: client.enrol(ORGANISATION, CODE), "credential-unexpected", double, sent=1)
    assert next(iter(change.values())) in error.words
    assert "could mark you" in error.words
    assert client.wallet.memberships == {}


def managing(asked: Asking) -> Asking:
    """The same, said by a manager."""
    if isinstance(asked.wish, Admission):
        return replace(asked, wish=replace(asked.wish, standing="manager"))
    raise AssertionError


def test_a_credential_that_says_one_thing_and_signs_another(double: Double) -> None:
    honest = double.credential
    double.credential = lambda asked, name: replace(  # type: ignore[method-assign]  # the cheat
        honest(managing(asked), name), attributes=double.attributes(asked.wish, name[2])
    )
    client = Client(ADDRESS, wallet(policy=double.policy), dice("c"), double)
    error = refused(lambda: client.enrol(ORGANISATION, CODE), "credential-unexpected", double, sent=1)
    assert "not signed with the key in the public registry" in error.words


def test_a_credential_under_another_key(double: Double) -> None:
    double.secrets[ISSUER, ORGANISATION, EPOCH] = keygen(octets("a key of one's own"))
    client = Client(ADDRESS, wallet(policy=double.policy), dice("k"), double)
    refused(lambda: client.enrol(ORGANISATION, CODE), "credential-unexpected", double, sent=1)
    assert client.wallet.memberships == {}


def test_a_credential_of_a_quarter_that_has_no_key(double: Double) -> None:
    double.secrets[ISSUER, ORGANISATION, "2027Q1"] = keygen(octets("a quarter of one's own"))
    client = Client(ADDRESS, wallet(policy=double.policy), dice("q"), double)
    refused(lambda: client.enrol(ORGANISATION, CODE), "unknown-issuer-key", double, sent=1)
    assert client.wallet.memberships == {}


def test_a_credential_made_for_somebody_else(double: Double, member: Client) -> None:
    double.issue = lambda asked: Issuance(tuple(member.wallet.at(ADDRESS)[0].credentials.values())).encoded()  # type: ignore[method-assign]  # the cheat
    client = Client(ADDRESS, wallet(1, policy=double.policy), dice("s"), double)
    refused(lambda: client.enrol(ORGANISATION, "0" * 16), "credential-unexpected", double, sent=1)


def test_a_credential_of_another_issuer(double: Double) -> None:
    honest = double.credential
    double.credential = lambda asked, name: replace(honest(asked, name), issuer="other.example")  # type: ignore[method-assign]  # the cheat
    client = Client(ADDRESS, wallet(policy=double.policy), dice("i"), double)
    refused(lambda: client.enrol(ORGANISATION, CODE), "credential-unexpected", double, sent=1)


@pytest.mark.parametrize("count", [0, 2])
def test_no_credential_or_two_of_a_quarter(double: Double, count: int) -> None:
    def issue(asked: Asking) -> bytes:
        made = double.credential(asked, (ISSUER, ORGANISATION, EPOCH))
        return Issuance((made,) * count).encoded()

    double.issue = issue  # type: ignore[method-assign]  # the cheat
    client = Client(ADDRESS, wallet(policy=double.policy), dice("n"), double)
    code = "credential-unexpected" if count else "no-credentials"
    refused(lambda: client.enrol(ORGANISATION, CODE), code, double, sent=1)
    assert client.wallet.memberships == {}


def test_a_way_of_joining_that_only_some_quarters_know() -> None:
    double = Double(methods=("code", "email"))
    bent(double, method="email")
    client = Client(ADDRESS, wallet(policy=double.policy), dice("m"), double)
    refused(lambda: client.enrol(ORGANISATION, CODE), "credential-unexpected", double, sent=1)
    assert client.restore(ORGANISATION).method == "email"


# ── the receipt ──


def given(double: Double, make: Callable[[SignedAct], bytes]) -> None:
    double.receipt = make  # type: ignore[method-assign, assignment]  # the cheat


def promise(signed: SignedAct, **change: str) -> Receipt:
    act = signed.act
    return replace(Receipt(act.context, act.organisation, act.digest, CLOSES), **change)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"act": "0" * 64}, "receipt-differs"),
        ({"organisation": "other.example"}, "receipt-differs"),
        ({"context": "undersigned/1/letter/" + "0" * 64}, "receipt-differs"),
        ({"deadline": "2036-12-03T00:00:00Z"}, "receipt-deadline"),
        ({"deadline": "2026-12-02T00:00:00Z"}, "receipt-deadline"),
    ],
)
def test_a_receipt_for_something_else(double: Double, member: Client, change: dict[str, str], code: str) -> None:
    given(double, lambda signed: promise(signed, **change).signed(double.receipt_key))
    refused(lambda: member.sign(SLUG), code, double, sent=1)


def test_a_receipt_under_another_key(double: Double, member: Client) -> None:
    other = SigningKey(double.receipt_key.name, octets("another receipt key"))
    given(double, lambda signed: promise(signed).signed(other))
    refused(lambda: member.sign(SLUG), "receipt-unsigned", double, sent=1)
    double.enter(ReceiptKey(other.vkey))
    assert member.sign(SLUG).repeated


def test_a_receipt_signed_by_the_log_instead(double: Double, member: Client) -> None:
    given(double, lambda signed: promise(signed).signed(double.log_key))
    refused(lambda: member.sign(SLUG), "receipt-unsigned", double, sent=1)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"[]",
        b"null",
        b'{"receipt":"x"}',
        b'{"receipt":1,"repeated":false}',
        b'{"receipt":"x","repeated":"no"}',
        b'{"receipt":"x","repeated":false,"more":1}',
        b"\xff\xfe",
        b'{"receipt":"\\ud800","repeated":false}',
        b"[" * 100_000,
        b'{"receipt":"' + b"x" * 70_000 + b'","repeated":false}',
    ],
)
def test_an_answer_that_is_none(double: Double, member: Client, answer: bytes) -> None:
    double.act = lambda body: answer  # type: ignore[method-assign]  # the cheat
    with pytest.raises(Malformed):
        member.sign(SLUG)


@pytest.mark.parametrize("answer", [b"", b"{}", b"[]", b'{"credentials":[],"profile":"undersigned/2"}', b"\xff"])
def test_an_issuance_that_is_none(double: Double, answer: bytes) -> None:
    double.admit = lambda body: answer  # type: ignore[method-assign]  # the cheat
    client = Client(ADDRESS, wallet(policy=double.policy), dice("a"), double)
    with pytest.raises(Malformed):
        client.enrol(ORGANISATION, CODE)
    assert client.wallet.memberships == {}


# ── the log ──


@pytest.fixture
def counted(double: Double, member: Client) -> Client:
    member.sign(SLUG)
    double.round()
    assert member.find_proof(SLUG) is not None
    double.sent.clear()
    return member


def test_a_log_that_shrank(double: Double, counted: Client) -> None:
    double.log.rewrite([])
    error = refused(lambda: counted.find_proof(SLUG), "log-shrank", double)
    assert isinstance(error, Equivocation)


@pytest.mark.parametrize("longer", [0, 300])
def test_a_log_that_forked(double: Double, counted: Client, longer: int) -> None:
    entries = list(double.log.entries)
    entries[0] = entries[0].replace(b'"tick":"2026-11-01', b'"tick":"2026-11-02')
    double.log.rewrite(entries + [entries[0]] * longer)
    refused(lambda: counted.find_proof(SLUG), "log-forked", double)


def test_an_entry_of_the_log_that_its_checkpoint_does_not_cover(double: Double, member: Client) -> None:
    member.sign(SLUG)
    double.round()
    path = "tile/entries/000.p/2"
    double.log.files[path] = double.log.files[path].replace(b"2026-11-01", b"2026-11-02")
    refused(lambda: member.find_proof(SLUG), "log-root", double, sent=1)


def test_a_log_under_another_key_than_genesis_names(double: Double, counted: Client) -> None:
    double.log.sign(SigningKey(double.log_key.name, octets("another log key")))
    refused(lambda: counted.find_proof(SLUG), "policy-log", double)


def test_another_act_under_ones_own_pseudonym_is_not_taken_for_ones_own(double: Double, member: Client) -> None:
    sent = member.sign(SLUG)
    signed = double.held.pop(sent.act.digest)
    forged = replace(signed, act=replace(signed.act, issuers=("other.example",)))
    double.held["forged"] = forged
    double.round(final=True)
    assert member.find_proof(SLUG) is None
    assert member.check(sent.receipt, "2026-12-04T00:00:00Z").state == "missing"


# ── what is kept ──


def test_signatures_of_strangers_are_not_kept(double: Double, member: Client) -> None:
    stranger = SigningKey("stranger.example", octets("stranger"))

    def beside(note: bytes) -> bytes:
        whole = Note.parse(note)
        return whole.beside([stranger.sign(whole.text)]).encode()

    plain = double.registry.files["checkpoint"]
    double.registry.files["checkpoint"] = beside(plain)
    honest = double.receipt
    given(double, lambda signed: beside(honest(signed)))
    later = again(member, double)
    sent = later.sign(SLUG)
    assert b"stranger" not in sent.receipt
    double.round()
    double.log.files["checkpoint"] = beside(double.log.files["checkpoint"])
    found = later.find_proof(SLUG)
    assert found is not None
    pin = later.wallet.pin(ADDRESS)
    assert pin.registry == plain
    assert b"stranger" not in later.wallet.encoded()
    assert later.check(sent.receipt, "2026-10-05T00:00:00Z").state == "counted"


def test_a_checkpoint_that_is_too_long_is_not_read(double: Double, member: Client) -> None:
    double.registry.files["checkpoint"] += b"x" * 40_000
    refused(lambda: again(member, double).sign(SLUG), "answer-too-long", double)


@pytest.mark.parametrize("code", ["no-answer", "too-slow"])
def test_without_an_answer_one_is_told_to_do_the_same_again(double: Double, member: Client, code: str) -> None:
    honest = double.act

    def lost(body: bytes) -> bytes:
        honest(body)
        raise Unavailable(code, "No connection.")

    double.act = lost  # type: ignore[method-assign]  # the answer is lost, not the act
    with pytest.raises(Unavailable, match="Doing the same again is safe"):
        member.sign(SLUG)
    double.act = honest  # type: ignore[method-assign]  # as it was
    assert member.sign(SLUG).repeated
    assert len(double.held) == 1


def test_an_act_that_was_not_taken_is_not_called_uncertain(double: Double, member: Client) -> None:
    def full(body: bytes) -> bytes:
        raise Unavailable("too-many", "Too many at once.")

    double.act = full  # type: ignore[method-assign]  # the refusal
    with pytest.raises(Unavailable) as caught:
        member.sign(SLUG)
    assert caught.value.words == "Too many at once."
