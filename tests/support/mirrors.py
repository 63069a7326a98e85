"""Folders served as mirrors: plain static servers at other addresses, which let other pages read them, or do not."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread


class _Mirror(SimpleHTTPRequestHandler):
    shared = True

    def end_headers(self) -> None:
        if self.shared:
            self.send_header("Access-Control-Allow-Origin", "*")
        super().end_headers()

    def list_directory(self, path: object) -> None:
        # A folder without a page is nothing.
        self.send_error(404)

    def log_message(self, *_: object) -> None:
        pass


class _Closed(_Mirror):
    shared = False


@contextmanager
def mirror(folder: Path, *, shared: bool = True) -> Iterator[str]:
    """Serve a folder; `shared` says whether pages of other addresses may read it."""
    handler = partial(_Mirror if shared else _Closed, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
