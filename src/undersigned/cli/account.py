"""Signing in with an account elsewhere, from the command line: an address to open, and an ear on this machine.

The program opens no browser by itself: which one, and over which network, is for the person to choose. What the
provider sends back goes to this machine alone (RFC 8252, section 7.3), is taken once, and only with the state that was
sent; anything else that knocks is answered and ignored.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Annotated, Final

import typer

from undersigned.errors import Unavailable, UndersignedError
from undersigned.protocol.account import LOOPBACK, Joining

if TYPE_CHECKING:
    from undersigned.holder.admission import Shown
    from undersigned.holder.client import Client

Account = Annotated[
    bool,
    typer.Option(
        "--oidc",
        help="By an account elsewhere (OpenID Connect): you are given an address at which to sign in.",
        show_default=False,
    ),
]
#: Seconds that somebody has for signing in, and seconds in which a browser fetches the last page.
PATIENCE: Final = 600.0
_LAST: Final = 3.0
_SILENCE: Final = 5.0
_CALLBACK: Final = "/callback"
_DONE: Final = "/done"
#: What knocks with this is not the answer, so the answer is still waited for.
_IGNORED: Final = ("bad-return", "other-state")
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'",
    "Content-Type": "text/plain; charset=utf-8",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def sign_in(client: "Client", organisation: str, issuer: str | None = None, patience: float = PATIENCE) -> "Shown":
    """Let somebody sign in at the provider of an organisation's accounts; returns what to show the issuer.

    Raises: `Refused` where they do not join by account or the provider declines; `Unavailable` when nobody comes.
    """
    import secrets

    from undersigned.holder.account import answered, ask

    by = client.issuer(organisation, issuer)
    provider, joining = client.provider(organisation, by), Joining(by, client.point(by))
    with _listening(provider.port) as ear:
        question = ask(provider, joining, LOOPBACK.format(port=ear.server_port), secrets.token_bytes)
        typer.echo(f"\nOpen this address in a browser on this device, and sign in at {provider.host}:")
        typer.echo(f"\n  {question.address}\n")
        typer.echo(f"{provider.host} learns that one of its accounts joins here, and when; not what you sign.")
        if provider.employer:
            typer.echo(
                "These accounts are run by the employer: it can see that you join, and could do it in your name."
            )
        return ear.wait(lambda query: answered(question, query), patience)


class Ear(HTTPServer):
    """Waits on this machine for one answer."""

    allow_reuse_address = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.take: Callable[[str], Shown] | None = None
        self.outcome: Shown | UndersignedError | None = None
        self.told = False

    def wait(self, take: "Callable[[str], Shown]", patience: float) -> "Shown":
        """Return what `take` makes of the one answer. Raises: what it raises; `Unavailable` when nobody comes."""
        self.take = take
        self._serve(time.monotonic() + patience, lambda: self.outcome is not None)
        self._serve(time.monotonic() + _LAST, lambda: self.told)
        if self.outcome is None:
            raise Unavailable("nobody-signed-in", "Nobody signed in within ten minutes. Start again when you can.")
        if isinstance(self.outcome, UndersignedError):
            raise self.outcome
        return self.outcome

    def _serve(self, until: float, done: Callable[[], bool]) -> None:
        while not done() and (left := until - time.monotonic()) > 0:
            self.timeout = left
            self.handle_request()

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay silent: a browser that hangs up is no news, and the library would print its address."""

    def heard(self, query: str) -> str:
        """Take what came; returns what to say to whoever knocked."""
        assert self.take is not None
        try:
            self.outcome = self.take(query)
        except UndersignedError as error:
            if error.code not in _IGNORED:
                self.outcome = error
            return error.words
        return ""


class _Handler(BaseHTTPRequestHandler):
    """Answers a browser; the code does not stay in its address bar."""

    server: Ear
    server_version, sys_version = "undersigned", ""
    timeout = _SILENCE

    def do_GET(self) -> None:
        """Answer one request."""
        path, _, query = self.path.partition("?")
        if path == _DONE and self.server.outcome is not None:
            outcome = self.server.outcome
            failed = outcome.words if isinstance(outcome, UndersignedError) else ""
            self._say(HTTPStatus.OK, failed or "You are signed in. Go back to the terminal.")
            self.server.told = True
        elif path == _CALLBACK and self.server.outcome is None:
            words = self.server.heard(query)
            if self.server.outcome is None:
                self._say(HTTPStatus.BAD_REQUEST, words)
            else:
                self._say(HTTPStatus.SEE_OTHER, "", {"Location": _DONE})
        else:
            self._say(HTTPStatus.NOT_FOUND, "There is nothing here.")

    def _say(self, status: HTTPStatus, words: str, more: dict[str, str] | None = None) -> None:
        body = f"{words}\n".encode()
        self.send_response(status)
        for name, value in (
            _HEADERS | {"Content-Length": str(len(body)), "Connection": "close"} | (more or {})
        ).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Write nothing: a request's line holds the code."""


@contextmanager
def _listening(port: int | None) -> Iterator[Ear]:
    try:
        ear = Ear(port or 0)
    except OSError as error:
        raise Unavailable(
            "port-taken", f"Another program on this device uses port {port}. Close it, then start again."
        ) from error
    try:
        yield ear
    finally:
        ear.server_close()
