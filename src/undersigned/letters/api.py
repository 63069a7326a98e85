"""The room over HTTP: one address for all acts, whatever the letter and whatever the act."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Router

from undersigned.letters.service import Letters
from undersigned.protocol.act import PADDED
from undersigned.values import canonical

router = Router(tags=["acts"])


def _letters(request: HttpRequest) -> Letters:
    found: Letters = request.META["undersigned.instance"].letters
    return found


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
    "description": "The receipt, a signed note, and whether exactly this act was accepted before.",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["receipt", "repeated"],
                "additionalProperties": False,
                "properties": {"receipt": {"type": "string"}, "repeated": {"type": "boolean"}},
            }
        }
    },
}


@router.post(
    "/acts",
    summary="Sign, or withdraw a signature",
    description="The answer comes when the act is durable. The same act sent again gets its first receipt again.",
    openapi_extra=_BODY | {"responses": {200: _ANSWER, 201: _ANSWER}},
)
def acts(request: HttpRequest) -> HttpResponse:
    """Take one act."""
    held = _letters(request).accept(request.body)
    body = canonical({"receipt": held.receipt.decode(), "repeated": held.repeated})
    return HttpResponse(body, content_type="application/json", status=200 if held.repeated else 201)
