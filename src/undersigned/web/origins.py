"""Which origins speak with each other: the signing page with pinned issuers, an issuer with letters it works with.

A browser asks an issuer on another machine only what joining needs, and only from a page of letters that the issuer's
operator allowed (Fetch, "CORS protocol"). No address but these is ever named, and none of a person is looked at.
"""

from typing import TYPE_CHECKING, Any, Final

from django.http import HttpResponse
from django.http.response import HttpResponseBase

from undersigned.asking.pins import Pins

if TYPE_CHECKING:
    from undersigned.bootstrap import Instance

#: What joining, and staying a member, needs.
_ENROLMENT: Final = frozenset(
    f"/api/issuer/{name}"
    for name in (
        "admissions", "cancellations", "challenge", "mails", "nonce", "renewals", "replacements", "role-families",
        "ways",
    )
)  # fmt: skip
#: Vouches go to the issuer. Where there are letters too, their pages alone post acts here.
_ACTS: Final = "/api/acts"
#: Seconds for which a browser remembers the answer.
_REMEMBERED: Final = "3600"


def allowed(instance: "Instance", path: str, origin: str) -> bool:
    """Whether a page of this origin may read what is answered at a path."""
    if instance.issuer_side is None or not origin:
        return False
    if path not in _ENROLMENT and not (path == _ACTS and instance.letters_side is None):
        return False
    return origin in {each.url for each in instance.pins().letters}


def open_to(instance: "Instance", path: str, asked: dict[str, Any], response: HttpResponseBase) -> HttpResponseBase:
    """Let a page read an answer where it may; `asked` are the request's headers as WSGI has them."""
    origin = asked.get("HTTP_ORIGIN", "")
    if allowed(instance, path, origin):
        response["Access-Control-Allow-Origin"] = origin
        response["Cross-Origin-Resource-Policy"] = "cross-origin"
        response["Vary"] = "Origin"
    return response


def preflight(instance: "Instance", path: str, asked: dict[str, Any]) -> HttpResponse | None:
    """Answer a browser that asks whether it may send a message; None where it may not, or asks something else."""
    if "HTTP_ACCESS_CONTROL_REQUEST_METHOD" not in asked or not allowed(instance, path, asked.get("HTTP_ORIGIN", "")):
        return None
    response = HttpResponse(status=204)
    del response["Content-Type"]
    response["Access-Control-Allow-Methods"] = "GET, POST"
    response["Access-Control-Allow-Headers"] = "content-type"
    response["Access-Control-Max-Age"] = _REMEMBERED
    return response


def connections(instance: "Instance") -> str:
    """Return what the signing page may connect to, as its policy's `connect-src`: itself, and pinned issuers."""
    return reached(instance.pins())


def reached(pins: Pins) -> str:
    """Return the same of the instances elsewhere that an instance works with."""
    return " ".join(("'self'", *(each.url for each in pins.issuers)))
