"""No number that anybody is told can be typed in: what counts people is counted by the program.

Whole numbers that a person can give are named here, one by one, with what they are; none counts people who stand by a
letter. Entries that hold such numbers are made in one place each.
"""

import ast
import dataclasses
import json
import tomllib
from typing import Any

import pytest
import typer.main

from support.tree import SOURCE, modules, syntax
from undersigned.cli.app import app
from undersigned.cli.letter_file import EXAMPLE
from undersigned.config import Config
from undersigned.protocol import entry

#: Options that take a number, and what it is a number of.
OPTIONS = {
    "audit --sample": "presentations to look at",
    "audit --workers": "processes",
    "backup restore --log-size": "entries that others saw, against which a backup is held; published by nobody",
    "backup restore --registry-size": "entries that others saw, as above",
    "check-page --port": "a port",
    "codes new --count": "codes to print; a code that is used makes a member, who is counted then",
    "demo --members": "invented people, who really join",
    "demo --port": "a port",
    "demo --workers": "processes",
    "init --round-hours": "hours",
    "issuer correct --was": "the number that the log says already, to take it back; any other is refused",
    "keeper --burst": "requests",
    "keeper --rate": "requests a second",
    "serve --port": "a port",
    "ways set oidc --port": "a port",
}
#: Numbers of a letter's file: a goal before which nothing is shown, and a denominator with its source and date.
LETTER = {"goal", "people"}
#: Numbers of an instance's settings.
SETTINGS = {"round_hours", "work", "workers"}
#: Entries of the logs that say how many people there are, and the one module that makes each.
MAKERS = {
    "Issued": {"issuer/service.py"},
    "IssuedCorrected": {"issuer/questions.py"},
    "NamesShown": {"letters/standing.py"},
    "Round": {"ledger/rules.py"},
    "Supporters": {"letters/standing.py"},
}


def walk(command: Any, name: str = "") -> dict[str, Any]:
    """All options and arguments below a command, by name."""
    found = {f"{name} {each.opts[-1]}".strip(): each for each in command.params}
    for word, inner in getattr(command, "commands", {}).items():
        found |= walk(inner, f"{name} {word}".strip())
    return found


def numeric(options: dict[str, Any]) -> set[str]:
    """Names of options whose value is a number."""
    return {name for name, each in options.items() if each.bare_type() in {"int", "float"}}


def test_no_option_takes_a_number_of_people() -> None:
    assert numeric(walk(typer.main.get_command(app))) == set(OPTIONS)


def test_an_option_with_a_number_is_seen() -> None:
    planted = typer.Typer()

    @planted.command()
    def signed(count: int = 5) -> None:
        """Say how many signed."""

    assert numeric(walk(typer.main.get_command(planted))) == {"--count"}


def integers(value: Any, name: str = "") -> set[str]:
    """Names of everything in a parsed file that is a number."""
    if isinstance(value, dict):
        return {found for key, inner in value.items() for found in integers(inner, key)}
    if isinstance(value, list):
        return {found for inner in value for found in integers(inner, name)}
    return {name} if isinstance(value, int | float) and not isinstance(value, bool) else set()


def test_a_letter_s_file_has_a_goal_and_denominators_and_no_count() -> None:
    assert integers(tomllib.loads(EXAMPLE)) == LETTER


@pytest.mark.parametrize("name", ["letter", "terms"])
def test_documents_have_a_goal_and_denominators_and_no_count(name: str) -> None:
    schema = json.loads((SOURCE / "protocol" / "schema" / f"{name}.schema.json").read_text())

    def numbers(value: Any, field: str = "") -> set[str]:
        if isinstance(value, dict):
            kinds = value.get("type")
            here = {field} if "integer" in ([kinds] if isinstance(kinds, str) else kinds or []) else set()
            inside = value.get("properties", {})
            return here.union(
                *(numbers(inner, key) for key, inner in inside.items()),
                *(numbers(inner, field) for key, inner in value.items() if key != "properties"),
            )
        return set().union(*(numbers(inner, field) for inner in value)) if isinstance(value, list) else set()

    found = numbers(schema)
    assert found
    assert found <= {"goal", "at_least", "number"}


def test_settings_count_nobody() -> None:
    assert {each.name for each in dataclasses.fields(Config) if each.type is int} <= SETTINGS


def made_in(kind: str, sources: list[tuple[str, ast.Module]]) -> set[str]:
    """Modules in which an entry of this kind is made."""
    return {
        name
        for name, tree in sources
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == kind
    }


SOURCES = [(str(path.relative_to(SOURCE)), syntax(path)) for path in modules()]


@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_an_entry_that_counts_people_is_made_in_one_place(kind: str) -> None:
    # The ledger reads its own last figures back, as they are or as their issuers corrected them.
    also = {"ledger/service.py"} if kind == "Issued" else set()
    assert made_in(kind, SOURCES) - also == MAKERS[kind]


def test_another_maker_is_seen() -> None:
    assert made_in("Supporters", [("cli/x.py", ast.parse("entry.Supporters(letter, 1000, tick)"))]) == {"cli/x.py"}


def test_all_entries_that_count_people_are_known() -> None:
    counting = {
        kind.__name__ for kind in (*entry.REGISTRY, *entry.LOG) if {"count", "at_least", "at_most"} & set(kind.CHECKS)
    }
    assert counting == set(MAKERS)
