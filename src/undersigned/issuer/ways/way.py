"""What every way of joining offers the issuer (`docs/protocol.md`, section 3, "Subjects").

A way is asked after the proof of the commitment and before anything about a subject is looked up. It may ask other
processes or servers. It touches no table: what it needs of one it is given, and asks in `Proved.admits`, which is
called in the transaction that admits.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from undersigned.issuer.rules import Said
from undersigned.protocol.enrolment import Admission

#: An organisation's settings for a way: what `check` made of them.
Settings = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Proved:
    """What evidence proves: the subject (32 octets), and whether it admits somebody who is not a member yet."""

    subject: bytes
    admits: Callable[[], bool]


class Way(Protocol):
    """A way of joining."""

    @property
    def method(self) -> str:
        """Name in credentials and registry: `code`, `email`, `oidc` or `vouch`."""

    @property
    def replaces(self) -> bool:
        """Whether lost words can be replaced: only where the same person can prove the same subject again."""

    @property
    def fixed(self) -> tuple[str, ...]:
        """Names of settings on which subjects depend: with others the same people would count a second time."""

    @property
    def said(self) -> Said:
        """What people are told whose evidence does not admit."""

    def check(self, organisation: str, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Check an organisation's settings and return them in their one form, which is stored as canonical JSON.

        Raises: `Malformed` or `Refused` with words for the operator.
        """

    def public(self, settings: Settings) -> dict[str, Any]:
        """Return what everybody may know of the settings, so that a page can say what the way reveals to whom."""

    def prove(self, asked: Admission, point: bytes, settings: Settings) -> Proved:
        """Judge the evidence of somebody who proved that they know the secrets behind `point` (48 octets).

        Raises: `Malformed`, `Refused` or `Unavailable`, alike whether or not the subject is known.
        """
