"""Where an issuer is: the letters' server leaves it out, names itself, or names another one later. A person decides."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from support.instance_double import ADDRESS, CODE, ORGANISATION, UNION, Double, IssuerDouble, dice, served, wallet
from undersigned.cli.app import app
from undersigned.errors import Malformed, Refused, UndersignedError
from undersigned.holder.client import Client
from undersigned.holder.wallet import Wallet
from undersigned.protocol.elsewhere import issuers
from undersigned.values import canonical

QUIET = ("--role-family", "undeclared", "--standing", "undeclared", "--skip-check")
MEMBER = ("--organisation", ORGANISATION, "--issuer", UNION)
ASKED = "Is that the address on your slip, or as you were told?"


@dataclass
class Typist:
    """Somebody at a terminal, and three servers: the letters', the issuer's, and one more of its addresses."""

    letters: Double
    union: IssuerDouble
    url: str
    there: str
    false: str
    file: Path

    def names(self, *addresses: str) -> None:
        """Let the letters' server say where the issuer is; nowhere where none is given."""
        self.letters.files = {"issuers.json": issuers(dict.fromkeys((UNION,), *addresses) if addresses else {})}

    def run(self, *arguments: str, typed: str = "") -> str:
        made = CliRunner().invoke(app, [*arguments, "--pass", str(self.file)], input=typed)
        if isinstance(made.exception, UndersignedError):
            raise made.exception
        assert made.exit_code == 0, made.output
        return made.output

    def joins(self, *more: str, typed: str = "") -> str:
        return self.run("enrol", self.url, *MEMBER, "--code", CODE, *QUIET, *more, typed=typed)

    def is_refused(self, *arguments: str) -> str:
        """Run a command that refuses and sends nothing; its words."""
        before = self.sent()
        with pytest.raises(Refused) as caught:
            self.run(*arguments)
        assert caught.value.code == "issuer-moved"
        assert self.sent() == before
        return caught.value.words

    def sent(self) -> list[int]:
        return [len(self.letters.sent), len(self.union.sent)]

    def where(self) -> str:
        return Wallet.parse(self.file.read_bytes()).pins[self.url].issuers[UNION]


@pytest.fixture
def typist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Typist]:
    """The letters' server could admit in the issuer's place: what comes back is a good pass."""
    monkeypatch.chdir(tmp_path)
    double = Double()
    union = IssuerDouble(double)
    with served(double) as (url, _), served(union) as (there, _), served(union) as (false, _):
        made = Typist(double, union, url, there, false, tmp_path / "pass.json")
        # It answers as the issuer does: as one that has moved there, or as one that took over its key.
        double.post = union.post  # type: ignore[method-assign]  # whatever is for the issuer
        double.nonce = union.nonce
        union.origins.append(url)
        made.names(there)
        yield made


def test_an_issuer_that_is_left_out_is_asked_about(typist: Typist) -> None:
    """Its own address is shown as any other, and without a yes nothing goes there."""
    for named in ((), (typist.url,)):
        typist.names(*named)
        said = typist.joins(typed="n\n")
        assert f"This goes to {UNION} at {typist.url}. {ASKED}" in said
        assert "Nothing was done.\nIf your slip names another address, give it with --at." in said
        with pytest.raises(Malformed, match=f"Name it with --at {typist.url}"):
            typist.joins()
    assert typist.sent() == [0, 0]
    assert not typist.file.exists()


def test_the_address_of_the_slip_counts_more_than_what_the_server_says(typist: Typist) -> None:
    for named in ((), (typist.url,), (typist.false,)):
        typist.names(*named)
        said = typist.joins("--at", typist.there)
        assert (
            f"{typist.url} says {(*named, typist.url)[0]} for {UNION}. It goes to {typist.there}, as you say." in said
        )
        assert "You have joined" in said
        typist.file.unlink()
        typist.union.codes.clear()
    assert typist.sent() == [0, 3]


@pytest.mark.parametrize("later", ["none", "itself", "another"])
def test_a_silent_change_is_refused_by_every_command_and_a_move_is_agreed_to(typist: Typist, later: str) -> None:
    assert f"This goes to {UNION} at {typist.there}." in typist.joins(typed="y\n")
    assert typist.where() == typist.there
    again = typist.run("renew", typist.url)
    assert ASKED not in again
    assert f"This goes to {UNION} at {typist.there}." in again

    named, said = {"none": ((), typist.url), "itself": ((typist.url,), typist.url)}.get(
        later, ((typist.false,), typist.false)
    )
    typist.names(*named)
    for command in (
        ("renew", typist.url),
        ("enrol", typist.url, *MEMBER, "--code", CODE, *QUIET),
        ("cancel", typist.url, *MEMBER),
    ):
        words = typist.is_refused(*command)
        assert f"You know {UNION} at {typist.there}, but {typist.url} now says {said}. Nothing was sent." in words
        assert f"--at {said}" in words
        assert f"--at {typist.there}" in words
    # It has not moved: the address that the person knows is gone to, this time, and asked about the next.
    assert "You hold passes" in typist.run("renew", typist.url, "--at", typist.there)
    typist.is_refused("renew", typist.url)
    # It has: from now on it is there.
    assert "You hold passes" in typist.run("renew", typist.url, "--at", said)
    assert typist.where() == said
    assert "You hold passes" in typist.run("renew", typist.url)


def test_words_that_are_restored_or_replaced_go_nowhere_unasked(typist: Typist) -> None:
    typist.joins(typed="y\n")
    phrase = Wallet.parse(typist.file.read_bytes()).phrase
    typist.file.unlink()
    typist.names()
    before = typist.sent()
    back = ("restore", typist.url, *MEMBER, *QUIET[:4])
    assert "Nothing was done." in typist.run(*back, typed=f"{phrase}\nn\n")
    assert "Nothing was done." in typist.run("replace", typist.url, *MEMBER, "--code", CODE, *QUIET, typed="n\n")
    assert typist.sent() == before
    assert not typist.file.exists()
    assert "is back" in typist.run(*back, "--at", typist.there, typed=f"{phrase}\n")
    assert typist.where() == typist.there


def test_an_address_is_given_for_one_issuer(typist: Typist) -> None:
    both = ("restore", typist.url, "--organisation", ORGANISATION, *QUIET[:4], "--at", typist.there)
    typist.joins(typed="y\n")
    phrase = Wallet.parse(typist.file.read_bytes()).phrase
    with pytest.raises(Malformed, match="Say of which issuer"):
        typist.run(*both, typed=f"{phrase}\n")
    for wrong in ("union.example", "http://union.example", "https://union.example/path"):
        with pytest.raises(Malformed):
            typist.run("renew", typist.url, "--issuer", UNION, "--at", wrong)


def test_an_older_pass_opens_and_learns_the_address_with_a_yes(typist: Typist) -> None:
    typist.joins(typed="y\n")
    value = json.loads(typist.file.read_bytes())
    value["instances"][typist.url].pop("issuers")
    older = canonical(value)
    typist.file.write_bytes(older)
    before = typist.sent()
    assert "Nothing was done." in typist.run("renew", typist.url, typed="n\n")
    assert (typist.sent(), typist.file.read_bytes()) == (before, older)
    assert f"This goes to {UNION} at {typist.there}. {ASKED}" in typist.run("renew", typist.url, typed="y\n")
    assert typist.where() == typist.there
    assert ASKED not in typist.run("renew", typist.url)


# ── beneath the commands ──


def test_nothing_is_sent_where_nobody_agreed(typist: Typist) -> None:
    """A command that forgets to ask is refused."""
    held = wallet(policy=typist.letters.policy)
    typist.letters.elsewhere[UNION] = "https://union.example"
    typist.letters.files = {}
    sends: tuple[Callable[[Client], object], ...] = (
        lambda client: client.enrol(ORGANISATION, CODE, issuer=UNION),
        lambda client: client.restore(ORGANISATION, issuer=UNION),
        lambda client: client.replace(ORGANISATION, CODE, issuer=UNION),
        lambda client: client.cancel(ORGANISATION, issuer=UNION),
        lambda client: client.provider(ORGANISATION, UNION),
        lambda client: client.mailboxes(ORGANISATION, UNION),
    )
    for send in sends:
        with pytest.raises(Refused) as caught:
            send(Client(ADDRESS, held, dice("forgets"), typist.letters, reach=lambda _: typist.union))
        assert caught.value.code == "issuer-unseen"
    assert typist.sent() == [0, 0]


def test_a_pass_has_one_spelling_with_addresses_and_without() -> None:
    made = wallet(policy=Double().policy)
    made.agree(ADDRESS, UNION, "https://union.example")
    whole = made.encoded()
    assert Wallet.parse(whole).pins[ADDRESS].issuers[UNION] == "https://union.example"
    value = json.loads(whole)
    pin = value["instances"][ADDRESS]
    others: tuple[object, ...] = (
        {}, [], None, {UNION: "https://union.example/"}, {UNION: "https://union.example:443"}, {UNION: "union.example"},
        {UNION: "http://union.example"}, {"Union.example": "https://union.example"}, {UNION: 1},
    )  # fmt: skip
    for other in others:
        pin["issuers"] = other
        with pytest.raises(Malformed):
            Wallet.parse(canonical(value))
    pin.pop("issuers")
    older = canonical(value)
    assert Wallet.parse(older).encoded() == older
    assert re.search(b'"issuers"', older) is None
