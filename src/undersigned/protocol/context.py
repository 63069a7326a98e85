"""Contexts: what a pseudonym is bound to (`docs/protocol.md`, section 4).

A `context_id` is `undersigned/1/<kind>/<digest>`. One character changed in a letter makes another
digest, so another context, so another pseudonym.
"""

from typing import Final

from undersigned import PROFILE
from undersigned.bbs.ciphersuite import POINT
from undersigned.errors import Malformed
from undersigned.values import b64u, canonical, digest, domain, epoch, integer, sha256_hex

#: Every kind of context, and so of act, that the profile names. `invitation` is the second context of a vouch.
KINDS: Final = ("letter", "role", "incident", "proposal", "tally", "discussion", "vouch", "invitation")

VOUCH_SLOTS: Final = 5


def context_id(kind: str, subject_digest: str) -> str:
    """Build the `context_id` of a subject whose canonical octets have this SHA-256 (hex).

    Raises: `Malformed` for an unknown kind or a digest that is not one.
    """
    if kind not in KINDS:
        raise Malformed("unknown-kind", f"There is no kind of act named “{kind[:40]}”.")
    return f"{PROFILE}/{kind}/{digest(subject_digest)}"


def parse_context(value: object) -> tuple[str, str]:
    """Split a `context_id` into kind and digest.

    Raises: `Malformed`.
    """
    parts = value.split("/") if isinstance(value, str) else []
    if len(parts) == 4 and "/".join(parts[:2]) == PROFILE and parts[2] in KINDS:  # noqa: PLR2004 - profile is two parts
        return parts[2], digest(parts[3])
    raise Malformed("bad-context", "A context is written undersigned/1/<kind>/<64 hex digits>.")


def vouch_context(organisation: str, quarter: str, slot: int) -> str:
    """Context of a member's vouching slot, 1 to 5, in an epoch of an organisation."""
    subject = {
        "epoch": epoch(quarter),
        "i": integer(slot, least=1, most=VOUCH_SLOTS, what="The slot"),
        "organisation": domain(organisation),
    }
    return context_id("vouch", sha256_hex(canonical(subject)))


def invitation_context(commitment: bytes) -> str:
    """Context of an invitation; its subject is the invited person's commitment point (48 octets) as base64url text.

    Raises: `Malformed` for another length.
    """
    if len(commitment) != POINT:
        raise Malformed("bad-length", f"A commitment point has {POINT} octets, not {len(commitment)}.")
    return context_id("invitation", sha256_hex(canonical(b64u(commitment))))
