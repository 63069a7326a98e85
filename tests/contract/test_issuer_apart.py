"""An issuer and letters on two machines: two `undersigned serve`, two folders, nothing shared but public keys."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from support.apart import BEGIN, EPOCH, ISSUER, LETTERS, SLUG, Apart, Machine, apart
from support.auditing import audited
from support.instance_double import ORGANISATION
from support.serving import free_port
from undersigned.tlog.note import SigningKey

#: One pair of machines, whose tests follow each other.
pytestmark = pytest.mark.xdist_group("apart")

QUIET = ["--role-family", "undeclared", "--standing", "undeclared", "--skip-check"]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apart]:
    with apart(tmp_path_factory.mktemp("apart")) as running:
        yield running


def test_each_machine_has_its_own_side_alone(both: Apart) -> None:
    def names(machine: Machine, folder: str) -> set[str]:
        return {each.name for each in (machine.folder / folder).glob("*") if not each.name.endswith("-journal")}

    assert names(both.issuer, "data") == {"issuer.sqlite3"}
    assert names(both.letters, "data") == {"letters.sqlite3", "ledger.sqlite3"}
    assert names(both.issuer, "keys") == {"subject.key", "identity.key", "issuer"}
    assert names(both.letters, "keys") == {"registry.key", "log.key", "receipt.key", "letters.key"}
    assert not (both.issuer.folder / "public").exists()
    assert not (both.issuer.folder / "staging").exists()


def test_a_life_on_two_machines(both: Apart) -> None:
    members = [both.join() for _ in range(12)]
    sent = [each.sign(SLUG) for each in members]
    # The issuer falls silent: what was accepted waits, and the operator is told.
    both.issuer.kill()
    said = both.letters.command("round", "--tick", "2026-12-02T00:00:00Z")
    assert f"{SLUG} waits for the next count: {ISSUER} does not answer" in said
    assert members[0].find_proof(SLUG) is None
    assert members[0].sign(SLUG).repeated
    both.issuer.start("--room", "issuer")
    # Its clock stands a day behind: that is no number for this tick either.
    assert "waits" in both.letters.command("round", "--tick", "2026-12-03T00:00:00Z")
    assert "12 acts published" in both.round("2026-12-04T00:00:00Z")
    assert all(each.find_proof(SLUG) is not None for each in members)
    assert members[0].check(sent[0].receipt, BEGIN).state == "counted"
    assert audited(both.letters.folder / "public").failures == ()


def test_renewing_and_cancelling_go_to_the_issuer(both: Apart) -> None:
    code = both.codes[-1]
    member = both.join()
    held = member.wallet.at(both.letters.url)[0]
    assert member.renew(held).credentials.keys() == held.credentials.keys()
    assert both.holder().replace(ORGANISATION, code) > "2026-12"
    member.cancel(ORGANISATION)


def test_the_command_line_shows_the_issuers_address_and_asks(both: Apart, tmp_path: Path) -> None:
    file = ["--pass", str(tmp_path / "anna.json")]
    asked = ["enrol", both.letters.url, "--organisation", ORGANISATION, "--code", both.codes[-1], *QUIET, *file]
    said = both.letters.python("-m", "undersigned", *asked, typed="n\n")
    assert f"This goes to {ISSUER} at {both.issuer.url}. Is that the address on your slip" in said
    assert "Nothing was done." in said
    assert not (tmp_path / "anna.json").exists()
    assert "You have joined" in both.letters.python("-m", "undersigned", *asked, typed="y\n")
    both.codes.pop()
    assert "You hold passes" in both.letters.python("-m", "undersigned", "renew", both.letters.url, *file)
    letter = f"{both.letters.url}/letters/{SLUG}/"
    assert "Signed." in both.letters.python("-m", "undersigned", "sign", letter, "--yes", *file)


def test_commands_that_need_the_other_side_say_so(both: Apart) -> None:
    port = str(free_port())
    at_letters = [
        ["codes", "list"], ["codes", "new", "--organisation", ORGANISATION, "--out", "never.html"], ["epoch", "list"],
        ["issuer", "key"],
        ["issuer", "allow", both.letters.key, "--url", "https://letters.example", "--organisation", ORGANISATION],
        ["ways", "list"],
        ["serve", "--room", "issuer", "--port", port],
    ]  # fmt: skip
    at_issuer = [
        ["letter", "list"], ["letter", "open", SLUG], ["names", "list", SLUG],
        ["issuer", "pin", ISSUER, both.issuer.key, "--url", "https://issuer.example"],
    ]  # fmt: skip
    said = both.letters.commands(*at_letters) + both.issuer.commands(*at_issuer)
    for code, words in said:
        side = "There is no issuer here" if said.index((code, words)) < len(at_letters) else "This is an issuer alone"
        assert (code, words.count("\n")) == (2, 1), words
        assert side in words


def test_addresses_of_the_other_side_are_not_here(both: Apart) -> None:
    for url in (f"{both.letters.url}/api/issuer/ways", f"{both.issuer.url}/log/checkpoint", both.issuer.url):
        assert httpx.get(url).status_code == 404
    act = {"content": bytes(8192), "headers": {"Content-Type": "application/octet-stream"}}
    assert httpx.post(f"{both.issuer.url}/api/acts", **act).status_code == 404  # type: ignore[arg-type] # by name


def test_a_statement_can_come_as_a_file(both: Apart, tmp_path: Path) -> None:
    file = tmp_path / "statement.txt"
    opening = ["epoch", "open", "example.org", EPOCH, "--out", str(file)]
    listing, closing = ["epoch", "list"], ["epoch", "close", "example.org", EPOCH]
    said = [words for _, words in both.issuer.commands(opening, listing, closing, listing, ["issuer", "list"])]
    assert "example.org  2026Q4  open  by code" in said[1]
    assert "example.org  2026Q4  closed  by code" in said[3]
    assert both.letters.url in said[4]
    added = ["issuer", "add", ISSUER, "example.org", EPOCH, "--file", str(file)]
    other = ["issuer", "add", ISSUER, "example.net", EPOCH, "--file", str(file)]
    first, again, wrong, listed = both.letters.commands(added, added, other, ["issuer", "list"])
    assert "The registry has the key of" in first[1]
    assert "already" in again[1]
    assert wrong[0] == 2
    assert "not of issuer.example for example.net" in wrong[1]
    assert f"{ISSUER}  {both.issuer.url}  {both.issuer.key}" in listed[1]


def test_numbers_are_told_to_known_letters_alone_and_once_a_tick(both: Apart) -> None:
    import secrets  # noqa: PLC0415 - for this alone

    from undersigned.asking.issuer import RemoteIssuer  # noqa: PLC0415 - beside its use
    from undersigned.asking.pins import Pin  # noqa: PLC0415 - beside its use
    from undersigned.errors import Unavailable  # noqa: PLC0415 - beside its use
    from undersigned.storage.keys import KeyStore  # noqa: PLC0415 - beside its use

    remote = RemoteIssuer(Pin.issuer(ISSUER, both.issuer.key, both.issuer.url), secrets.token_bytes)
    key = KeyStore(both.letters.folder / "keys").signing("registry", LETTERS)
    # The second was never opened, the third is open and not among what these letters may ask about.
    places = [(ORGANISATION, EPOCH), ("example.net", EPOCH), ("example.org", EPOCH)]
    tick = both.issuer.folder.joinpath("clock").read_text().strip()
    first = remote.figures(key, places, tick)
    assert [each.organisation for each in first] == [ORGANISATION]
    for _ in range(10):
        both.join()
    assert remote.figures(key, places, tick) == first
    later = f"{tick[:11]}01:00:00Z"
    with pytest.raises(Unavailable):
        remote.figures(key, places, later)
    both.issuer.command("round", "--tick", later)
    assert remote.figures(key, places, later)[0].at_most == first[0].at_most + 10
    stranger = SigningKey(key.name, bytes(32))
    for asker, at in ((stranger, later), (key, tick), (key, f"{tick[:11]}05:00:00Z")):
        with pytest.raises(Unavailable):
            remote.figures(asker, places, at)


def test_a_number_is_taken_back_by_commands(both: Apart, tmp_path: Path) -> None:
    file = tmp_path / "correction.txt"
    take = ["issuer", "correct", ORGANISATION, EPOCH, "--reason", "A zero too many.", "--out", str(file), "--was"]
    (no, why), (yes, said) = both.issuer.commands([*take, "10"], [*take, "1000000"])
    assert (no, yes) == (2, 0), why + said
    assert "makes a number smaller" in why
    assert "undersigned issuer corrected correction.txt" in said
    # The log never said that number, so there is nothing to take back.
    ((code, words),) = both.letters.commands(["issuer", "corrected", str(file)])
    assert code == 2
    assert "not 1,000,000: there is nothing to correct." in words
    assert "A zero too many." in file.read_text()


def test_no_file_of_one_machine_was_opened_by_the_other(both: Apart) -> None:
    """The last of these tests: both have done all that they do."""
    opened = {each.room: each.opened() for each in (both.issuer, both.letters)}
    assert both.issuer.folder / "data" / "issuer.sqlite3" in opened["issuer"]
    assert both.letters.folder / "data" / "ledger.sqlite3" in opened["letters"]
    for here, there in ((both.issuer, both.letters), (both.letters, both.issuer)):
        assert [each for each in opened[here.room] if each.is_relative_to(there.folder)] == []
