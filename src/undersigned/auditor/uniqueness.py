"""Step 7: per context one signature a pseudonym, and at most one withdrawal after it (`docs/protocol.md`, section 6).

No set of all pseudonyms is kept: each act becomes a record of fixed length, sorted runs of them go to temporary
files, and the runs are merged. Rounds come sorted, so sorting a run is merging too.
"""

import heapq
import tempfile
from collections.abc import Iterator
from itertools import groupby
from types import TracebackType
from typing import IO, Final, Self

from undersigned.auditor.findings import Findings
from undersigned.auditor.reading import ActSeen
from undersigned.auditor.source import LOG
from undersigned.protocol.credential import METHODS

#: Records of one run: about 15 MB while it is sorted.
RUN: Final = 1 << 17
#: Records that are read from a run at a time.
BLOCK: Final = 256

_NUMBER: Final = 4
_PSEUDONYM: Final = 48
_PLACE: Final = 8
#: Context, pseudonym, place in the log, organisation, and an octet: twice the way of joining, and 1 for a withdrawal.
RECORD: Final = _NUMBER + _PSEUDONYM + _PLACE + _NUMBER + 1
_WHOSE: Final = _NUMBER + _PSEUDONYM


class Uniqueness:
    """Takes every act, in any order, and judges them all at the end. It uses temporary files while it is open."""

    def __init__(self, findings: Findings, run: int = RUN) -> None:
        self._findings = findings
        self._run = run
        self._records: list[bytes] = []
        self._runs: list[IO[bytes]] = []
        self._names: dict[str, bytes] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for run in self._runs:
            run.close()

    def _number(self, name: str) -> bytes:
        return self._names.setdefault(name, len(self._names).to_bytes(_NUMBER, "big"))

    def take(self, place: int, act: ActSeen) -> None:
        """Take the act at index `place` of the log."""
        where = place.to_bytes(_PLACE, "big")
        way = 0 if act.method is None else 1 + METHODS.index(act.method)
        last = bytes([2 * way + (act.action != "sign")])
        self._records.append(self._number(act.context) + act.pseudonym + where + self._number(act.organisation) + last)
        if len(self._records) >= self._run:
            self._spill()

    def _spill(self) -> None:
        self._records.sort()
        run = tempfile.TemporaryFile(prefix="undersigned-audit-")  # noqa: SIM115 - closed with this object
        self._runs.append(run)
        run.write(b"".join(self._records))
        self._records.clear()

    def judge(self) -> Iterator[int]:
        """Step 7. Gives, for a progress bar, the number of acts of each pseudonym as it is judged."""
        self._records.sort()
        merged = heapq.merge(self._records, *(_records(run) for run in self._runs))
        for _, group in groupby(merged, key=lambda record: record[:_WHOSE]):
            yield self._judge(group)

    def _judge(self, acts: Iterator[bytes]) -> int:
        """Acts of one pseudonym in one context, by place: a signature, then perhaps a withdrawal; their number."""
        signed: bytes | None = None
        withdrawn = False
        number = 0
        for number, act in enumerate(acts, 1):  # noqa: B007 - the last one is the number of acts
            place = int.from_bytes(act[_WHOSE : _WHOSE + _PLACE], "big")
            # What the withdrawal takes out of the count is what the signature put in: organisation and way of joining.
            shown = act[_WHOSE + _PLACE : -1] + bytes([act[-1] >> 1])
            if not act[-1] & 1:
                if signed is not None:
                    self._fail(place, "signed-twice", "This member signed before, under the same pseudonym.")
                signed = signed or shown
            elif signed is None:
                self._fail(place, "nothing-to-withdraw", "The withdrawal has no signature before it.")
            elif withdrawn:
                self._fail(place, "withdrawn-twice", "This member withdrew before, under the same pseudonym.")
            elif shown != signed:
                words = "The withdrawal names another organisation or way of joining than its signature."
                self._fail(place, "withdrawn-elsewhere", words)
            withdrawn = withdrawn or bool(act[-1] & 1)
        return number

    def _fail(self, place: int, code: str, words: str) -> None:
        self._findings.fail(7, LOG, place, code, words)


def _records(run: IO[bytes]) -> Iterator[bytes]:
    run.seek(0)
    while block := run.read(RECORD * BLOCK):
        for at in range(0, len(block), RECORD):
            yield block[at : at + RECORD]
