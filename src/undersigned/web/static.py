"""The public folder over HTTP, with the caching that tlog-tiles asks for (C2SP tlog-tiles, "Serving").

Only regular files whose every name is plain are served: no hidden or temporary file, no link, no listing. Tiles,
partial ones too, never change under their name; a checkpoint is asked for anew each time.

Trust: whoever can write this folder can show anybody anything; what the audit checks stays checkable.
"""

import hashlib
import os
import re
import stat
from pathlib import Path
from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect

from undersigned.errors import Malformed, Withheld
from undersigned.languages.words import LANGUAGES
from undersigned.web.origins import connections
from undersigned.web.problems import problem

_NAME: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
_TEMPORARY: Final = ".new"
#: Octets that file systems take in one name, and in a path: asking for more is an error there and not a no.
_LONGEST_NAME: Final = 255
_LONGEST_PATH: Final = 4000
_IMMUTABLE: Final = "public, max-age=31536000, immutable"
_ASK: Final = "no-cache"
#: A document never changes, but it can be taken down by law.
_HOUR: Final = "public, max-age=3600"
_LOGS: Final = ("registry", "log")
#: Where the signing and the checking application lie, which is all that may run script (`web.client_files`).
_CLIENT: Final = "client"
_SIGN: Final = "sign"
_CHECK: Final = ("check", "run")
_SCRIPTED: Final = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src {}; style-src 'self'; img-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types undersigned"
)
#: The signing page: own scripts, own server, pinned issuers, nothing else; the same stands in the page itself.
SIGN_POLICY: Final = _SCRIPTED
#: The checking page, and no other, may ask other servers: it reads mirrors. It holds no secret.
CHECK_POLICY: Final = _SCRIPTED.format("*")
#: The signing page's Worker obeys the policy that comes with its script, so browsers ask for it anew.
_WORKER: Final = "worker."
_WORKER_POLICY: Final = "default-src 'none'; script-src 'self'; connect-src {}; frame-ancestors 'none'"
_TYPES: Final = {
    ".atom": "application/atom+xml; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ics": "text/calendar; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".vkey": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
    ".xml": "application/xml; charset=utf-8",
}
_TEXT: Final = "text/plain; charset=utf-8"
_OCTETS: Final = "application/octet-stream"
NOT_FOUND: Final = "404.html"
#: What pages elsewhere may show: a letter's figures and pictures. They are asked for anew like pages.
_SHARED: Final = frozenset({"count.json", "count.svg", "dates.ics", "feed.atom", "names.json", "ring.png", "ring.svg"})


def serve(request: HttpRequest, path: str) -> HttpResponse:
    """Answer GET and HEAD for a file under the public folder; `path` has no leading slash."""
    if request.method not in {"GET", "HEAD"}:
        refused = problem(Malformed("method-not-allowed", "This address is only read."))
        refused["Allow"] = "GET, HEAD"
        return refused
    instance = request.META["undersigned.instance"]
    root = os.path.realpath(instance.config.public)
    names = path.split("/")
    if names[-1] == "":
        names[-1] = "index.html"
    here = instance.letters_side is not None and not names[-1].endswith(_TEMPORARY)
    if not here or not all(_NAME.fullmatch(name) for name in names):
        return _missing(request, root)
    file = os.path.join(root, *names)  # noqa: PTH118 - compared as text below
    if os.path.realpath(file) != file:
        return _missing(request, root)
    if any(len(name.encode()) > _LONGEST_NAME for name in names) or len(file) > _LONGEST_PATH:
        return _missing(request, root)
    if Path(file, "index.html").is_file():
        return HttpResponsePermanentRedirect("/" + "/".join(names) + "/")
    data = _read(file)
    return _missing(request, root) if data is None else _answer(request, names, data)


def _read(file: str) -> bytes | None:
    """Return the octets of a regular file, None for anything else: a pipe would keep a reader waiting."""
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        return None
    with os.fdopen(handle, "rb") as opened:
        return opened.read()


def _answer(request: HttpRequest, names: list[str], data: bytes) -> HttpResponse:
    policy = _policy(request, names)
    # Where a page may go can change with an issuer's address, and its files do not.
    tag = f'"{hashlib.sha256(data + (policy or "").encode()).hexdigest()[:32]}"'
    if _matches(request.META.get("HTTP_IF_NONE_MATCH", ""), tag):
        response = HttpResponse(status=304)
        del response["Content-Type"]
    else:
        response = HttpResponse(b"" if request.method == "HEAD" else data, content_type=_content_type(names))
        response["Content-Length"] = str(len(data))
    response["ETag"] = tag
    response["Cache-Control"] = _caching(names)
    # All of it is public and nothing here looks at cookies: whoever checks from elsewhere reads pages and script too.
    response["Access-Control-Allow-Origin"] = "*"
    if names[0] in {*_LOGS, "documents", "schema"} or names[-1].endswith(".vkey") or names[-1] in _SHARED:
        response["Cross-Origin-Resource-Policy"] = "cross-origin"
    if policy is not None:
        response["Content-Security-Policy"] = policy
    return response


def _policy(request: HttpRequest, names: list[str]) -> str | None:
    """Return what script may do, where there is any; None where the policy of all other pages holds."""
    if names[0] == _SIGN:
        return SIGN_POLICY.format(connections(request.META["undersigned.instance"]))
    if tuple(names[:2]) == _CHECK:
        return CHECK_POLICY
    if names[0] == _CLIENT and names[-1].endswith(".js"):
        return _WORKER_POLICY.format(connections(request.META["undersigned.instance"]))
    return None


def _matches(header: str, tag: str) -> bool:
    return any(each.strip().removeprefix("W/") in {tag, "*"} for each in header.split(",")) if header else False


def _in_log(names: list[str], name: str) -> bool:
    return len(names) > 1 and names[0] in _LOGS and names[1] == name


def _content_type(names: list[str]) -> str:
    if _in_log(names, "tile"):
        return _OCTETS
    if _in_log(names, "checkpoint"):
        return _TEXT
    if names[0] == "documents":
        return "application/json"
    return _TYPES.get(Path(names[-1]).suffix, _OCTETS)


def _caching(names: list[str]) -> str:
    if names[0] == _CLIENT and names[-1].startswith(_WORKER):
        return _ASK
    if _in_log(names, "tile") or names[0] in {"assets", _CLIENT}:
        return _IMMUTABLE
    return _HOUR if names[0] == "documents" else _ASK


def _missing(request: HttpRequest, root: str) -> HttpResponse:
    """Answer 404: to a browser with our page, in the language of the address, to everyone else as a problem."""
    page = None
    if "text/html" in request.META.get("HTTP_ACCEPT", ""):
        language = request.path_info.split("/")[1]
        folders = [language, ""] if language in LANGUAGES else [""]
        found = (_read(os.path.join(root, folder, NOT_FOUND)) for folder in folders)  # noqa: PTH118 - as above
        page = next((each for each in found if each is not None), None)
    if page is None:
        response: HttpResponse = problem(Withheld("not-found", "There is nothing at this address."))
    else:
        response = HttpResponse(page, content_type=_TYPES[".html"], status=404)
        response["Cache-Control"] = _ASK
        response.is_own_page = True  # type: ignore[attr-defined] # Guard leaves it as it is
    # Who checks from elsewhere tells what is not there from what cannot be reached.
    response["Access-Control-Allow-Origin"] = "*"
    return response
