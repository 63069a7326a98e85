"""The issuer over HTTP: four verbs, each a POST of one canonical JSON message, and the list of role families.

Handlers parse and hand over; the shell has checked size and content type before and makes problem documents
of our errors. No address holds anything about a person.
"""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Router

from undersigned import PROFILE
from undersigned.bbs.ciphersuite import COMMITMENT, SIGNATURE
from undersigned.bbs.representation import REPRESENTATION
from undersigned.issuer.service import Issuer
from undersigned.issuer.taxonomy import taxonomy
from undersigned.protocol.credential import ATTRIBUTES, METHODS, STANDINGS
from undersigned.protocol.enrolment import (
    ACTIONS,
    LANGUAGES,
    MAX_ORIGIN,
    NONCE,
    Admission,
    Cancellation,
    MailRequest,
    Renewal,
    Request,
    nonce_answer,
)
from undersigned.protocol.work import ALGORITHM, DRAWN, HASH, MOST, PREFIX
from undersigned.values import canonical
from undersigned.work import Work

router = Router(tags=["issuer"])

#: How signed notes are sent.
NOTE: Final = "text/plain"


def _issuer(request: HttpRequest) -> Issuer:
    found: Issuer = request.META["undersigned.instance"].issuer
    return found


def _work(request: HttpRequest) -> Work:
    found: Work = request.META["undersigned.instance"].work
    return found


def _answer(body: bytes, status: int = 200) -> HttpResponse:
    return HttpResponse(body, status=status, content_type="application/json")


# ── the same in words of OpenAPI ──


def _base64url(length: int) -> dict[str, Any]:
    size = -(-length * 4 // 3)
    return {"type": "string", "pattern": f"^[A-Za-z0-9_-]{{{size}}}$", "description": f"{length} octets, base64url"}


_FIELDS: Final[dict[str, dict[str, Any]]] = {
    "action": {"enum": list(ACTIONS)},
    "commitment": _base64url(COMMITMENT),
    "evidence": {
        "type": "object",
        "description": "Of the way of joining: for `code` its one member is `code`, for `email` also `address`.",
        "minProperties": 1,
        "maxProperties": 4,
        "additionalProperties": {"type": "string"},
        "example": {"code": "7K3M-9QXA-2B4C-D5EF"},
    },
    "issuer": {"type": "string", "maxLength": 253, "example": "issuer.example"},
    "method": {"enum": list(METHODS)},
    "nonce": _base64url(NONCE) | {"description": f"{NONCE} octets, base64url: what `GET /api/issuer/nonce` gave."},
    "organisation": {"type": "string", "maxLength": 253, "example": "example.com"},
    "origin": {"type": "string", "maxLength": MAX_ORIGIN, "example": "https://issuer.example"},
    "profile": {"const": PROFILE},
    "proof": _base64url(REPRESENTATION),
    "role_family": {"type": "string", "maxLength": 40},
    "standing": {"enum": list(STANDINGS)},
}
_CREDENTIAL: Final = {
    "type": "object",
    "required": ["issuer", "messages", "signature"],
    "additionalProperties": False,
    "properties": {
        "issuer": {"type": "string"},
        "messages": {
            "type": "array",
            "items": {"type": "string"},
            "minItems": len(ATTRIBUTES),
            "maxItems": len(ATTRIBUTES),
        },
        "signature": _base64url(SIGNATURE),
    },
}


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
    }


def _content(schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def _operation(names: tuple[str, ...], status: int, says: str, answer: dict[str, Any] | None) -> dict[str, Any]:
    """Describe a verb: the fields of its message and its one good answer."""
    good = {"description": says} | (_content(answer) if answer else {})
    body = {"required": True} | _content(_object(**{name: _FIELDS[name] for name in names}))
    return {"requestBody": body, "responses": {status: good}}


_ADMISSION: Final = tuple(_FIELDS)
_RENEWAL: Final = tuple(name for name in _FIELDS if name not in {"evidence", "method"})
_CANCELLATION: Final = tuple(name for name in _RENEWAL if name not in {"role_family", "standing"})
_ISSUANCE: Final = _object(credentials={"type": "array", "items": _CREDENTIAL}, profile=_FIELDS["profile"])
_NONCE: Final = _object(nonce=_base64url(NONCE), profile=_FIELDS["profile"])
_WAITING: Final = _object(profile=_FIELDS["profile"], ready={"type": "string", "format": "date"})
_WAYS: Final = _object(
    organisations={
        "type": "object",
        "additionalProperties": {"type": "array", "items": {"type": "object", "required": ["method"]}},
    }
)
_FAMILIES: Final = _object(
    families={
        "type": "array",
        "items": _object(code={"type": "string"}, label={"type": "string"}, sector={"type": "string"}),
    },
    version={"type": "string"},
)


def _hex(length: int) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^[0-9a-f]{{{2 * length}}}$", "description": f"{length} octets, hex"}


_CHALLENGE: Final = _object(
    parameters=_object(
        algorithm={"const": ALGORITHM},
        cost={"const": 1},
        data=_object(most={"type": "integer", "minimum": 1, "maximum": MOST}),
        expiresAt={"type": "integer", "description": "Seconds since 1970, a full hour."},
        keyLength={"const": HASH},
        keyPrefix=_hex(PREFIX),
        nonce=_hex(DRAWN),
        salt=_hex(DRAWN),
    ),
    signature=_hex(HASH),
)
_WORK: Final = _object(
    challenge={"type": "object", "description": "As it came."},
    solution=_object(counter={"type": "integer", "minimum": 0, "maximum": MOST}, derivedKey=_hex(HASH)),
)
_MAIL: Final = _object(
    address={"type": "string", "maxLength": 254, "example": "anna@mail.example.com"},
    language={"enum": list(LANGUAGES)},
    organisation=_FIELDS["organisation"],
    profile=_FIELDS["profile"],
    work=_WORK,
)
_MAILED: Final = _object(profile=_FIELDS["profile"])


# ── handlers ──


@router.post("/admissions", openapi_extra=_operation(_ADMISSION, 200, "Credentials of all open epochs.", _ISSUANCE))
def admissions(request: HttpRequest) -> HttpResponse:
    """Join with a code, or get the same credentials again with the same code and the same words."""
    return _answer(_issuer(request).admit(Request.parse(Admission, request.body)).encoded())


@router.post("/renewals", openapi_extra=_operation(_RENEWAL, 200, "Credentials of all open epochs.", _ISSUANCE))
def renewals(request: HttpRequest) -> HttpResponse:
    """Restore with your words, or get credentials of a new quarter; no code is needed."""
    return _answer(_issuer(request).renew(Request.parse(Renewal, request.body)).encoded())


@router.post(
    "/replacements", openapi_extra=_operation(_ADMISSION, 202, "The day from which the new words count.", _WAITING)
)
def replacements(request: HttpRequest) -> HttpResponse:
    """Replace lost words: the spent code and new words, which count after seven days."""
    ready = _issuer(request).replace(Request.parse(Admission, request.body))
    return _answer(canonical({"profile": PROFILE, "ready": ready}), 202)


@router.post("/cancellations", openapi_extra=_operation(_CANCELLATION, 204, "Nothing waits any more.", None))
def cancellations(request: HttpRequest) -> HttpResponse:
    """Stop a replacement of your words that somebody asked for."""
    _issuer(request).cancel(Request.parse(Cancellation, request.body))
    return HttpResponse(status=204)


@router.post(
    "/mails",
    openapi_extra={
        "requestBody": {"required": True} | _content(_MAIL),
        "responses": {202: {"description": "The same for every address of an allowed domain."} | _content(_MAILED)},
    },
)
def mails(request: HttpRequest) -> HttpResponse:
    """Ask for a code by mail. A mail is sent unless one was within the hour; the answer does not tell."""
    _issuer(request).mail(MailRequest.parse(request.body), _work(request).spend)
    return _answer(canonical({"profile": PROFILE}), 202)


@router.get("/nonce", openapi_extra={"responses": {200: {"description": "A nonce."} | _content(_NONCE)}})
def nonce(request: HttpRequest) -> HttpResponse:
    """Get what a request has to name so that nobody can send it again later: the same for all who ask in an hour."""
    return _answer(nonce_answer(_issuer(request).door.nonce()))


@router.get("/ways", openapi_extra={"responses": {200: {"description": "By organisation."} | _content(_WAYS)}})
def ways(request: HttpRequest) -> HttpResponse:
    """Say by which ways an organisation's members join, and what is public of each: the same for whoever asks."""
    return _answer(canonical({"organisations": _issuer(request).ways()}))


@router.get("/role-families", openapi_extra={"responses": {200: {"description": "The list."} | _content(_FAMILIES)}})
def role_families(request: HttpRequest) -> HttpResponse:
    """List the role families that one may name on joining; `undeclared` is always allowed."""
    del request
    listed = taxonomy()
    families = [{"code": each.code, "label": each.label, "sector": each.sector} for each in listed.families]
    return _answer(canonical({"families": families, "version": listed.version}))


@router.get("/challenge", openapi_extra={"responses": {200: {"description": "A challenge."} | _content(_CHALLENGE)}})
def challenge(request: HttpRequest) -> HttpResponse:
    """Get a proof of work to do, in the form of ALTCHA; its solution goes with what asks for a mail."""
    return _answer(_work(request).challenge().encoded())


# ── for letters on other machines ──


def _note(description: str) -> dict[str, Any]:
    return {"description": description, "content": {NOTE: {"schema": {"type": "string"}}}}


@router.get(
    "/keys/{organisation}/{quarter}",
    openapi_extra={"responses": {200: _note("A signed note, the issuer's statement.")}},
)
def keys(request: HttpRequest, organisation: str, quarter: str) -> HttpResponse:
    """Get the signed statement of this issuer's public key for an organisation and quarter."""
    return HttpResponse(_issuer(request).statement(organisation, quarter), content_type=NOTE)


@router.post(
    "/figures",
    openapi_extra={
        "requestBody": {"required": True, "content": {NOTE: {"schema": {"type": "string"}}}},
        "responses": {200: _note("A signed note: numbers of members, rounded up to the next ten, once a tick.")},
    },
)
def figures(request: HttpRequest) -> HttpResponse:
    """Ask for numbers of members, with a question that letters sign which this issuer works with."""
    askers = request.META["undersigned.instance"].pins().letters
    return HttpResponse(_issuer(request).answer(request.body, askers), content_type=NOTE)
