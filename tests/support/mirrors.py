"""Folders served as mirrors: plain static servers at other addresses, which let other pages read them, or do not."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import IO


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


def _breaking(path: str, times: int) -> type[_Mirror]:
    """A mirror whose connection breaks half-way through a file, so many times."""
    left = [path] * times

    class Breaking(_Mirror):
        def copyfile(self, source: IO[bytes], outputfile: IO[bytes]) -> None:  # type: ignore[override] # octets alone
            whole = source.read()
            if self.path.endswith(path) and left:
                left.pop()
                whole = whole[: len(whole) // 2]
            outputfile.write(whole)

    return Breaking


@contextmanager
def mirror(folder: Path, *, shared: bool = True, breaks: tuple[str, int] | None = None) -> Iterator[str]:
    """Serve a folder; `shared` says whether pages of other addresses may read it, `breaks` what breaks how often."""
    made = _Mirror if shared else _Closed
    handler = partial(_breaking(*breaks) if breaks else made, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
