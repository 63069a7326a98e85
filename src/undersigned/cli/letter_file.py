"""A letter as its writers keep it: a TOML file for people, from which document and terms are made."""

import tomllib
from pathlib import Path
from typing import Any, Final

from undersigned import PROFILE
from undersigned.errors import Malformed, UndersignedError, Withheld
from undersigned.protocol.letter import Letter, Organisation, Recounter, Terms, Text, Workforce
from undersigned.values import canonical

TAXONOMY: Final = "t2026-1"

EXAMPLE: Final = '''\
# A letter. What stands here can never change once the letter is open, but for what is marked (terms).
slug = "on-how-ai-is-used-here"
addressee = "the board of Example Corp"
goal = 1000                         # nothing is shown before so many have signed; leave it out for none
closes = "2027-03-01T00:00:00Z"     # terms: a full hour in UTC; can be moved later, never earlier

[[organisations]]
name = "example.com"
issuers = ["issuer.example"]        # several: each of them has to admit whoever signs, so none invents members unseen
people = 21000                      # terms: a lower bound; below 40 the organisation is refused
as_of = "2026-09-30"                # terms
source = "annual report 2025, page 12"  # terms

[[texts]]
language = "en"
title = "On how AI is used here"
body = """
To the board,

we work here, and we write because ...
"""
demands = [
  "The first demand.",
  "The second demand.",
]
'''


def read(path: Path, today: str, quarter: str) -> tuple[Letter, Terms]:
    """Read a letter's file; the epoch is the quarter in which it is drafted where the file names none.

    Raises: `Withheld` when there is no such file, `Malformed` with what is wrong in it.
    """
    try:
        got = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise Withheld("no-file", f"There is no file {path}.") from error
    except (OSError, ValueError) as error:
        raise Malformed("bad-letter-file", f"{path} cannot be read: {error}") from error
    try:
        letter = _letter(got, quarter)
        return letter, _terms(got, letter, today)
    except UndersignedError as error:
        raise Malformed(error.code, f"{path}: {error.words}") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise Malformed("bad-letter-file", f"{path}: {_missing(error)}") from error


def _missing(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"“{error.args[0]}” is missing. “undersigned letter new --example” shows a whole file."
    return "a value is of the wrong kind. “undersigned letter new --example” shows a whole file."


def _letter(got: dict[str, Any], quarter: str) -> Letter:
    made = Letter(
        slug=got["slug"],
        addressee=got["addressee"],
        epoch=got.get("epoch", quarter),
        goal=got.get("goal"),
        organisations=tuple(
            Organisation(each["name"], tuple(each["issuers"]))
            for each in sorted(got["organisations"], key=lambda each: str(each["name"]))
        ),
        texts=tuple(
            Text(
                each["language"],
                each["title"],
                each["body"].strip().replace("\r\n", "\n"),
                tuple(demand.strip() for demand in each.get("demands", [])),
            )
            for each in got["texts"]
        ),
        taxonomy=got.get("taxonomy", TAXONOMY),
        recounters=tuple(
            Recounter(each["name"], each["key"])
            for each in sorted(got.get("recounters", []), key=lambda each: str(each["name"]))
        ),
        continues=got.get("continues"),
    )
    return Letter.parse(canonical(made.record()))


def _terms(got: dict[str, Any], letter: Letter, today: str) -> Terms:
    figures = [
        {
            "as_of": str(each["as_of"]),
            "at_least": each["people"],
            "organisation": each["name"],
            "source": each["source"],
        }
        for each in sorted(got["organisations"], key=lambda each: str(each["name"]))
        if "people" in each
    ]
    record = {
        "closes": got["closes"],
        "dated": today,
        "errata": [],
        "letter": letter.digest,
        "number": 1,
        "profile": PROFILE,
        "workforce": [Workforce.parse(figure).record() for figure in figures],
    }
    return Terms.parse(canonical(record))
