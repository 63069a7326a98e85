"""An issuer on another machine, in a thread, made of `bbs` and `protocol` alone: it answers as tests bend it."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from support.instances import EPOCH, HERE, Member, dice
from undersigned.bbs.blind import blind_sign, commit
from undersigned.bbs.signature import keygen, public_key
from undersigned.protocol.credential import Attributes, Credential, header
from undersigned.protocol.derivation import blind, nym_secrets
from undersigned.protocol.entry import Issued, IssuerKey
from undersigned.protocol.statement import Figures, KeyStatement, Question, read, signed, stated
from undersigned.tlog.note import SigningKey

UNION = "union.example"


def honest(issuer: "Elsewhere", question: Question) -> bytes | None:
    """The answer as it should be; None where none is given."""
    known = [place for place in question.places if place == (HERE, EPOCH)]
    figures = tuple(Issued(UNION, *place, issuer.number) for place in known)
    answer = Figures(question.asker, UNION, question.nonce, figures, question.tick)
    return signed(answer, issuer.key)


Bend = Callable[["Elsewhere", Question], bytes | None]


@dataclass
class Elsewhere:
    """A running issuer: what it is asked is kept; `bend` makes its answers."""

    key: SigningKey = field(default_factory=lambda: SigningKey(UNION, hashlib.sha256(b"union").digest()))
    bend: Bend = honest
    number: int = 0
    asked: list[bytes] = field(default_factory=list)
    answered: list[bytes] = field(default_factory=list)
    url: str = ""
    secret: int = field(default_factory=lambda: keygen(hashlib.sha512(b"union").digest()))

    @property
    def entry(self) -> IssuerKey:
        return IssuerKey(UNION, HERE, EPOCH, ("code",), public_key(self.secret))

    @property
    def stated(self) -> IssuerKey:
        """The entry with its own signature."""
        return stated(self.entry, self.key)

    def admit(self, number: int) -> Member:
        """Somebody whom this issuer admits."""
        seed = hashlib.sha512(f"union {number}".encode()).digest()
        commitment = commit(nym_secrets(seed), blind(seed, UNION), dice("union commitment", number))
        attributes = Attributes(HERE, EPOCH, "undeclared", "undeclared", "code")
        public = public_key(self.secret)
        made = blind_sign(
            self.secret, public, commitment, header(UNION), attributes.messages(), dice("union", number)(32)
        )
        return Member(seed, HERE, [Credential(UNION, attributes, made)], UNION)

    def answer(self, body: bytes) -> bytes | None:
        self.asked.append(body)
        found = self.bend(self, read(Question, body)[0])
        if found is not None:
            self.answered.append(found)
        return found


@contextmanager
def elsewhere() -> Iterator[Elsewhere]:
    """Serve one at a free port."""
    issuer = Elsewhere()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            note = signed(KeyStatement(issuer.entry), issuer.key)
            self._say(note if self.path == f"/api/issuer/keys/{HERE}/{EPOCH}" else None)

        def do_POST(self) -> None:
            self._say(issuer.answer(self.rfile.read(int(self.headers["Content-Length"]))))

        def _say(self, note: bytes | None) -> None:
            if note is None:
                # As one that was killed in the middle: the connection ends without an answer.
                self.connection.close()
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(note)))
            self.end_headers()
            self.wfile.write(note)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    issuer.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


# ── how it can lie ──


def silent(_issuer: Elsewhere, _question: Question) -> bytes | None:
    return None


def silent_for(times: int) -> Bend:
    """Silent that often, then honest."""
    left = iter([silent] * times)

    def bend(issuer: Elsewhere, question: Question) -> bytes | None:
        return next(left, honest)(issuer, question)

    return bend


def other_key(issuer: Elsewhere, question: Question) -> bytes | None:
    return honest(replace(issuer, key=SigningKey(UNION, bytes(32))), question)


def replayed(issuer: Elsewhere, question: Question) -> bytes | None:
    return issuer.answered[0]


def other_tick(issuer: Elsewhere, question: Question) -> bytes | None:
    return honest(issuer, replace(question, tick="2026-12-01T01:00:00Z"))


def other_asker(issuer: Elsewhere, question: Question) -> bytes | None:
    return honest(issuer, replace(question, asker="others.example/registry"))


def no_number(issuer: Elsewhere, question: Question) -> bytes | None:
    return honest(issuer, replace(question, places=()))


def too_low(issuer: Elsewhere, question: Question) -> bytes | None:
    return honest(replace(issuer, number=issuer.number - 10), question)


def not_round(issuer: Elsewhere, question: Question) -> bytes | None:
    made = honest(issuer, question)
    assert made is not None
    return made.replace(b'"at_most":%d,' % issuer.number, b'"at_most":%d,' % (issuer.number + 1))


def no_form(_issuer: Elsewhere, _question: Question) -> bytes | None:
    return b"{}\n"


def too_much(issuer: Elsewhere, question: Question) -> bytes | None:
    made = honest(issuer, question)
    assert made is not None
    return made + b"\n" * 9000


LIES = [silent, other_key, replayed, other_tick, other_asker, no_number, too_low, not_round, no_form, too_much]
