"""Extracts all messages and merges them into the catalogues of every language.

    python tools/catalogues.py update      # writes undersigned.pot and merges it into every .po
    python tools/catalogues.py missing     # lists what is not translated yet, and fails where there is something

Sources are the templates and the Python of `src/`, calls of `_("…")`, `gettext("…")` and `ngettext("…", "…", …)`, and
the TypeScript of `client/app/`, calls of `t("…" + "…")`. Messages that only the client has stay where the client's
sources are not there. A catalogue names the files of a message and no lines, so that it changes with the words only.
"""

import argparse
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

ROOT: Final = Path(__file__).parent.parent
LOCALE: Final = ROOT / "src" / "undersigned" / "locale"
POT: Final = LOCALE / "undersigned.pot"
LANGUAGES: Final = ("de", "es", "fr")
CLIENT: Final = "client/"
#: Folder, pattern, method, functions: None is one message, (1, 2) a singular and a plural.
_FUNCTIONS: Final = {"_": None, "gettext": None, "ngettext": (1, 2)}
SOURCES: Final = (
    ("src/undersigned", "**/*.py", "python", _FUNCTIONS),
    ("src/undersigned/web/templates", "*.html", "jinja2.ext:babel_extract", _FUNCTIONS),
    ("client/app", "**/*.ts", "javascript", {"t": None}),
)


def found() -> Iterator[tuple[str, str | tuple[str, ...], list[str]]]:
    """Yield each message's file, text and comments."""
    for folder, pattern, method, functions in SOURCES:
        for path in sorted((ROOT / folder).glob(pattern)):
            name = path.relative_to(ROOT).as_posix()
            for _, text, comments, _ in extract(
                method, BytesIO(path.read_bytes()), functions, ("Translators:",), {"encoding": "utf-8"}
            ):
                yield name, text, comments


def template() -> Catalog:
    """Return all messages of all sources."""
    catalogue = Catalog(project="undersigned", charset="utf-8", fuzzy=False, header_comment=_HEAD)
    for name, text, comments in found():
        catalogue.add(text, locations=[(name, None)], auto_comments=comments)
    if not (ROOT / CLIENT).is_dir() and POT.is_file():
        for message in _read(POT):
            if message.id and all(path.startswith(CLIENT) for path, _ in message.locations):
                catalogue[message.id] = message
    return catalogue


_HEAD: Final = "# Messages of pages and of the signing client; tools/catalogues.py writes this file.\n#"


def _read(path: Path, language: str | None = None) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=language)


def _write(catalogue: Catalog, path: Path) -> None:
    for message in catalogue:
        message.locations = sorted(set(message.locations))
    written = BytesIO()
    write_po(
        written, catalogue, width=110, sort_output=True, include_lineno=False, ignore_obsolete=True, omit_header=False
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_without_dates(written.getvalue()))


def _without_dates(data: bytes) -> bytes:
    """Drop the header's lines that change with every run or name a person."""
    dropped = (
        b'"POT-Creation-Date',
        b'"PO-Revision-Date',
        b'"Last-Translator',
        b'"Language-Team',
        b'"Generated-By',
        b'"Report-Msgid',
    )
    return b"".join(line for line in data.splitlines(keepends=True) if not line.startswith(dropped))


def po(language: str) -> Path:
    """Return where a language's catalogue lies."""
    return LOCALE / language / "LC_MESSAGES" / "undersigned.po"


def update() -> None:
    """Write the template and merge it into every language; nothing is guessed from similar messages."""
    catalogue = template()
    _write(catalogue, POT)
    for language in LANGUAGES:
        path = po(language)
        old = _read(path, language) if path.is_file() else Catalog(locale=language, fuzzy=False, header_comment=_HEAD)
        old.header_comment, old.project = _HEAD, "undersigned"
        old.update(catalogue, no_fuzzy_matching=True)
        old.obsolete.clear()
        _write(old, path)


def missing() -> int:
    """Print what is not translated; return how many messages that are."""
    untold = [
        (language, message) for language in LANGUAGES for message in _read(po(language), language) if _is_empty(message)
    ]
    for language, message in untold:
        print(language, message.id)
    return len(untold)


def _is_empty(message: Message) -> bool:
    texts = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return bool(message.id) and not all(texts)


def main() -> None:
    """Run one of the two."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("update", "missing"))
    if parser.parse_args().what == "update":
        update()
    else:
        sys.exit(1 if missing() else 0)


if __name__ == "__main__":
    main()
