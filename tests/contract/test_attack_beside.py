"""Attacks on supporters and names: counting twice, numbers typed by hand, other people's rows, what is left to see."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from support.beside import SLUG, VERBS, Around, Street, around, street
from support.instances import letter
from support.paths import ROOT
from undersigned.cli.app import app
from undersigned.protocol.beside import PURPOSES, SHOW, SUPPORT, UNSHOW, UNSUPPORT
from undersigned.web.operations import turn

__all__ = ["around"]

SECOND, HOUR = "2026-12-02T00:00:00Z", "2026-12-02T01:00:00Z"


@pytest.fixture
def here(tmp_path: Path, around: Around) -> Iterator[Street]:
    with street(tmp_path, around, letter(SLUG), letter("other")) as made:
        yield made


def supporters(here: Street) -> dict[str, int]:
    """Rows by letter."""
    from undersigned.letters.models import Supporter  # noqa: PLC0415 - needs Django set up first

    table = Supporter.objects.using("letters")
    contexts = {slug: here.instance.letters.letter(slug).context for slug in (SLUG, "other")}
    return {slug: table.filter(context=context).count() for slug, context in contexts.items()}


def shown(here: Street) -> list[str]:
    return [each.name for _, each, _ in here.instance.others.names(SLUG)]


# ── a number typed by hand ──


def test_no_message_and_no_command_takes_a_number_of_people(here: Street) -> None:
    paths = here.client.get("/api/openapi.json").json()["paths"]
    schemas = {
        verb: paths[f"/api/{verb}"]["post"]["requestBody"]["content"]["application/json"]["schema"]["properties"]
        for verb in (*VERBS.values(), "supporters/mails")
    }
    assert {name for each in schemas.values() for name in each} == {
        "address", "code", "language", "letter", "line", "name", "profile", "purpose", "work",
    }  # fmt: skip
    assert not [each for named in schemas.values() for each in named.values() if each.get("type") == "integer"]
    for verb in VERBS.values():
        given = {"address": here.ann, "code": "00000000", "count": 40, "letter": SLUG, "profile": "undersigned/1"}
        given |= {"line": None, "name": "Ann"} if verb == "names" else {}
        answer = here.send(verb, json.dumps(given, sort_keys=True, separators=(",", ":")).encode())
        assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (400, "field-unknown")
    for words in (
        ("support",),
        ("show-name",),
        ("names", "list"),
        ("names", "remove"),
        ("round",),
        ("letter", "close"),
    ):
        assert not takes_a_number(*words), words
    assert takes_a_number("codes", "new"), "what is looked for would be found"


def takes_a_number(*words: str) -> bool:
    """Whether a command has an argument or an option that is a number, by its own help."""
    said = CliRunner().invoke(app, [*words, "--help"])
    assert said.exit_code == 0, said.output
    return re.search(r"<(?:int|float)\b", said.output) is not None


def test_the_entry_with_the_number_is_made_in_one_place_from_rows() -> None:
    made = [
        (path.relative_to(ROOT).as_posix(), node.lineno)
        for path in sorted((ROOT / "src" / "undersigned").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Supporters"
    ]
    assert [path for path, _ in made] == ["src/undersigned/letters/standing.py"]
    source = (ROOT / "src/undersigned/letters/standing.py").read_text(encoding="utf-8").splitlines()
    before = "\n".join(source[made[0][1] - 8 : made[0][1]])
    assert "rules.at_least(Supporter.objects.using(_DB).filter(context=due.context).count())" in before


# ── one address, counted twice ──


def test_one_address_in_many_spellings_counts_once(here: Street) -> None:
    first, last = here.ann.split("@")
    for local in (first, first.upper(), first.title(), first.swapcase()):
        assert here.confirm(f"{local}@{last}").status_code == 204
    assert supporters(here) == {SLUG: 1, "other": 0}
    code = here.code(here.ann)
    for refused in (
        f"{first}@{last.upper()}", f"{first}@{last}.", f"{first}+1@{last}", f"\uff41{first[1:]}@{last}",
        f"\u0430{first[1:]}@{last}", f" {first}@{last}", f"{first}@{last}\n", f'"{first}"@{last}',
        f"{first}@m\u00e4il.example", f"{first}%40{last}", f"{first}(x)@{last}", f"{first}\u200b@{last}",
    ):  # fmt: skip
        record = {"address": refused, "code": code, "letter": SLUG, "profile": "undersigned/1"}
        octets = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        assert here.send("supporters", octets).status_code == 400, refused
    assert supporters(here) == {SLUG: 1, "other": 0}


def test_two_letters_count_an_address_once_each_and_each_with_its_own_code(here: Street) -> None:
    code = here.code(here.ann)
    assert here.confirm(here.ann, code=code).status_code == 204
    assert here.confirm(here.ann, slug="other", code=code).status_code == 403
    assert supporters(here) == {SLUG: 1, "other": 0}
    assert here.confirm(here.ann, slug="other").status_code == 204
    assert supporters(here) == {SLUG: 1, "other": 1}


def test_dots_are_letters_of_an_address(here: Street) -> None:
    """What a mail server makes of dots is not known here: said in limitations.md."""
    for local in ("ann.smith", "annsmith"):
        assert here.confirm(f"{local}@mail{here.number}.example").status_code == 204
    assert supporters(here)[SLUG] == 2
    assert "dots that a mail" in (ROOT / "docs" / "limitations.md").read_text(encoding="utf-8")


# ── other people's rows ──


def test_nobody_takes_away_what_is_another_s(here: Street) -> None:
    assert here.confirm(here.ann).status_code == 204
    assert here.show(here.ann, "Ann Smith").status_code == 204
    own = {each: here.code(here.ben, each) for each in PURPOSES}
    hers = {each: here.code(here.ann, each) for each in PURPOSES}
    # With codes of one's own, and with hers for anything else.
    for purpose in (UNSUPPORT, UNSHOW):
        tried = [*own.values(), *(code for each, code in hers.items() if each != purpose)]
        assert {here.confirm(here.ann, purpose, code=code).status_code for code in tried} == {403}
    tried = [*own.values(), *(code for each, code in hers.items() if each != SHOW)]
    assert {here.show(here.ann, "Somebody Else", code=code).status_code for code in tried} == {403}
    # With a right code one reaches one's own rows alone.
    for purpose in (UNSUPPORT, UNSHOW):
        assert here.confirm(here.ben, purpose, code=own[purpose]).status_code == 204
    assert (supporters(here)[SLUG], shown(here)) == (1, ["Ann Smith"])


def test_a_name_of_a_supporter_is_another_row_and_goes_alone(here: Street) -> None:
    assert here.confirm(here.ann).status_code == here.show(here.ann, "Ann Smith").status_code == 204
    assert here.confirm(here.ann, UNSHOW).status_code == 204
    assert (supporters(here)[SLUG], shown(here)) == (1, [])
    assert here.show(here.ann, "Ann Smith").status_code == here.confirm(here.ann, UNSUPPORT).status_code == 204
    assert (supporters(here)[SLUG], shown(here)) == (0, ["Ann Smith"])


def test_ten_guesses_an_hour_and_then_not_even_the_right_code(here: Street) -> None:
    """The price, said in limitations.md: who spends another's tries keeps them from it for that hour."""
    assert here.show(here.ann, "Ann Smith").status_code == 204
    right = here.code(here.ann, UNSHOW)
    guesses = [here.confirm(here.ann, UNSHOW, code=f"{number:08}") for number in range(10)]
    assert {each.status_code for each in guesses} == {403}
    late = here.confirm(here.ann, UNSHOW, code=right)
    assert (late.status_code, late.json()["type"].rpartition(":")[2]) == (403, "too-many-tries")
    assert shown(here) == ["Ann Smith"]


# ── what is left to see ──


def test_after_it_was_taken_away_no_address_has_the_name_its_salt_or_its_list(here: Street) -> None:
    assert here.show(here.ann, "Ann Smith").status_code == here.show(here.ben, "Ben").status_code == 204
    turn(here.instance, SECOND)
    before = here.client.get(f"/letters/{SLUG}/names.json")
    entry = here.instance.ledger.registry().names[here.instance.letters.letter(SLUG).digest]
    assert {each["name"] for each in before.json()["names"]} == {"Ann Smith", "Ben"}
    assert here.confirm(here.ann, UNSHOW).status_code == 204
    turn(here.instance, HOUR)
    after = here.client.get(f"/letters/{SLUG}/names.json", headers={"If-None-Match": before.headers["ETag"]})
    assert (after.status_code, [each["name"] for each in after.json()["names"]]) == (200, ["Ben"])
    assert before.headers["Cache-Control"] == "no-cache", "no copy on the way is used unasked"
    for path in (
        f"/documents/{entry.digest}", f"/letters/{SLUG}/names.1.json", f"/letters/{SLUG}/names-1.json",
        f"/letters/{SLUG}/names.json.new", f"/letters/{SLUG}/names/", f"/letters/{SLUG}/names/1", "/api/names",
        "/api/supporters",
    ):  # fmt: skip
        assert here.client.get(path).status_code in {404, 405}, path
    public = {path: path.read_bytes() for path in here.instance.config.public.rglob("*") if path.is_file()}
    assert [path for path, octets in public.items() if b"Ann Smith" in octets] == []
    assert [path for path, octets in public.items() if b"Ben" in octets] != [], "what is looked for would be found"
    # The new salt of one who stays is the old one: else each change would show that nobody else left.
    kept = [[each for each in listed["names"] if each["name"] == "Ben"] for listed in (before.json(), after.json())]
    assert kept[0] == kept[1]


def test_nothing_published_differs_by_whether_an_address_supports(here: Street) -> None:
    """Nine others stand by it; whether the tenth row is somebody's or nobody's, all that is served is the same."""
    here.crowd(8)
    turn(here.instance, SECOND)
    seen = []
    for purpose in (SUPPORT, UNSUPPORT):
        assert here.confirm(here.ann, purpose).status_code == 204
        turn(here.instance, HOUR if purpose == SUPPORT else "2026-12-02T02:00:00Z")
        served = {path: here.client.get(path).content for path in (f"/letters/{SLUG}/", f"/letters/{SLUG}/count.json")}
        seen.append(served | {"registry": str(here.instance.ledger.registry().size).encode()})
    assert seen[0] == seen[1]
