"""Others who stand by a letter, over HTTP: a code by mail, then what it was asked for.

What is answered is the same whether or not an address is known, and whether or not a mail was sent.
"""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Router

from undersigned import PROFILE
from undersigned.letters.others import Others
from undersigned.protocol.beside import PURPOSES, CodeRequest, Confirmation, NameGiven
from undersigned.protocol.enrolment import LANGUAGES
from undersigned.protocol.mailbox import DIGITS, MOST
from undersigned.protocol.names import MAX_LINE, MAX_NAME
from undersigned.values import canonical
from undersigned.work import Work

router = Router(tags=["others"])


def _others(request: HttpRequest) -> Others:
    found: Others = request.META["undersigned.instance"].others
    return found


def _work(request: HttpRequest) -> Work:
    found: Work = request.META["undersigned.instance"].letters_work
    return found


_FIELDS: Final[dict[str, dict[str, Any]]] = {
    "address": {"type": "string", "maxLength": MOST, "example": "anna@mail.example.com"},
    "code": {"type": "string", "pattern": f"^[0-9]{{{DIGITS}}}$"},
    "language": {"enum": list(LANGUAGES)},
    "letter": {"type": "string", "maxLength": 80, "description": "The letter's short name."},
    "line": {"type": ["string", "null"], "maxLength": MAX_LINE, "description": "What the person says of themselves."},
    "name": {"type": "string", "minLength": 1, "maxLength": MAX_NAME},
    "profile": {"const": PROFILE},
    "purpose": {"enum": list(PURPOSES)},
    "work": {"type": "object", "description": "The challenge as it came, and its solution, as for joining."},
}
_CONFIRMATION: Final = ("address", "code", "letter", "profile")
_DONE: Final = "The same whether or not this changed anything."


def _asks(names: tuple[str, ...], status: int, says: str) -> dict[str, Any]:
    schema = {
        "type": "object",
        "required": list(names),
        "additionalProperties": False,
        "properties": {name: _FIELDS[name] for name in names},
    }
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    return {"requestBody": body, "responses": {status: {"description": says}}}


@router.get("/supporters/challenge", openapi_extra={"responses": {200: {"description": "A challenge."}}})
def challenge(request: HttpRequest) -> HttpResponse:
    """Get a proof of work to do, in the form of ALTCHA, as for joining; its solution goes with what asks for a mail."""
    return HttpResponse(_work(request).challenge().encoded(), content_type="application/json")


@router.post(
    "/supporters/mails",
    openapi_extra=_asks(
        ("address", "language", "letter", "profile", "purpose", "work"), 202, "The same for every address."
    ),
)
def mails(request: HttpRequest) -> HttpResponse:
    """Ask for a code by mail, for a letter and a purpose. A mail is sent unless one was within the hour."""
    _others(request).mail(CodeRequest.parse(request.body), _work(request).spend)
    return HttpResponse(canonical({"profile": PROFILE}), content_type="application/json", status=202)


@router.post("/supporters", openapi_extra=_asks(_CONFIRMATION, 204, _DONE))
def support(request: HttpRequest) -> HttpResponse:
    """Stand by a letter without signing it: the address counts once, apart from signatures."""
    _others(request).support(Confirmation.parse(request.body))
    return HttpResponse(status=204)


@router.post("/supporters/withdrawals", openapi_extra=_asks(_CONFIRMATION, 204, _DONE))
def unsupport(request: HttpRequest) -> HttpResponse:
    """Stand by a letter no more, with a code that was asked for to this end."""
    _others(request).unsupport(Confirmation.parse(request.body))
    return HttpResponse(status=204)


@router.post("/names", openapi_extra=_asks(("address", "code", "letter", "line", "name", "profile"), 204, _DONE))
def show(request: HttpRequest) -> HttpResponse:
    """Show a name under a letter, from the next count on, in place of an earlier one of the same address."""
    _others(request).show(NameGiven.parse(request.body))
    return HttpResponse(status=204)


@router.post("/names/withdrawals", openapi_extra=_asks(_CONFIRMATION, 204, _DONE))
def unshow(request: HttpRequest) -> HttpResponse:
    """Take a name away: it is deleted now, and leaves the page at the next full hour."""
    _others(request).unshow(Confirmation.parse(request.body))
    return HttpResponse(status=204)
