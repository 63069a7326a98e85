"""Errors, in families by what the caller should do next.

Every error carries a short stable `code` (the tail of a problem type's URI) and a sentence for the
person who made the mistake. Only `web/problems.py` turns a family into an HTTP status, only `cli/`
turns it into an exit code.
"""


class UndersignedError(Exception):
    """What went wrong, in words for the person who can act on it.

    `code` is lower-case words joined by hyphens, stable across releases.
    """

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words

    def __reduce__(self) -> tuple[type["UndersignedError"], tuple[str, str]]:
        """Keep `code` when the error crosses a process boundary."""
        return type(self), (self.code, self.words)


class Malformed(UndersignedError):
    """The octets are not in the one spelling that the format allows: correct them, then try again."""


class Refused(UndersignedError):
    """Understood and declined by a rule or a failed proof: trying the same again will not help."""


class Conflict(UndersignedError):
    """Something that is already there excludes it: look at what is there first."""


class Withheld(UndersignedError):
    """Not there, or not shown: from outside the two look the same."""


class Unavailable(UndersignedError):
    """Nothing is wrong with the request, the service cannot serve it now: try again later."""
