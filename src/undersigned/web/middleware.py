"""What every request passes: limits on the way in, one fixed set of headers on the way out.

No cookie is ever set and none is read. Every error leaves as a problem document, whoever raised it.
"""

from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from undersigned.bootstrap import Instance
from undersigned.config import Config
from undersigned.errors import UndersignedError
from undersigned.issuer.questions import asker
from undersigned.web.limits import BODIES, ROUTES, Limits
from undersigned.web.origins import open_to, preflight
from undersigned.web.problems import MEDIA_TYPE, plain, problem, unforeseen

#: Own style, own pictures, nothing else: no script, no frame, no form, no address elsewhere.
POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Integrity-Policy": "blocked-destinations=(script)",
    "Permissions-Policy": (
        "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
        "magnetometer=(), microphone=(), payment=(), usb=()"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
#: Two years, where the instance's own address is https.
STRICT_TRANSPORT: Final = "max-age=63072000; includeSubDomains"
_FIRST_ERROR: Final = 400
_WITHOUT_BODY: Final = (204, 304)


class Guard:
    """The one middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._next = get_response
        self._limits = Limits()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer one request."""
        instance, path = request.META["undersigned.instance"], request.path_info
        try:
            self._limits.check(request)
            if request.method == "OPTIONS" and (asked := preflight(instance, path, request.META)) is not None:
                return open_to(instance, path, request.META, finished(asked, secure=_secure(instance.config)))
            if request.method == "POST" and request.path_info in ROUTES:
                BODIES.read(request)
                if ROUTES[path].signed:
                    self._limits.count(request, _sender(instance, request.body))
            response = self._next(request)
        except UndersignedError as error:
            response = problem(error)
        except Exception as error:  # noqa: BLE001 - an error of the shell's own leaves like a handler's
            response = unforeseen(error)
        config = instance.config
        secure = _secure(config)
        answer = open_to(instance, path, request.META, finished(response, secure=secure))
        if secure and config.onion and answer.get("Content-Type", "").startswith("text/html"):
            answer["Onion-Location"] = config.onion + quote(request.path_info, safe="/")
        return answer

    def process_exception(self, _request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Turn what a handler raised into a problem document; what HTTP has a word for gets its status from Django."""
        if isinstance(error, Http404 | SuspiciousOperation):
            return None
        return problem(error) if isinstance(error, UndersignedError) else unforeseen(error)


def _sender(instance: Instance, body: bytes) -> str | None:
    """Return by which name whoever sent a signed body may do so; None for strangers, and where nobody is known."""
    if instance.issuer_side is None:
        return None
    return asker(body, instance.pins().letters, instance.config.issuer, instance.clock)


def _secure(config: Config) -> bool:
    return config.url.startswith("https://")


def finished(response: HttpResponseBase, *, secure: bool) -> HttpResponseBase:
    """Give a response the headers that all of them bear; an error that is not ours becomes a problem document."""
    if response.status_code >= _FIRST_ERROR and not _is_ours(response):
        allow = response.get("Allow")
        response = plain(response.status_code)
        if allow:
            response["Allow"] = allow
    response.cookies.clear()
    if isinstance(response, HttpResponse) and response.status_code not in _WITHOUT_BODY:
        response.setdefault("Content-Length", str(len(response.content)))
    response.setdefault("Cache-Control", "no-store")
    for name, value in HEADERS.items():
        response.setdefault(name, value)
    if secure:
        response["Strict-Transport-Security"] = STRICT_TRANSPORT
    return response


def _is_ours(response: HttpResponseBase) -> bool:
    return response.get("Content-Type", "") == MEDIA_TYPE or getattr(response, "is_own_page", False)
