"""Step 4: others who stand by a letter, supporters and shown names (`docs/protocol.md`, section 5).

No presentation stands behind either, so neither is in a count. What can be checked is that everybody is told the same,
that numbers move by tens and ticks only, and that the names shown are those that the registry binds, no other ones.
"""

from typing import Final

from undersigned.auditor.findings import Findings
from undersigned.auditor.source import REGISTRY, Source
from undersigned.errors import UndersignedError, Withheld
from undersigned.protocol.entry import NamesShown
from undersigned.protocol.names import NameList

#: Where a letter's list of names lies, and what it is called there.
NAMES: Final = "names.json"


def names_path(slug: str) -> str:
    """Return the path of the list of names of a letter."""
    return f"letters/{slug}/{NAMES}"


def check_names(source: Source, slug: str, entry: NamesShown | None, index: int, findings: Findings) -> None:
    """Compare the names shown under a letter with its newest `names` entry; `index` is that entry's or the letter's."""

    def fail(code: str, words: str) -> None:
        findings.fail(4, REGISTRY, index, code, words)

    try:
        shown = NameList.parse(source.read(names_path(slug)))
    except Withheld:
        if entry is not None and entry.count:
            findings.remark(
                f"The names shown under “{slug}” are not here, so whether they are those that the registry binds "
                "cannot be checked here."
            )
        return
    except UndersignedError as error:
        findings.error(4, REGISTRY, index, error)
        return
    if entry is None:
        fail("names-unbound", f"Names are shown under “{slug}”, but the registry binds none.")
    elif shown.number > entry.number:
        fail(
            "names-newer",
            f"The names shown under “{slug}” are list {shown.number:,}, and the registry read here ends with list "
            f"{entry.number:,}. If they were renewed just now, another audit finds them equal.",
        )
    elif not shown.matches(entry):
        fail(
            "names-differ",
            f"The names shown under “{slug}” are not those of list {entry.number:,}, which the registry binds: one was "
            "added, changed, kept or left out.",
        )
