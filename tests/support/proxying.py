"""A proxy with TLS before a real server, which changes headers as operators' proxies do."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

from support.mailing import Authority

#: What a proxy says of itself, or decides anew.
_OWN = {"connection", "content-encoding", "content-length", "date", "server", "transfer-encoding"}


@contextmanager
def proxy(authority: Authority, behind: str, port: int, changed: Mapping[str, str | None]) -> Iterator[str]:
    """Pass requests on to `behind`; `changed` headers arrive otherwise, or with None not at all. Gives the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            came = httpx.get(behind + self.path, headers={"Accept": self.headers.get("Accept", "*/*")}, timeout=20)
            headers = {name: value for name, value in came.headers.items() if name not in _OWN}
            self.send_response(came.status_code)
            for name, value in (headers | {name.lower(): value for name, value in changed.items()}).items():
                if value is not None:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(came.content)))
            self.end_headers()
            self.wfile.write(came.content)

        def log_message(self, *_arguments: object) -> None:
            """Write nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.socket = authority.context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
