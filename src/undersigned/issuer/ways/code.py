"""Joining with a one-time code from a sheet; the subject is the code's keyed hash.

Who learns what: whoever hands out codes knows to whom; with the sheet and the subject key, which of them were used.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from undersigned.errors import Malformed
from undersigned.issuer import codes, rules
from undersigned.issuer.ways.way import Proved, Settings
from undersigned.protocol.enrolment import Admission


class Codes:
    """One-time codes.

    `subject_key` returns the key (32 octets) under which they are stored; `admits` looks for one, in the transaction.
    """

    method: Final = "code"
    replaces: Final = True
    fixed: Final[tuple[str, ...]] = ()
    said: Final = rules.CODES

    def __init__(self, subject_key: Callable[[], bytes], admits: Callable[[bytes], bool]) -> None:
        self._subject_key = subject_key
        self._admits = admits

    def check(self, organisation: str, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Codes have no settings. Raises: `Malformed`."""
        del organisation
        if settings:
            raise Malformed("bad-settings", "Joining by codes has no settings.")
        return {}

    def public(self, settings: Settings) -> dict[str, Any]:
        """Nothing but the name."""
        del settings
        return {}

    def prove(self, asked: Admission, point: bytes, settings: Settings) -> Proved:
        """Return the subject of the code. It admits while neither the code nor its sheet is void."""
        del point, settings
        subject = codes.subject(self._subject_key(), asked.organisation, asked.evidence["code"])
        return Proved(subject, lambda: self._admits(subject))
