"""Every command says what it does, in words, and what each of its options is for."""

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from undersigned.cli.app import app

#: Words of the specification that people who use the commands need not know.
JARGON = re.compile(
    r"\b(?:pseudonym|credential|commitment|context_id|presentation|nym|epoch|tick|holder|BBS|HMAC)s?\b", re.IGNORECASE
)
#: Where the word is the thing itself: a demonstration's clock takes a tick.
EXPECTED_JARGON = {"round --tick"}


def walk(command: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """All commands below this one by name. Typer brings its own copy of click, so their classes are not click's."""
    for word, inner in getattr(command, "commands", {}).items():
        yield f"{name} {word}".strip(), inner
        yield from walk(inner, f"{name} {word}".strip())


COMMANDS = dict(walk(typer.main.get_command(app)))


def faults(name: str, command: Any) -> list[str]:
    found = []
    help_text = (command.help or "").strip()
    if not help_text.endswith(".") or len(help_text) < len("Do it now."):
        found.append(f"{name}: no sentence")
    for option in command.params:
        shown = f"{name} {option.opts[-1]}"
        said = getattr(option, "help", None) or ""
        if option.name != "help" and len(said) < len("A word."):
            found.append(f"{shown}: no help")
        if JARGON.search(said) and shown not in EXPECTED_JARGON:
            found.append(f"{shown}: {JARGON.findall(said)}")
    if JARGON.search(help_text):
        found.append(f"{name}: {JARGON.findall(help_text)}")
    if re.search(r"!|\bplease\b", help_text, re.IGNORECASE):
        found.append(f"{name}: shouts or begs")
    return found


def test_there_are_the_commands_that_the_readers_need() -> None:
    wanted = {
        "init", "serve", "letter new", "letter open", "letter close", "letter list", "codes new", "enrol", "sign",
        "withdraw", "round", "audit", "receipt check", "archive", "demo", "burn",
    }  # fmt: skip
    assert wanted <= set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_says_what_a_command_does(name: str) -> None:
    assert faults(name, COMMANDS[name]) == []


@pytest.mark.parametrize("name", COMMANDS)
def test_help_fits_a_terminal(name: str) -> None:
    done = CliRunner().invoke(app, [*name.split(), "--help"], env={"COLUMNS": "80", "TERM": "dumb", "NO_COLOR": "1"})
    assert done.exit_code == 0, done.output
    assert max(map(len, done.output.splitlines())) <= 80
    assert len(done.output.splitlines()) <= 70


def test_a_command_without_help_is_seen() -> None:
    option = SimpleNamespace(opts=["--quarter"], name="quarter", help="Epoch of the credential.")
    assert len(faults("x", SimpleNamespace(help=None, params=[option]))) == 2
    assert faults("x", SimpleNamespace(help="Do it now, please.", params=[]))
