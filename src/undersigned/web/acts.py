"""One address for all acts: which room takes one follows from its kind, and no room knows of another."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Router

from undersigned.bootstrap import Instance
from undersigned.protocol.act import PADDED, SignedAct
from undersigned.values import canonical

router = Router(tags=["acts"])

#: In canonical JSON a quotation mark inside a text is escaped, so this stands in a vouch alone.
_VOUCH: Final = b'"kind":"vouch"'
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": (
            f"The act in canonical JSON with its proofs, then the octet 0x80, then zeros: {PADDED:,} octets in all, "
            "so that all acts look alike in transit."
        ),
        "content": {
            "application/octet-stream": {
                "schema": {"type": "string", "format": "binary", "minLength": PADDED, "maxLength": PADDED}
            }
        },
    }
}
_ANSWER: Final[dict[str, Any]] = {
    "description": (
        "Whether exactly this act was accepted before; for an act under a letter its receipt, a signed note. "
        "For a vouch, which no log shows, there is none."
    ),
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["repeated"],
                "additionalProperties": False,
                "properties": {"receipt": {"type": "string"}, "repeated": {"type": "boolean"}},
            }
        }
    },
}


@router.post(
    "/acts",
    summary="Sign, withdraw a signature, or vouch for a colleague",
    description="The answer comes when the act is durable. The same act sent again gets the same answer.",
    openapi_extra=_BODY | {"responses": {200: _ANSWER, 201: _ANSWER}},
)
def acts(request: HttpRequest) -> HttpResponse:
    """Take one act."""
    answer, repeated = take(request.META["undersigned.instance"], request.body)
    return HttpResponse(canonical(answer), content_type="application/json", status=200 if repeated else 201)


def take(instance: Instance, padded: bytes) -> tuple[dict[str, Any], bool]:
    """Hand an act (8,192 octets) to its room; returns the answer's value, and whether it was taken before.

    Raises: as the room does.
    """
    if _VOUCH in padded:
        repeated = instance.issuer.vouch(SignedAct.parse_padded(padded))
        return {"repeated": repeated}, repeated
    held = instance.letters.accept(padded)
    return {"receipt": held.receipt.decode(), "repeated": held.repeated}, held.repeated
