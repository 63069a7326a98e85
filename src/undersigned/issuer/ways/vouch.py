"""Joining because two members vouch (`docs/protocol.md`, section 3, "Vouching"); the subject is the point's keyed hash.

Who learns what: the issuer that two distinct members did, not which ones; the two know whom they vouched for.
"""

import hmac
from collections.abc import Callable, Mapping
from typing import Any, Final

from undersigned.errors import Malformed
from undersigned.issuer import rules
from undersigned.issuer.ways.way import Proved, Settings
from undersigned.protocol.context import invitation_context, parse_context
from undersigned.protocol.enrolment import Admission
from undersigned.values import b64u

_LABEL: Final = b"vouch/"


class Vouching:
    """Vouches of two members.

    `subject_key` returns the key (32 octets) under which points are hashed; `enough` tells, in the transaction, whether
    two members of an organisation vouched for an invitation (the digest of its context).
    """

    method: Final = "vouch"
    replaces: Final = False
    fixed: Final[tuple[str, ...]] = ()
    said: Final = rules.VOUCHES

    def __init__(self, subject_key: Callable[[], bytes], enough: Callable[[str, str], bool]) -> None:
        self._subject_key = subject_key
        self._enough = enough

    def check(self, organisation: str, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Vouching has no settings. Raises: `Malformed`."""
        del organisation
        if settings:
            raise Malformed("bad-settings", "Joining by vouching has no settings.")
        return {}

    def public(self, settings: Settings) -> dict[str, Any]:
        """Nothing but the name."""
        del settings
        return {}

    def prove(self, asked: Admission, point: bytes, settings: Settings) -> Proved:
        """Return the subject of the point; it admits once two members vouched. Raises: `Malformed`."""
        del settings
        if asked.evidence["invitation"] != b64u(point):
            raise Malformed("other-invitation", "The invitation is for other words than those on this device.")
        invitation = parse_context(invitation_context(point))[1]
        label = _LABEL + asked.organisation.encode("ascii") + b"/" + point
        subject = hmac.digest(self._subject_key(), label, "sha256")
        return Proved(subject, lambda: self._enough(asked.organisation, invitation))
