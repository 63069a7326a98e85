# ruff: noqa: INP001 - a program beside its data
"""Writes the vectors of profile `undersigned/1`, octet for octet the same at every run.

    python vectors/generate.py [FOLDER]

Without a folder it writes beside itself. See `README.md` here for what the files hold.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from making import accounts, acts, beside, documents, plain, statements, work

FILES: Final[dict[str, Callable[[], dict[str, Any]]]] = {
    "accounts.json": accounts.accounts,
    "acts.json": acts.valid,
    "acts-invalid.json": acts.invalid,
    "beside.json": beside.beside,
    "canonical-json.json": plain.canonical_json,
    "derivation.json": plain.derivation,
    "enrolment.json": documents.enrolment,
    "entries.json": documents.entries,
    "issuance.json": plain.issuance,
    "letters.json": documents.letters,
    "names.json": documents.names,
    "padding.json": acts.padding,
    "receipts.json": documents.receipts,
    "registry.json": documents.registry,
    "scalars.json": plain.scalars,
    "statements.json": statements.statements,
    "terms.json": documents.terms,
    "work.json": work.work,
}


def write(folder: Path) -> None:
    """Write every file into a folder that exists."""
    for name, make in FILES.items():
        text = json.dumps({"profile": "undersigned/1"} | make(), indent=1, ensure_ascii=True)
        (folder / name).write_text(text + "\n", encoding="ascii")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
