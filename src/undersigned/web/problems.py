"""Problem documents (RFC 9457): the only place that turns an error's family into an HTTP status.

A problem says what went wrong in words for the person who can act on it. It never repeats a request, an
address or a stack; of an error that nobody foresaw it says nothing but that it happened.
"""

import sys
import traceback
from pathlib import Path
from typing import Any, Final

from django.db import OperationalError
from django.http import HttpResponse

from undersigned.errors import Conflict, Malformed, Refused, Unavailable, UndersignedError, Withheld
from undersigned.values import canonical

_PACKAGE: Final = Path(__file__).parent.parent
MEDIA_TYPE: Final = "application/problem+json"
_FAMILIES: Final = ((Malformed, 400), (Refused, 403), (Conflict, 409), (Withheld, 404), (Unavailable, 503))
#: Codes whose status HTTP has a finer word for than the family's.
_CODES: Final = {
    "bad-content-type": 415,
    "method-not-allowed": 405,
    "length-required": 411,
    "too-long": 413,
    "too-many-requests": 429,
}
_RETRY: Final = {429: "1", 503: "5"}
STATUSES: Final = tuple(sorted({status for _, status in _FAMILIES} | set(_CODES.values())))
#: What HTTP statuses mean that some other layer answered with, in our words.
_PLAIN: Final = {
    400: ("bad-request", "The request cannot be read."),
    404: ("not-found", "There is nothing at this address."),
    405: ("method-not-allowed", "This address does not take requests of this kind."),
}
_UNFORESEEN: Final = ("internal", "Something broke on our side. Try again later.")


def status_of(error: UndersignedError) -> int:
    """Return the HTTP status of an error."""
    if error.code in _CODES:
        return _CODES[error.code]
    return next((status for family, status in _FAMILIES if isinstance(error, family)), 500)


def _document(code: str, words: str, status: int) -> HttpResponse:
    body: dict[str, Any] = {"status": status, "title": words, "type": f"urn:undersigned:problem:{code}"}
    response = HttpResponse(canonical(body), content_type=MEDIA_TYPE, status=status)
    response["Cache-Control"] = "no-store"
    if status in _RETRY:
        response["Retry-After"] = _RETRY[status]
    return response


def problem(error: UndersignedError) -> HttpResponse:
    """Return the problem document of an error."""
    return _document(error.code, error.words, status_of(error))


def plain(status: int) -> HttpResponse:
    """Return the problem document for a status that carries no error of ours."""
    code, words = _PLAIN.get(status, _UNFORESEEN if status >= 500 else _PLAIN[400])  # noqa: PLR2004 - server's side
    return _document(code, words, status)


def unforeseen(error: Exception) -> HttpResponse:
    """Return the problem document for any other exception, and report it. A busy database is no mistake: 503."""
    if isinstance(error, OperationalError):
        return problem(Unavailable("busy", "The server is busy. Try again in a few seconds."))
    report(error)
    return _document(*_UNFORESEEN, 500)


def report(error: Exception) -> None:
    """Tell the operator, on standard error, what class of error was raised where.

    Its message is left out: it may hold what somebody sent.
    """
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_PACKAGE)] or frames
    tell(type(error).__name__ + "".join(f" at {Path(frame.filename).name}:{frame.lineno}" for frame in ours[-1:]))


def tell(words: str) -> None:
    """Tell the operator something on standard error: nothing of a person, nothing that somebody sent."""
    print(f"undersigned: {words}", file=sys.stderr, flush=True)  # noqa: T201 - the operator's only lines
