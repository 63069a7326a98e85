"""The packed checking page, served to this machine alone: nobody else's server has a say in the script that checks.

It listens on 127.0.0.1 and on nothing else, answers only requests that call it by a name of this machine (a page
elsewhere could make its own name point here), and serves the files of the checking page and nothing else.
"""

import hashlib
import json
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

from undersigned.errors import Malformed, Unavailable, Withheld

PACKAGE: Final = "undersigned_client"
LOOPBACK: Final = "127.0.0.1"
START: Final = "check/run/"
_NAMES: Final = (LOOPBACK, "localhost")
_OURS: Final = ("check/", "client/check")
_ASSETS: Final = "web/assets"
_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "svg": "image/svg+xml",
    "woff2": "font/woff2",
}
#: Own script; other servers may be asked, since it checks them.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src *; style-src 'self'; img-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types undersigned"
)
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Integrity-Policy": "blocked-destinations=(script)",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def packed_page(folder: Traversable | None = None) -> dict[str, bytes]:
    """Return the files of the checking page by path, each compared with the manifest that it was packed with.

    Raises: `Withheld` where this installation has none, `Malformed` when one was changed.
    """
    try:
        inside = folder or resources.files(PACKAGE)
        named = json.loads((inside / "manifest.json").read_bytes())["files"]
        files = {path: (inside / path).read_bytes() for path in named if path.startswith(_OURS)}
    except (ModuleNotFoundError, FileNotFoundError) as error:
        raise Withheld(
            "no-client", "This installation has no checking page. “undersigned audit” does the same."
        ) from error
    for path, data in files.items():
        if hashlib.sha256(data).hexdigest() != named[path]:
            raise Malformed("client-differs", f"{path} is not what was packed: install the program anew.")
    return files | _assets()


def _assets() -> dict[str, bytes]:
    """Faces and mark, under the names by which style and page call them."""
    out = {}
    for each in (resources.files("undersigned") / _ASSETS).iterdir():
        stem, _, suffix = each.name.rpartition(".")
        if suffix in _TYPES:
            data = each.read_bytes()
            out[f"assets/{stem}.{hashlib.sha256(data).hexdigest()[:16]}.{suffix}"] = data
    return out


def listen(files: Mapping[str, bytes], port: int) -> "PageServer":
    """Return a server of these files that has its port: `serve_forever` serves. Port 0 takes any that is free.

    Raises: `Unavailable` when the port is taken.
    """
    try:
        return PageServer(files, port)
    except OSError as error:
        words = f"Nothing can listen on port {port} of this machine: {error.strerror}."
        raise Unavailable("port-taken", words) from error


class PageServer(ThreadingHTTPServer):
    """Serves files by their paths, on the loopback interface."""

    daemon_threads = True

    def __init__(self, files: Mapping[str, bytes], port: int) -> None:
        self.files = files
        super().__init__((LOOPBACK, port), _Handler)

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://{LOOPBACK}:{self.server_port}/{START}"


class _Handler(BaseHTTPRequestHandler):
    server: PageServer
    protocol_version = "HTTP/1.1"
    server_version = "undersigned"
    sys_version = ""
    timeout = 30

    def do_GET(self) -> None:
        """Answer with a file, or say why not."""
        self._answer(body=True)

    def do_HEAD(self) -> None:
        """The same without the file."""
        self._answer(body=False)

    def _answer(self, *, body: bool) -> None:
        status, kind, data, more = self._found()
        self.send_response(status)
        for name, value in {**_HEADERS, **more}.items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if body:
            self.wfile.write(data)

    def _found(self) -> tuple[HTTPStatus, str, bytes, dict[str, str]]:
        plain = "text/plain; charset=utf-8"
        if self.headers.get_all("Host", []) not in [[f"{name}:{self.server.server_port}"] for name in _NAMES]:
            words = b"This address is not a name of this machine.\n"
            return HTTPStatus.MISDIRECTED_REQUEST, plain, words, {}
        if self.path == "/":
            return HTTPStatus.FOUND, plain, b"", {"Location": f"/{START}"}
        path = self.path[1:] + ("index.html" if self.path.endswith("/") else "")
        data = self.server.files.get(path)
        if data is None:
            return HTTPStatus.NOT_FOUND, plain, b"There is nothing at this address.\n", {}
        return HTTPStatus.OK, _TYPES[path.rpartition(".")[2]], data, {}

    def log_message(self, *_: object) -> None:
        """Write nothing about requests."""
