"""The JSON API: the rooms' routers under one roof, its OpenAPI document, and a page that reads it out.

The page is made on the server from the OpenAPI document: no script, nothing from elsewhere.
"""

from functools import cache
from importlib.metadata import version
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI

from undersigned.config import Config
from undersigned.errors import UndersignedError
from undersigned.issuer.api import router as issuer_router
from undersigned.languages.words import words
from undersigned.letters.api import router as letters_router
from undersigned.values import canonical
from undersigned.web.acts import router as acts_router
from undersigned.web.problems import MEDIA_TYPE, STATUSES, problem, unforeseen
from undersigned.web.render import page

_PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["status", "title", "type"],
    "additionalProperties": False,
    "properties": {
        "status": {"type": "integer"},
        "title": {"type": "string", "description": "What went wrong, in words for the person who can act on it."},
        "type": {"type": "string", "pattern": "^urn:undersigned:problem:[a-z0-9-]+$"},
    },
}

api = NinjaAPI(
    title="Undersigned",
    version=version("undersigned"),
    description="What a member's device sends. Everything that is only read is a static file beside this.",
    docs_url=None,
    openapi_url=None,
)
api.add_router("", acts_router)
api.add_router("", letters_router)
api.add_router("/issuer", issuer_router)


@api.exception_handler(UndersignedError)
def _known(_request: HttpRequest, error: UndersignedError) -> HttpResponse:
    return problem(error)


@api.exception_handler(Exception)
def _unknown(_request: HttpRequest, error: Exception) -> HttpResponse:
    return unforeseen(error)


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI document, with the problem documents that every operation may answer."""
    made = api.get_openapi_schema(path_prefix="api/")
    out = dict(made)
    out["components"] = {**out["components"], "schemas": {**out["components"].get("schemas", {}), "Problem": _PROBLEM}}
    answer = {
        "description": "A problem document (RFC 9457).",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for operations in out["paths"].values():
        for operation in operations.values():
            operation["responses"] = {str(k): v for k, v in operation["responses"].items()}
            for status in STATUSES:
                operation["responses"].setdefault(str(status), answer)
    return out


@cache
def _document_octets() -> bytes:
    return canonical(document())


def _config(request: HttpRequest) -> Config:
    found: Config = request.META["undersigned.instance"].config
    return found


def openapi(_request: HttpRequest) -> HttpResponse:
    """Answer with the OpenAPI document."""
    response = HttpResponse(_document_octets(), content_type="application/json")
    response["Access-Control-Allow-Origin"] = "*"
    response["Cache-Control"] = "no-cache"
    return response


def reference(request: HttpRequest) -> HttpResponse:
    """Answer with the page that reads the OpenAPI document out."""
    config: Config = request.META["undersigned.instance"].config
    response = HttpResponse(
        page("reference.html", config, words("en"), "/api/docs", api=document()),
        content_type="text/html; charset=utf-8",
    )
    response["Cache-Control"] = "no-cache"
    return response
