"""The holder's commands, typed by a person, against an instance on loopback."""

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from typer.testing import CliRunner

from support.instance_double import CODE, ISSUER, ORGANISATION, Double, octets, served
from undersigned.cli import pass_file
from undersigned.cli.app import app
from undersigned.errors import Conflict, Malformed, Refused, Unavailable, UndersignedError, Withheld
from undersigned.holder import wallet_file
from undersigned.holder.phrase import new
from undersigned.holder.wallet import Wallet
from undersigned.holder.wallet_file import LEAST_COST
from undersigned.issuer.taxonomy import taxonomy
from undersigned.tlog.proof import TlogProof

SLUG = "safer-warehouses"


@dataclass
class Person:
    """Somebody at a terminal with a folder of their own."""

    double: Double
    url: str
    home: Path
    heard: list[bytearray] = field(default_factory=list)

    @property
    def letter(self) -> str:
        return f"{self.url}/letters/{SLUG}"

    @property
    def file(self) -> Path:
        return self.home / "pass.json"

    def run(self, *arguments: str, typed: str = "") -> str:
        """Run a command; return what it printed. Raises what it raised."""
        result = CliRunner().invoke(app, [*arguments, "--pass", str(self.file)], input=typed)
        if isinstance(result.exception, UndersignedError):
            raise result.exception
        assert result.exit_code in {0, 1}, result.output
        self.exit = result.exit_code
        return result.output

    def wallet(self) -> Wallet:
        return Wallet.parse(self.file.read_bytes())

    def enrol(self, *more: str) -> str:
        quiet = ("--role-family", "undeclared", "--standing", "undeclared", "--skip-check")
        at = ("--at", self.url)
        return self.run("enrol", self.url, "--organisation", ORGANISATION, "--code", CODE, *at, *quiet, *more)


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    monkeypatch.chdir(tmp_path)
    # What a person's shell may say; loopback is reached without it.
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    double = Double()
    with served(double) as (url, heard):
        yield Person(double, url, tmp_path, heard)


@pytest.fixture
def member(person: Person) -> Person:
    person.enrol()
    return person


# ── joining ──


def test_joining_shows_the_words_once_and_keeps_them(person: Person) -> None:
    said = person.enrol()
    words = person.wallet().phrase.split()
    for number, (first, second) in enumerate(zip(words[::2], words[1::2], strict=True), 1):
        assert re.search(rf"\b{number}  {first} {second}\b", said), number
    assert "You have joined as a member of example.com, for 2026Q4." in said
    assert "This is a demonstration" in said
    assert stat.S_IMODE(person.file.stat().st_mode) == 0o600
    # The second membership shows no words.
    assert words[0] + " " + words[1] not in person.run("renew", person.url)


def answering(said: list[str], monkeypatch: pytest.MonkeyPatch, wrong: int = 0) -> list[str]:
    """Answer what is asked by the words that were shown; the first `wrong` answers are wrong. Returns the questions."""
    asked: list[str] = []

    def prompt(question: str, **options: object) -> str:
        asked.append(question)
        match = re.fullmatch(r"The (first|second) word of pair (\d+)", question)
        assert match, question
        shown = dict(re.findall(r"(\d+)  ([a-z]+ [a-z]+)", "\n".join(said)))
        right = shown[match[2]].split()[match[1] == "second"]
        return "nonsense" if len(asked) <= wrong else f" {right.upper()} "

    monkeypatch.setattr("typer.prompt", prompt)
    real = __import__("typer").echo

    def echo(message: str = "", **options: object) -> None:
        said.append(message)
        real(message, **options)

    monkeypatch.setattr("typer.echo", echo)
    return asked


def join(person: Person) -> None:
    quiet = ("--role-family", "undeclared", "--standing", "undeclared")
    person.run("enrol", person.url, "--organisation", ORGANISATION, "--code", CODE, "--at", person.url, *quiet)


def test_three_different_words_are_asked_back(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answering([], monkeypatch, wrong=2)
    join(person)
    assert len(asked) == 5
    assert len(set(asked)) == 3
    assert person.wallet().memberships


def test_who_did_not_write_the_words_down_has_not_spent_the_code(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering([], monkeypatch, wrong=99)
    with pytest.raises(Malformed, match="Start again"):
        join(person)
    assert person.double.sent == []
    assert not person.file.exists()


def test_the_pass_is_saved_before_the_code_is_sent(person: Person) -> None:
    found = []
    honest = person.double.admit

    def admit(body: bytes) -> bytes:
        found.append(person.wallet().entropy)
        return honest(body)

    person.double.admit = admit  # type: ignore[method-assign]  # looks at the moment of sending
    person.enrol()
    assert found == [person.wallet().entropy]


def test_a_failed_join_keeps_the_words_for_the_next_try(person: Person) -> None:
    honest = person.double.admit
    person.double.admit = lambda body: b"garbage"  # type: ignore[method-assign]  # breaks the answer
    with pytest.raises(Malformed):
        person.enrol()
    before = person.wallet().phrase
    person.double.admit = honest  # type: ignore[method-assign]  # as it was
    assert "for 2026Q4" in person.enrol()
    assert person.wallet().phrase == before


def test_everything_is_asked_where_nothing_is_given(person: Person) -> None:
    families = taxonomy().families
    number = next(place for place, each in enumerate(families, 1) if each.code == "software-engineer")
    typed = f"y\n{CODE.lower()}\n{number}\nno\n"
    said = person.run("enrol", person.url, "--organisation", ORGANISATION, "--skip-check", typed=typed)
    held = person.wallet().at(person.url)[0]
    assert (held.role_family, held.standing) == ("software-engineer", "non-manager")
    assert f" {number}  software engineers" in said


def test_enter_leaves_both_open(person: Person) -> None:
    person.run("enrol", person.url, "--organisation", ORGANISATION, "--skip-check", typed=f"y\n{CODE}\n\n\n")
    held = person.wallet().at(person.url)[0]
    assert (held.role_family, held.standing) == ("undeclared", "undeclared")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--role-family", "king"], "no role family “king”"),
        (["--standing", "boss"], "A standing is"),
        (["--policy", "nowhere"], "cannot be read from nowhere"),
        (["--code", "7K3M"], "four groups of four"),
        (["--organisation", "other.example"], "Nobody here admits"),
    ],
)
def test_mistakes_before_joining_say_what_to_do(person: Person, more: list[str], words: str) -> None:
    with pytest.raises((Malformed, Refused), match=words):
        person.enrol(*more)
    assert person.double.sent == []
    assert not person.file.exists()


def test_nobody_at_the_terminal(person: Person) -> None:
    with pytest.raises(Malformed, match="Give it with --code"):
        person.run("enrol", person.url, "--organisation", ORGANISATION, "--at", person.url)
    with pytest.raises(Malformed, match=f"Name it with --at {person.url}"):
        person.run("enrol", person.url, "--organisation", ORGANISATION, "--code", CODE)
    assert person.double.sent == []


def test_the_first_visit_shows_the_key_and_a_policy_file_does_not(person: Person) -> None:
    assert person.double.registry_key.vkey in person.enrol()
    other = Person(person.double, person.url, person.home / "other")
    other.home.mkdir()
    (other.home / "policy").write_text(person.double.policy)
    person.double.codes.clear()
    assert person.double.registry_key.vkey not in other.enrol("--policy", str(other.home / "policy"))


def test_a_policy_with_another_key_refuses_the_instance(person: Person) -> None:
    policy = person.home / "policy"
    policy.write_text(person.double.policy.replace(person.double.registry_key.vkey, person.double.log_key.vkey))
    with pytest.raises(Refused):
        person.enrol("--policy", str(policy))
    assert person.double.sent == []


# ── the passphrase ──


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wallet_file.Seal.__init__, "__defaults__", (LEAST_COST,))


@pytest.mark.usefixtures("cheap")
def test_with_a_passphrase_the_file_is_encrypted_every_time(person: Person) -> None:
    quiet = ["--code", CODE, "--role-family", "undeclared", "--standing", "undeclared", "--skip-check", "--passphrase"]
    person.run(
        "enrol",
        person.url,
        "--organisation",
        ORGANISATION,
        *quiet,
        typed="y\nfour good words here\nfour good words here\n",
    )
    assert wallet_file.is_sealed(person.file.read_bytes())
    person.run("sign", person.letter, "--yes", typed="four good words here\n")
    data = person.file.read_bytes()
    assert wallet_file.is_sealed(data)
    assert len(wallet_file.unseal(data, "four good words here").receipts) == 1
    with pytest.raises(Refused, match="passphrase"):
        person.run("withdraw", person.letter, "--yes", typed="five\n")


@pytest.mark.parametrize(("typed", "words"), [("y\n\n", "answered"), ("y\none\ntwo\n", "not the same")])
def test_a_passphrase_that_was_mistyped_spends_no_code(person: Person, typed: str, words: str) -> None:
    quiet = ["--code", CODE, "--role-family", "undeclared", "--standing", "undeclared", "--skip-check", "--passphrase"]
    with pytest.raises(Malformed, match=words):
        person.run("enrol", person.url, "--organisation", ORGANISATION, *quiet, typed=typed)
    assert person.double.sent == []
    assert not person.file.exists()


# ── signing ──


def test_signing_shows_first_what_will_be_public(member: Person) -> None:
    said = member.run("sign", member.letter, typed="y\n")
    assert "Safer warehouses\nTo The management.\n" in said
    assert "We work here and ask for three things." in said
    assert "1. Say what was measured." in said
    assert "That one more member of example.com signed, by the day of the next count. Not who." in said
    assert said.index("What will be public") < said.index("Sign this letter?") < said.index("Signed.")
    assert "on 3 December 2026 at the latest" in said
    assert len(member.double.held) == 1
    assert len(member.wallet().receipts) == 1


def test_a_no_sends_nothing(member: Person) -> None:
    before = len(member.double.sent)
    said = member.run("sign", member.letter, typed="n\n")
    assert "Nothing was done." in said
    assert member.exit == 0
    assert len(member.double.sent) == before


def test_nobody_to_say_yes(member: Person) -> None:
    with pytest.raises(Malformed, match="Add --yes"):
        member.run("sign", member.letter)


def test_signing_again_says_so(member: Person) -> None:
    member.run("sign", member.letter, "--yes")
    assert "You had signed this letter already." in member.run("sign", member.letter, "--yes")
    assert len(member.wallet().receipts) == 1


def test_receipts_are_kept_where_one_wants(member: Person) -> None:
    kept = member.home / "receipt.txt"
    said = member.run("sign", member.letter, "--yes", "--no-receipt", "--receipt", str(kept))
    assert "Whoever finds it" in said
    assert member.wallet().receipts == []
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    member.run("receipt", "check", str(kept))
    with pytest.raises(Conflict, match="exists already"):
        member.run("sign", member.letter, "--yes", "--receipt", str(kept))


def test_withdrawing_says_that_it_is_final(member: Person) -> None:
    member.run("sign", member.letter, "--yes")
    said = member.run("withdraw", member.letter, typed="y\n")
    assert "You cannot sign this letter again." in said
    assert "Withdrawn." in said
    assert {each.act.action for each in member.double.held.values()} == {"sign", "withdraw"}


def test_without_a_pass_one_is_told_to_join(person: Person) -> None:
    for command in (["sign", person.letter], ["withdraw", person.letter], ["renew", person.url], ["receipt", "check"]):
        with pytest.raises(Withheld, match="Join first"):
            person.run(*command)


def test_an_onion_service_without_tor_is_not_asked_for_by_name() -> None:
    result = CliRunner().invoke(app, ["enrol", "http://letters.onion", "--organisation", ORGANISATION])
    assert isinstance(result.exception, Malformed)
    assert "socks5h://" in result.exception.words


# ── afterwards ──


def test_waiting_then_counted_then_a_proof(member: Person) -> None:
    member.run("sign", member.letter, "--yes")
    with pytest.raises(Unavailable, match="not in the public log yet"):
        member.run("receipt", "proof", member.letter)
    member.double.round()
    assert "Counted: it is entry 1 of the public log." in member.run("receipt", "check")
    assert member.exit == 0
    member.run("receipt", "proof", member.letter)
    proof = member.home / f"{SLUG}.tlog-proof"
    assert TlogProof.parse(proof.read_bytes()).index == 1
    assert stat.S_IMODE(proof.stat().st_mode) == 0o600


def test_a_dropped_signature_exits_with_1(member: Person) -> None:
    member.run("sign", member.letter, "--yes")
    member.double.round(final=True, leave_out=list(member.double.held))
    said = member.run("receipt", "check")
    assert "Missing: the last count is published" in said
    assert member.exit == 1


def test_a_receipt_can_be_checked_by_who_has_no_pass_and_writes_none(member: Person) -> None:
    file = member.home / "receipt.txt"
    member.run("sign", member.letter, "--yes", "--receipt", str(file))
    member.double.round()
    journalist = Person(member.double, member.url, member.home / "journalist")
    journalist.home.mkdir()
    assert "Counted" in journalist.run("receipt", "check", str(file), "--at", member.url)
    assert list(journalist.home.iterdir()) == []
    with pytest.raises(Malformed, match="--at"):
        journalist.run("receipt", "check", str(file))
    other = journalist.home / "other"
    other.write_bytes(file.read_bytes().replace(b"2026-12-03", b"2026-12-04"))
    with pytest.raises(Refused):
        journalist.run("receipt", "check", str(other), "--at", member.url)


def test_a_check_at_a_strange_instance_leaves_ones_own_pass_alone(member: Person) -> None:
    file = member.home / "receipt.txt"
    member.run("sign", member.letter, "--yes", "--receipt", str(file))
    before = member.file.read_bytes()
    with served(member.double) as (elsewhere, _):
        member.run("receipt", "check", str(file), "--at", elsewhere)
    assert member.file.read_bytes() == before


def test_burning(member: Person) -> None:
    assert "Nothing was done." in member.run("burn", typed="n\n")
    assert member.file.exists()
    said = member.run("burn", typed="y\n")
    assert "Solid-state disks" in said
    assert not member.file.exists()
    with pytest.raises(Withheld):
        member.run("burn", "--yes")


def test_words_bring_the_pass_back_after_burning(member: Person) -> None:
    phrase = member.wallet().phrase
    member.run("sign", member.letter, "--yes")
    member.run("burn", "--yes")
    said = member.run("restore", member.url, "--organisation", ORGANISATION, typed=f"{phrase}\ny\n\n\n")
    assert "Your pass of example.com is back, for 2026Q4." in said
    assert "You had signed this letter already." in member.run("sign", member.letter, "--yes")


def test_other_words_do_not_take_the_place_of_a_pass(member: Person) -> None:
    before = member.file.read_bytes()
    with pytest.raises(Conflict, match="has other words"):
        member.run("restore", member.url, "--organisation", ORGANISATION, typed=new(octets("other")) + "\n\n\n")
    assert member.file.read_bytes() == before


def test_new_words_for_lost_ones(member: Person) -> None:
    quiet = ("--code", CODE, "--role-family", "undeclared", "--standing", "undeclared", "--skip-check")
    with pytest.raises(Conflict, match="your words are not lost"):
        member.run("replace", member.url, "--organisation", ORGANISATION, *quiet)
    old = member.file.read_bytes()
    member.file.unlink()
    said = member.run("replace", member.url, "--organisation", ORGANISATION, "--at", member.url, *quiet)
    assert "Your new words count from 2026-10-09 on, for letters of later quarters." in said
    assert member.wallet().at(member.url)[0].credentials == {}
    member.file.write_bytes(old)
    assert "Stopped." in member.run("cancel", member.url, "--organisation", ORGANISATION)


def test_a_contradiction_is_kept_as_evidence(member: Person) -> None:
    member.double.registry.rewrite(member.double.registry.entries[:-1])
    with pytest.raises(Refused, match="tell others"):
        member.run("sign", member.letter, "--yes")
    kept = sorted(member.home.glob("evidence-*.txt"))
    assert len(kept) == 2
    assert all(b"letters.example/registry\n" in path.read_bytes() for path in kept)


def test_a_pass_that_another_program_wrote_meanwhile_is_not_written_over(member: Person) -> None:
    keeper = pass_file.Keeper(member.file)
    wallet = keeper.open()
    other = pass_file.Keeper(member.file)
    mine = other.open()
    mine.keep(member.url, b"a receipt\n")
    other.save(mine)
    with pytest.raises(Conflict, match="meanwhile"):
        keeper.save(wallet)
    assert len(member.wallet().receipts) == 1
    with pytest.raises(Conflict):
        pass_file.Keeper(member.file).save(Wallet(octets("other")))


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"XDG_DATA_HOME": "/data"}, "/data/undersigned/pass.json"),
        ("linux", {"XDG_DATA_HOME": ""}, "/home/me/.local/share/undersigned/pass.json"),
        ("darwin", {}, "/home/me/Library/Application Support/undersigned/pass.json"),
    ],
)
def test_where_a_pass_usually_lies(
    monkeypatch: pytest.MonkeyPatch, platform: str, variables: dict[str, str], expected: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv("HOME", "/home/me")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert str(pass_file.usual()) == expected


def test_a_mistake_is_one_sentence_and_exits_with_2(person: Person) -> None:
    command = [sys.executable, "-m", "undersigned", "sign", person.letter, "--pass", str(person.file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == f"There is no pass at {person.file}. Join first, or name the file with --pass.\n"


def test_nothing_of_a_whole_life_is_written_elsewhere(member: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    member.run("sign", member.letter, "--yes")
    member.double.round()
    member.run("receipt", "check")
    assert sorted(os.listdir(member.home)) == ["pass.json"]  # noqa: PTH208 - names are what is compared
    assert json.loads(member.file.read_bytes())["memberships"][0]["issuer"] == ISSUER
