"""What an audit finds: failures by step, and remarks that are no failures."""

import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from undersigned.errors import UndersignedError

STEPS: Final = {
    1: "Checkpoints: signatures and witnesses",
    2: "Every entry, tile and root",
    3: "Agreement with an earlier audit",
    4: "One letter and one key for everybody; documents",
    5: "Rounds: size, order, dates, goal",
    6: "Every presentation",
    7: "One signature a member; withdrawals",
    8: "No more signatories than members admitted",
    9: "Releases",
    10: "The count",
}
#: Failures of one step that are kept with their words; all are counted.
KEPT: Final = 50

#: What a terminal shows as nothing or as space although it is a letter or a sign: Braille and Hangul blanks.
_BLANK: Final = frozenset("\u2800\u115f\u1160\u3164\uffa0")
_MARKS: Final = str.maketrans(dict.fromkeys('“”„"', "'"))


def one_line(words: str) -> str:
    """Return words without what could begin a line, turn the direction of writing or move the cursor."""
    return "".join(
        " "
        if character in _BLANK or unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"}
        else character
        for character in words
    )


def quoted(words: str) -> str:
    """Return words of the server in quotes that they cannot close, with no space to push anything to another line."""
    return f"“{' '.join(one_line(words).translate(_MARKS).split())}”"


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that does not hold: in which step, in which log, at which entry (from 0), and why."""

    step: int
    log: str
    entry: int | None
    code: str
    words: str


@dataclass
class Findings:
    """Failures of all steps, counted without end and kept to a limit, and remarks, each once."""

    kept: list[Failure] = field(default_factory=list)
    counts: Counter[int] = field(default_factory=Counter)
    remarks: list[str] = field(default_factory=list)

    def fail(self, step: int, log: str, entry: int | None, code: str, words: str) -> None:
        """Note a failure."""
        self.counts[step] += 1
        if self.counts[step] <= KEPT:
            self.kept.append(Failure(step, log, entry, code, words))

    def error(self, step: int, log: str, entry: int | None, error: UndersignedError) -> None:
        """Note a failure for which there is an error already."""
        self.fail(step, log, entry, error.code, error.words)

    def remark(self, words: str) -> None:
        """Note something that a reader should know and that is no failure."""
        if words not in self.remarks:
            self.remarks.append(words)

    @property
    def total(self) -> int:
        """Number of all failures."""
        return sum(self.counts.values())

    def in_order(self) -> list[Failure]:
        """Return the kept failures, by step, then as they were found."""
        return sorted(self.kept, key=lambda failure: failure.step)
