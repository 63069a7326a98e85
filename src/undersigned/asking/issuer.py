"""Asks an issuer on another machine: for its key of an organisation and epoch, and for numbers of members.

What it answers is believed only where its pinned key signed it; numbers only where they answer the very question.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from typing import Final

import httpx

from undersigned.asking.exchange import tls, within
from undersigned.asking.pins import Pin
from undersigned.errors import Refused, Unavailable
from undersigned.protocol.entry import Issued, IssuedCorrected, IssuerKey
from undersigned.protocol.statement import (
    MAX_STATEMENT,
    MOST,
    NONCE,
    Correction,
    Figures,
    KeyStatement,
    Place,
    Question,
    opened,
    signed,
    stated_in,
)
from undersigned.tlog.note import SigningKey

#: Seconds that an issuer has for an answer, all in all.
PATIENCE: Final = 10.0
FIGURES: Final = "/api/issuer/figures"
KEYS: Final = "/api/issuer/keys"
NOTE: Final = "text/plain"

_OK: Final = 200
_HEADERS: Final = {
    "user-agent": "undersigned", "accept": "*/*", "accept-encoding": "identity", "connection": "close",
}  # fmt: skip
_HERE: Final = ("http://127.0.0.1", "http://localhost", "http://[::1]")


class RemoteIssuer:
    """An issuer elsewhere, as its pin says.

    `entropy` gives that many random octets; `proxy` is what other servers are asked through.
    """

    def __init__(
        self, pin: Pin, entropy: Callable[[int], bytes], *, proxy: str | None = None, patience: float = PATIENCE
    ) -> None:
        self.pin = pin
        self._entropy = entropy
        self._proxy = None if pin.url.startswith(_HERE) else proxy
        self._patience = patience

    def key(self, organisation: str, quarter: str) -> IssuerKey:
        """Return the issuer's key for an organisation and epoch, as it states it. Raises: as `key_of`."""
        return key_of(self._exchange("GET", f"{KEYS}/{organisation}/{quarter}"), self.pin, organisation, quarter)

    def figures(self, key: SigningKey, places: Sequence[Place], tick: str) -> list[Issued]:
        """Return the numbers of members for organisations and epochs, asked now; `key` signs the questions.

        Raises: `Unavailable` for silence, `Malformed` for an answer in another form, `Refused` for one by another key,
        or to another question.
        """
        out: list[Issued] = []
        ordered = sorted(set(places))
        for start in range(0, len(ordered), MOST):
            question = Question(
                key.name, self.pin.name, self._entropy(NONCE), tuple(ordered[start : start + MOST]), tick
            )
            answer = opened(Figures, self._exchange("POST", FIGURES, signed(question, key)), self.pin.key)
            answer.answers(question)
            out += answer.figures
        return out

    def _exchange(self, method: str, path: str, body: bytes = b"") -> bytes:
        headers = _HEADERS | ({"content-type": NOTE} if body else {})
        try:
            with self._client() as client, within(self._patience) as trace:
                extensions = {"timeout": httpx.Timeout(self._patience).as_dict(), "trace": trace}
                request = client.build_request(
                    method, self.pin.url + path, headers=headers, content=body, extensions=extensions
                )
                return self._read(client, request)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unavailable("issuer-silent", f"{self.pin.name} does not answer at {self.pin.url}.") from error

    def _read(self, client: httpx.Client, request: httpx.Request) -> bytes:
        data = bytearray()
        response = client.send(request, stream=True)
        try:
            for chunk in response.iter_raw():
                data += chunk
                if len(data) > MAX_STATEMENT:
                    raise Refused("bad-answer", f"{self.pin.name} answers with more than a statement can have.")
        finally:
            response.close()
        if response.status_code != _OK:
            raise Unavailable(
                "issuer-declines", f"{self.pin.name} answers with the status {response.status_code} instead."
            )
        return bytes(data)

    @contextmanager
    def _client(self) -> Iterator[httpx.Client]:
        with httpx.Client(verify=tls(), proxy=self._proxy, trust_env=False, follow_redirects=False) as client:
            client.headers.clear()
            client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            yield client


def key_of(data: bytes, pin: Pin, organisation: str, quarter: str) -> IssuerKey:
    """Return the registry's entry from an issuer's statement of its key, with its signature.

    Raises: `Malformed`; `Refused` when another key signed it, or it is for something else.
    """
    entry = stated_in(data, KeyStatement, pin.key)
    if (entry.issuer, entry.organisation, entry.epoch) != (pin.name, organisation, quarter):
        raise Refused(
            "other-statement",
            f"This is a statement of {entry.issuer} for {entry.organisation} and {entry.epoch}, "
            f"not of {pin.name} for {organisation} and {quarter}.",
        )
    return entry


def correction_of(data: bytes, pin: Pin) -> IssuedCorrected:
    """Return the registry's entry from an issuer's correction of a number that it said, with its signature.

    Raises: `Malformed`; `Refused` when another key signed it, or it is of another issuer.
    """
    entry = stated_in(data, Correction, pin.key)
    if entry.issuer != pin.name:
        raise Refused("other-statement", f"This is a statement of {entry.issuer}, not of {pin.name}.")
    return entry
