"""`support`, `show-name` and `names`, typed by people, against a real server, keeper and mail server."""

from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

from support.beside import SLUG, Street, street, surroundings
from support.mailing import code_in
from support.serving import Server, serving
from undersigned.cli.app import app
from undersigned.errors import Malformed, Refused, UndersignedError
from undersigned.web.operations import turn

SECOND = "2026-12-02T00:00:00Z"
Here = tuple[Street, Server]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Here]:
    folder = tmp_path_factory.mktemp("others")
    with (
        surroundings(folder) as around,
        street(folder, around) as made,
        serving(made.instance.config.directory) as server,
    ):
        yield made, server


def run(*words: str) -> str:
    """Run a command; return what it printed. Raises what it raised."""
    result = CliRunner().invoke(app, [*words])
    if isinstance(result.exception, UndersignedError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def typed(here: Here, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What a person types at each question; the code is read from the mail that comes."""
    mailbox = here[0].post.mailbox
    answers = {"Show this name? (yes or no)": "yes"}

    def prompt(question: str, **_: Any) -> str:
        if question == "Your address":
            answers["mails"] = str(len(mailbox.mails))
        elif question == "The eight digits":
            digits = code_in(mailbox.wait(int(answers["mails"]) + 1)[-1])
            return f"{digits[:4]} {digits[4:]}"
        return answers[question]

    monkeypatch.setattr("typer.prompt", prompt)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    return answers


def address(server: Server) -> str:
    return f"{server.url}/letters/{SLUG}"


def count() -> int:
    from undersigned.letters.models import Supporter  # noqa: PLC0415 - needs Django set up first

    found: int = Supporter.objects.using("letters").count()
    return found


def test_support_and_take_it_back(here: Here, typed: dict[str, str]) -> None:
    made, server = here
    typed["Your address"] = f" {made.ann.upper().replace('SMITH', 'Smith')} "
    said = run("support", address(server))
    assert "You are counted once, from the next count on." in said
    assert f"undersigned support --withdraw {address(server)}" in said
    assert count() == 1
    # Another purpose, another code.
    assert "You are not counted, from the next count on." in run("support", "--withdraw", address(server))
    assert count() == 0


def test_a_name_is_shown_listed_and_taken_off(here: Here, typed: dict[str, str]) -> None:
    made, server = here
    typed |= {
        "Your address": made.ben,
        "Your name": " Ben   Olsen ",
        "What you say of yourself, or Enter for nothing": "",
    }
    said = run("show-name", address(server))
    assert said.index("your employer, search engines, anyone") < said.index("Ben Olsen") < said.index("A code is on")
    listed = run("names", "list", SLUG, "--dir", str(made.instance.config.directory))
    assert "Ben Olsen" in listed
    assert "waits" in listed
    turn(made.instance, SECOND)
    (row,) = [
        line.split()
        for line in run("names", "list", SLUG, "--dir", str(made.instance.config.directory)).splitlines()[1:]
    ]
    assert row[-1] == "shown"
    reason = "Nobody of this name wanted it."
    run("names", "remove", SLUG, row[0], "--reason", reason, "--dir", str(made.instance.config.directory))
    assert "No names are shown" in run("names", "list", SLUG, "--dir", str(made.instance.config.directory))
    entry = made.instance.ledger.registry().names[made.instance.letters.letter(SLUG).digest]
    assert (entry.count, entry.reason) == (0, reason)


def test_who_says_no_sends_nothing(here: Here, typed: dict[str, str]) -> None:
    made, server = here
    before = len(made.post.mailbox.mails)
    typed |= {"Your name": "Ann", "What you say of yourself, or Enter for nothing": "welder"}
    typed["Show this name? (yes or no)"] = "no"
    said = run("show-name", address(server))
    assert "who says: welder" in said
    assert said.rstrip().endswith("Nothing was sent.")
    assert len(made.post.mailbox.mails) == before


def test_what_is_wrong_is_said_in_words(here: Here, typed: dict[str, str]) -> None:
    _, server = here
    typed["Your address"] = "ann@example.com"
    with pytest.raises(Refused, match="which would see the mail"):
        run("support", address(server))
    typed["Your address"] = "ann"
    with pytest.raises(Malformed, match="An address is like"):
        run("support", address(server))
    with pytest.raises(Malformed, match="A mail is written in one of"):
        run("support", address(server), "--language", "la")
