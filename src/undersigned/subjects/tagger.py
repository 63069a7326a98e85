"""What rooms ask for: a tag for a subject, and whether something may happen once more for it.

The canonical subject begins with the way of joining, so that two ways never make one tag of one text.
"""

from typing import Final, Protocol

#: Octets of a tag.
TAG: Final = 32


class Tagger(Protocol):
    """Turns canonical subjects into tags, the same for the same subject of the same organisation."""

    def tag(self, organisation: str, subject: bytes) -> bytes:
        """Return the tag (32 octets) of a canonical subject.

        Raises: `Unavailable` when it cannot be made now, `Refused` when too many are asked for.
        """


class Counter(Protocol):
    """Counts what happens for a tag, without keeping it."""

    def allowed(self, organisation: str, tag: bytes, what: str, limit: int) -> bool:
        """Count one more of `what` (a code word), unless there were `limit` within the last hour.

        Raises: `Unavailable`.
        """
