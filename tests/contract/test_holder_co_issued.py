"""A holder and letters that ask for passes of two issuers, the second on a machine of its own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from support.instance_double import (
    ADDRESS,
    CODE,
    EPOCH,
    ISSUER,
    ORGANISATION,
    UNION,
    UNION_ADDRESS,
    Double,
    IssuerDouble,
    dice,
    letter,
    octets,
    served,
    wallet,
)
from undersigned.bbs.signature import keygen, public_key
from undersigned.cli.app import app
from undersigned.errors import Conflict, Malformed, Refused, Unavailable, UndersignedError, Withheld
from undersigned.holder.client import Client
from undersigned.holder.transport import Transport
from undersigned.holder.wallet import Wallet
from undersigned.protocol.elsewhere import issuers
from undersigned.protocol.enrolment import Admission, Request
from undersigned.protocol.entry import IssuerKey, LetterOpened

SLUG = "safer-warehouses-together"
UNION_CODE = "8B4N-0RYB-3C5D-E6FG"
QUIET = ("--role-family", "undeclared", "--standing", "undeclared", "--skip-check")


@dataclass
class Both:
    """Letters with an issuer of their own, and another one elsewhere; the letter asks for passes of both."""

    letters: Double
    union: IssuerDouble

    def reach(self, address: str) -> Transport:
        assert address == UNION_ADDRESS
        return self.union

    def client(self, kept: Wallet | None = None) -> Client:
        kept = kept or wallet(policy=self.letters.policy)
        kept.agree(ADDRESS, UNION, UNION_ADDRESS)
        return Client(ADDRESS, kept, dice("holder"), self.letters, reach=self.reach)

    def joined(self) -> Client:
        made = self.client()
        made.enrol(ORGANISATION, CODE, issuer=ISSUER)
        made.enrol(ORGANISATION, UNION_CODE, issuer=UNION)
        self.letters.sent.clear()
        self.union.sent.clear()
        return made


def both_of(address: str = UNION_ADDRESS) -> Both:
    double = Double()
    union = IssuerDouble(double, address=address)
    double.letter = double.open(letter(SLUG, by=(ISSUER, UNION)))
    return Both(double, union)


@pytest.fixture
def both() -> Both:
    return both_of()


def refused(act: Callable[[], object], code: str) -> UndersignedError:
    with pytest.raises((Refused, Malformed, Withheld, Conflict)) as caught:
        act()
    assert caught.value.code == code, caught.value.words
    return caught.value


# ── joining and signing ──


def test_one_phrase_two_passes_one_pseudonym(both: Both) -> None:
    client = both.client()
    first = client.enrol(ORGANISATION, CODE, issuer=ISSUER)
    second = client.enrol(ORGANISATION, UNION_CODE, issuer=UNION)
    assert [each.issuer for each in client.wallet.at(ADDRESS)] == [ISSUER, UNION]
    assert sorted(first.credentials) == sorted(second.credentials) == [EPOCH]
    (one,), (two,) = (
        [Request.parse(Admission, body) for path, body in each.sent] for each in (both.letters, both.union)
    )
    assert one.commitment[:48] != two.commitment[:48], "the two cannot be compared"
    assert (one.wish.evidence["code"], two.wish.evidence["code"]) == (CODE, UNION_CODE)

    sent = client.sign(SLUG)
    held = both.letters.held[sent.act.digest]
    assert held.act.issuers == (ISSUER, UNION)
    assert len(held.proofs) == 2
    assert [path for path, _ in both.union.sent] == ["api/issuer/admissions"], "it hears nothing of the signature"
    assert client.sign(SLUG).repeated
    assert not client.withdraw(SLUG).repeated


def test_signing_says_which_issuer_s_pass_is_missing(both: Both) -> None:
    client = both.client()
    refused(lambda: client.sign(SLUG), "no-pass")
    for issuer, other, code in ((UNION, ISSUER, UNION_CODE), (ISSUER, UNION, CODE)):
        client = both.client()
        client.enrol(ORGANISATION, code, issuer=issuer)
        words = refused(lambda client=client: client.sign(SLUG), "no-pass").words  # type: ignore[misc]  # this client
        assert f"a pass from each of {ISSUER} and {UNION}" in words
        assert f"no pass from {other} for {ORGANISATION}" in words
        assert f"undersigned enrol {ADDRESS} --organisation {ORGANISATION} --issuer {other}" in words
        assert f"no pass from {issuer}" not in words
    assert "api/acts" not in [path for path, _ in both.letters.sent]


def test_a_pass_of_an_older_quarter_is_renewed_where_it_is_from(both: Both) -> None:
    client = both.joined()
    (held,) = (each for each in client.wallet.at(ADDRESS) if each.issuer == UNION)
    client.wallet.memberships[held.name] = replace(held, credentials={})
    words = refused(lambda: client.sign(SLUG), "no-pass").words
    assert f"no pass from {UNION} for {ORGANISATION} in {EPOCH}. Get it: undersigned renew {ADDRESS}" in words
    client.renew(held)
    assert [path for path, _ in both.union.sent] == ["api/issuer/renewals"]
    assert both.letters.sent == []
    assert not client.sign(SLUG).repeated


def test_the_words_bring_both_passes_back(both: Both) -> None:
    first = both.joined().sign(SLUG)
    device = both.client(wallet(policy=both.letters.policy))
    for issuer in device.issuers(ORGANISATION):
        device.restore(ORGANISATION, issuer=issuer)
    assert device.sign(SLUG).act.digest == first.act.digest


def test_lost_words_are_replaced_at_each_issuer(both: Both) -> None:
    both.joined()
    new = both.client(wallet(1, policy=both.letters.policy))
    for issuer, code in ((ISSUER, CODE), (UNION, UNION_CODE)):
        assert new.replace(ORGANISATION, code, issuer=issuer) == "2026-10-09"
    assert [path for path, _ in both.letters.sent] == ["api/issuer/replacements"]
    assert [path for path, _ in both.union.sent] == ["api/issuer/replacements"]
    refused(lambda: new.sign(SLUG), "no-pass")
    old = both.client(wallet(policy=both.letters.policy))
    for issuer in old.issuers(ORGANISATION):
        old.cancel(ORGANISATION, issuer=issuer)
    assert both.union.sent[-1][0] == both.letters.sent[-1][0] == "api/issuer/cancellations"


def test_passes_of_two_people_do_not_sign_together(both: Both) -> None:
    """What Ann got from one issuer and Ben from the other is no membership of both."""
    ann, ben = both.client(), both.client(wallet(1, policy=both.letters.policy))
    ann.enrol(ORGANISATION, CODE, issuer=ISSUER)
    theirs = ben.enrol(ORGANISATION, UNION_CODE, issuer=UNION)
    ann.wallet.hold(theirs)
    assert refused(lambda: ann.sign(SLUG), "proof-forged")
    assert both.letters.held == {}


# ── a malicious server ──


def test_a_second_key_for_either_issuer(both: Both) -> None:
    client = both.joined()
    own = public_key(keygen(octets("a key of one's own")))
    both.letters.enter(IssuerKey(UNION, ORGANISATION, EPOCH, ("code",), own))
    refused(lambda: both.client(client.wallet).sign(SLUG), "second-issuer-key")
    assert both.letters.sent == []


def test_a_letter_that_asks_one_person_for_other_issuers(both: Both) -> None:
    client = both.joined()
    for by in ((ISSUER,), (UNION,), (UNION, ISSUER)):
        other = letter(SLUG, by=by)
        both.letters.documents[both.letters.letter.digest] = other.encoded
        refused(lambda: both.client(client.wallet).sign(SLUG), "document-differs")
        double = both_of()
        double.letters.documents[other.digest] = other.encoded
        double.letters.enter(LetterOpened(SLUG, other.digest))
        refused(lambda double=double: double.client().enrol(ORGANISATION, CODE, issuer=ISSUER), "second-letter")  # type: ignore[misc]  # this double
        assert double.letters.sent == []
    assert both.letters.sent == []


@pytest.mark.parametrize("who", [ISSUER, UNION])
@pytest.mark.parametrize(
    "change", [{"role_family": "software-engineer"}, {"standing": "manager"}, {"method": "email"}, {}]
)
def test_an_attribute_or_key_for_one_person_by_either_issuer(both: Both, who: str, change: dict[str, str]) -> None:
    of = both.letters if who == ISSUER else both.union
    honest = of.attributes
    if change:
        of.attributes = lambda asked, epoch: replace(honest(asked, epoch), **change)  # type: ignore[method-assign]  # the cheat
    else:
        of.secrets[who, ORGANISATION, EPOCH] = keygen(octets("a key of one's own"))
    client = both.client()
    refused(lambda: client.enrol(ORGANISATION, CODE, issuer=who), "credential-unexpected")
    assert client.wallet.memberships == {}


def test_one_issuer_does_not_answer_in_the_name_of_the_other(both: Both) -> None:
    both.letters.elsewhere[UNION] = ADDRESS  # The instance says that the other issuer is itself.
    client = both.client()
    refused(lambda: client.enrol(ORGANISATION, UNION_CODE, issuer=UNION), "issuer-moved")
    assert both.letters.sent == []
    client.agree(UNION, ADDRESS)
    refused(lambda: client.enrol(ORGANISATION, UNION_CODE, issuer=UNION), "credential-unexpected")
    assert both.union.sent == []
    assert client.wallet.memberships == {}


@pytest.mark.parametrize(
    ("listed", "code"),
    [
        (issuers({UNION: "http://127.0.0.1:8001"}), "issuer-address"),
        (issuers({UNION: "https://127.0.0.1:8001"}), "issuer-address"),
        (issuers({UNION: "https://localhost:8001"}), "issuer-address"),
        (issuers({UNION: "https://a.localhost"}), "issuer-address"),
        (issuers({UNION: "http://union.example"}), "address-unencrypted"),
        (issuers({UNION: UNION_ADDRESS}) + b" ", "json-not-canonical"),
        (issuers({UNION: UNION_ADDRESS}).replace(b'example"}', b'example/x"}'), "bad-url"),
    ],
)  # fmt: skip
def test_a_code_goes_to_no_address_that_nobody_should_send_it_to(both: Both, listed: bytes, code: str) -> None:
    both.letters.files = {"issuers.json": listed}
    client = both.client()
    refused(lambda: client.enrol(ORGANISATION, UNION_CODE, issuer=UNION), code)
    assert both.letters.sent == both.union.sent == []


def test_an_issuer_that_cannot_be_reached_from_here(both: Both) -> None:
    client = Client(ADDRESS, wallet(policy=both.letters.policy), dice("alone"), both.letters)
    client.agree(UNION, UNION_ADDRESS)
    assert UNION_ADDRESS in refused(lambda: client.enrol(ORGANISATION, CODE, issuer=UNION), "issuer-elsewhere").words
    assert both.letters.sent == []


# ── the command line, over two servers ──


@dataclass
class Typist:
    """Somebody at a terminal."""

    both: Both
    url: str
    union_url: str
    file: Path

    def run(self, *arguments: str, typed: str = "") -> Result:
        made = CliRunner().invoke(app, [*arguments, "--pass", str(self.file)], input=typed)
        if isinstance(made.exception, UndersignedError):
            raise made.exception
        assert made.exit_code == 0, made.output
        return made

    def joins(self, issuer: str | None = None, code: str = CODE, said: tuple[str, ...] = QUIET) -> str:
        named = ("--issuer", issuer) if issuer else ()
        arguments = ("enrol", self.url, "--organisation", ORGANISATION, "--code", code, *said, *named)
        return self.run(*arguments, typed="y\n").output

    def signs(self) -> str:
        return self.run("sign", f"{self.url}/letters/{SLUG}", "--yes").stdout


@pytest.fixture
def typist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Typist]:
    monkeypatch.chdir(tmp_path)
    both = both_of()
    with served(both.letters) as (url, _), served(both.union) as (there, _):
        both.letters.elsewhere[UNION] = there
        yield Typist(both, url, there, tmp_path / "pass.json")


def test_joining_at_both_and_signing(typist: Typist) -> None:
    words = refused(typist.joins, "several-issuers").words
    assert f"{ISSUER}, {UNION}" in words
    assert "--issuer" in words
    typist.joins(ISSUER, said=("--role-family", "software-engineer", "--standing", "non-manager", "--skip-check"))
    words = refused(typist.signs, "no-pass").words
    assert f"--issuer {UNION}" in words
    # The same of oneself as at the first one, and the same words: nothing is asked.
    said = typist.joins(UNION, UNION_CODE, said=())
    assert f"This goes to {UNION} at {typist.union_url}. Is that the address on your slip" in said
    assert f"You have joined as a member of {ORGANISATION} at {UNION}, for {EPOCH}." in said
    assert [path for path, _ in typist.both.union.sent] == ["api/issuer/admissions"]
    assert Request.parse(Admission, typist.both.union.sent[0][1]).wish.role_family == "software-engineer"
    assert UNION_CODE.encode() not in b"".join(body for _, body in typist.both.letters.sent)
    assert "Signed." in typist.signs()
    (signed,) = typist.both.letters.held.values()
    assert signed.act.issuers == (ISSUER, UNION)


def test_who_does_not_know_the_address_of_the_other_issuer_sends_nothing(typist: Typist) -> None:
    arguments = ("enrol", typist.url, "--organisation", ORGANISATION, "--code", UNION_CODE, "--issuer", UNION, *QUIET)
    assert "Nothing was done." in typist.run(*arguments, typed="n\n").stdout
    refused(lambda: typist.run(*arguments), "nobody-answers")
    assert typist.both.union.sent == typist.both.letters.sent == []
    assert not typist.file.exists()


def test_renewing_and_restoring_at_both(typist: Typist) -> None:
    typist.joins(ISSUER)
    typist.joins(UNION, UNION_CODE)
    said = typist.run("renew", typist.url).stdout
    assert [f"from {each} for {EPOCH}." in said for each in (ISSUER, UNION)] == [True, True]
    phrase = Wallet.parse(typist.file.read_bytes()).phrase
    typist.file.unlink()
    quiet = QUIET[:4]
    said = typist.run("restore", typist.url, "--organisation", ORGANISATION, *quiet, typed=phrase + "\ny\ny\n").stdout
    assert [f"from {each} is back, for {EPOCH}." in said for each in (ISSUER, UNION)] == [True, True]
    assert "Signed." in typist.signs()
    assert "Stopped." in typist.run("cancel", typist.url, "--organisation", ORGANISATION).stdout
    assert typist.both.union.sent[-1][0] == "api/issuer/cancellations"


def test_one_issuer_that_does_not_know_the_words_keeps_no_other_pass_back(typist: Typist) -> None:
    typist.joins(ISSUER)
    phrase = Wallet.parse(typist.file.read_bytes()).phrase
    typist.file.unlink()
    made = typist.run("restore", typist.url, "--organisation", ORGANISATION, *QUIET[:4], typed=phrase + "\ny\ny\n")
    assert f"from {ISSUER} is back" in made.stdout
    assert f"{UNION}: These words never joined here." in made.stderr
    only = ("--issuer", UNION)
    typist.file.unlink()
    arguments = ("restore", typist.url, "--organisation", ORGANISATION, *QUIET[:4], *only)
    refused(lambda: typist.run(*arguments, typed=phrase + "\ny\n"), "unknown-member")


def test_replacing_lost_words_at_both(typist: Typist) -> None:
    for issuer, code in ((ISSUER, CODE), (UNION, UNION_CODE)):
        arguments = ("replace", typist.url, "--organisation", ORGANISATION, "--issuer", issuer, "--code", code)
        assert "2026-10-09" in typist.run(*arguments, *QUIET, typed="y\n").stdout
        refused(lambda arguments=arguments: typist.run(*arguments, *QUIET), "pass-exists")  # type: ignore[misc]  # these
    held = Wallet.parse(typist.file.read_bytes()).at(typist.url)
    assert [(each.issuer, each.credentials) for each in held] == [(ISSUER, {}), (UNION, {})]


# ── stopping a replacement ──


def waits(_: bytes) -> bytes:
    raise Conflict("nothing-waits", "Nobody asked to replace your words.")


def stops(typist: Typist, *more: str) -> Result:
    """Stop a replacement, as it comes out of the program: with its status."""
    arguments = ["cancel", typist.url, "--organisation", ORGANISATION, "--pass", str(typist.file), *more]
    return CliRunner().invoke(app, arguments)


def test_where_nobody_asked_for_new_words_there_is_nothing_to_stop(
    typist: Typist, monkeypatch: pytest.MonkeyPatch
) -> None:
    typist.joins(ISSUER)
    typist.joins(UNION, UNION_CODE)
    monkeypatch.setattr(typist.both.letters, "cancel", waits)
    made = stops(typist)
    assert (made.exit_code, "Stopped." in made.stdout, made.stderr) == (0, True, "")
    monkeypatch.setattr(typist.both.union, "cancel", waits)
    made = stops(typist)
    assert (made.exit_code, "Stopped" in made.stdout, made.stderr) == (0, False, "")
    assert "Nobody asked to replace your words." in made.stdout


@pytest.mark.parametrize("elsewhere", ["nothing waits", "stopped"])
@pytest.mark.parametrize("why", ["busy", "moved", "unknown"])
def test_an_issuer_that_does_not_stop_it_is_named_and_the_command_fails(
    typist: Typist, monkeypatch: pytest.MonkeyPatch, why: str, elsewhere: str
) -> None:
    typist.joins(ISSUER)
    typist.joins(UNION, UNION_CODE)
    if elsewhere == "nothing waits":
        monkeypatch.setattr(typist.both.letters, "cancel", waits)
    if why == "moved":
        typist.both.letters.elsewhere[UNION] = "https://union.example"
    else:

        def fails(_: bytes) -> bytes:
            raise {"busy": Unavailable("busy", "Busy now."), "unknown": Refused("unknown-member", "Never joined.")}[why]

        monkeypatch.setattr(typist.both.union, "cancel", fails)
    made = stops(typist)
    assert made.exit_code == 1
    assert isinstance(made.exception, Refused)
    assert made.exception.code == "not-stopped"
    assert f"Not stopped at {UNION}: there, new words can still take the place of yours." in made.exception.words
    assert ISSUER not in made.exception.words
    told = {"busy": "Busy now.", "moved": f"You know {UNION} at {typist.union_url}", "unknown": "Never joined."}[why]
    assert made.stderr.startswith(f"Not stopped at {UNION}: {told}")
    assert "Your words are the ones that count" not in made.stdout
    assert (f"Stopped at {ISSUER}." in made.stdout) == (elsewhere == "stopped")


def test_only_issuers_of_which_one_holds_a_pass_are_asked(typist: Typist) -> None:
    assert isinstance(stops(typist).exception, UndersignedError)
    typist.joins(ISSUER)
    made = stops(typist)
    assert (made.exit_code, "Stopped." in made.stdout) == (0, True)
    assert typist.both.union.sent == []
    typist.joins(UNION, UNION_CODE)
    made = stops(typist, "--issuer", UNION)
    assert (made.exit_code, f"Not asked: {ISSUER}." in made.stdout) == (0, True)
