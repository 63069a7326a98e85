"""An instance in memory, made of `protocol` and `tlog` alone, for tests of the holder.

It does what an honest instance does as a holder sees it; tests bend one thing at a time.
"""

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from typing import TypeVar

from undersigned.bbs.blind import blind_sign
from undersigned.bbs.signature import keygen, public_key
from undersigned.errors import Conflict, Malformed, Refused, Unavailable, UndersignedError, Withheld
from undersigned.holder.wallet import Wallet
from undersigned.protocol.act import SignedAct
from undersigned.protocol.credential import Attributes, Credential, header
from undersigned.protocol.elsewhere import ISSUERS, issuers
from undersigned.protocol.enrolment import (
    NONCES,
    Admission,
    Cancellation,
    Issuance,
    Renewal,
    Request,
    Wish,
    nonce_answer,
)
from undersigned.protocol.entry import (
    Entry,
    Genesis,
    IssuerKey,
    LetterClosed,
    LetterOpened,
    ReceiptKey,
    Redacted,
    Round,
    TermsSet,
)
from undersigned.protocol.letter import Letter, Organisation, Terms, Text, Workforce
from undersigned.protocol.presentation import KeyRing, verify
from undersigned.protocol.receipt import Receipt
from undersigned.protocol.registry import Registry, letter_rule
from undersigned.protocol.statement import stated
from undersigned.tlog import tile
from undersigned.tlog.checkpoint import Checkpoint, sign_checkpoint
from undersigned.tlog.merkle import EMPTY_ROOT
from undersigned.tlog.note import SigningKey
from undersigned.tlog.policy import log_only
from undersigned.values import canonical, sha256_hex

NAME, ISSUER, ORGANISATION, EPOCH = "letters.example", "members.example", "example.com", "2026Q4"
CLOSES = "2026-12-03T00:00:00Z"
ADDRESS = "https://letters.example"
UNION, UNION_ADDRESS = "union.example", "https://union.example"
#: What is answered with passes.
Asking = Request[Admission] | Request[Renewal]
W = TypeVar("W", bound=Wish)
CODE = "7K3M-9QXA-2B4C-D5EF"


def octets(*names: object, length: int = 32) -> bytes:
    """Octets that depend on the names alone."""
    return hashlib.shake_256("/".join(map(str, names)).encode()).digest(length)


def dice(*names: object) -> Callable[[int], bytes]:
    """A source of randomness that repeats itself: another value at every call, the same in every run."""
    calls = iter(range(1 << 30))
    return lambda length: octets(*names, next(calls), length=length)


def letter(
    slug: str = "safer-warehouses",
    organisations: Sequence[str] = (ORGANISATION,),
    by: Sequence[str] = (ISSUER,),
) -> Letter:
    """A short letter."""
    text = Text("en", "Safer warehouses", "We work here and ask for three things.", ("Say what was measured.",))
    asked = tuple(Organisation(each, tuple(by)) for each in sorted(organisations))
    return Letter(slug, "The management", EPOCH, None, asked, (text,), "t2026-1")


def identity(issuer: str) -> SigningKey:
    """An issuer's own long-term key."""
    return SigningKey(issuer, octets("identity", issuer))


class Log:
    """One log: entries, files, signed checkpoint."""

    def __init__(self, key: SigningKey) -> None:
        self.key = key
        self._clear()

    def _clear(self) -> None:
        self.entries: list[bytes] = []
        self.files: dict[str, bytes] = {}
        self._root = EMPTY_ROOT

    def read(self, path: str) -> bytes:
        if path not in self.files:
            raise Withheld("no-file", path)
        return self.files[path]

    def append(self, entries: Sequence[bytes]) -> None:
        done = tile.append(len(self.entries), self.read, entries)
        self.files.update(done.files)
        self.entries += entries
        self._root = done.root
        self.sign(self.key)

    def sign(self, key: SigningKey) -> None:
        checkpoint = Checkpoint(self.key.name, len(self.entries), self._root)
        self.files["checkpoint"] = sign_checkpoint(checkpoint, key)

    def rewrite(self, entries: Sequence[bytes]) -> None:
        """Begin anew with other entries under the same key: what an honest log never does."""
        self._clear()
        self.append(entries)


class Issuing:
    """Admits whoever brings a code, and issues for all keys that it has; `elsewhere` are issuers that it is not."""

    def __init__(self) -> None:
        self.secrets: dict[tuple[str, str, str], int] = {}
        self.elsewhere: dict[str, str] = {}
        self.codes: dict[str, bytes] = {}
        self.sent: list[tuple[str, bytes]] = []
        self.nonce = octets("nonce", type(self).__name__)
        self.origins = [ADDRESS]
        self.rng = dice(type(self).__name__)

    def post(self, path: str, body: bytes, content_type: str) -> bytes:
        self.sent.append((path, body))
        if content_type != ("application/octet-stream" if path == "api/acts" else "application/json"):
            raise Malformed("content-type", "Another content type.")
        return self.answers()[path](body)

    def answers(self) -> dict[str, Callable[[bytes], bytes]]:
        """What it does with a message, by path."""
        return {
            "api/issuer/admissions": self.admit,
            "api/issuer/renewals": self.renew,
            "api/issuer/replacements": self.replace,
            "api/issuer/cancellations": self.cancel,
        }

    def admit(self, body: bytes) -> bytes:
        got, point = self.asked(Admission, body)
        if self.codes.setdefault(got.wish.evidence["code"], point) != point:
            raise Conflict("code-spent", "This code was already used.")
        return self.issue(got)

    def renew(self, body: bytes) -> bytes:
        got, point = self.asked(Renewal, body)
        if point not in self.codes.values():
            raise Refused("unknown-member", "These words never joined here.")
        return self.issue(got)

    def replace(self, body: bytes) -> bytes:
        self.asked(Admission, body)
        return canonical({"profile": "undersigned/1", "ready": "2026-10-09"})

    def cancel(self, body: bytes) -> bytes:
        self.asked(Cancellation, body)
        return b"{}"

    def asked(self, kind: type[W], body: bytes) -> tuple[Request[W], bytes]:
        """What is asked, and by whom: bound to this issuer and its nonce."""
        got = Request.parse(kind, body)
        assert (got.bound.nonce, got.bound.origin in self.origins) == (self.nonce, True), got.bound
        return got, got.verify()

    def issue(self, asked: Asking) -> bytes:
        own = (name for name in self.secrets if name[0] not in self.elsewhere)
        keys = sorted(name for name in own if name[1] == asked.wish.organisation)
        return Issuance(tuple(self.credential(asked, name) for name in keys)).encoded()

    def attributes(self, asked: Admission | Renewal, epoch: str) -> Attributes:
        return Attributes(asked.organisation, epoch, asked.role_family, asked.standing, "code")

    def credential(self, asked: Asking, name: tuple[str, str, str]) -> Credential:
        said = self.attributes(asked.wish, name[2])
        secret = self.secrets[name]
        signature = blind_sign(
            secret, public_key(secret), asked.commitment, header(name[0]), said.messages(), self.rng(32)
        )
        return Credential(name[0], said, signature)


class IssuerDouble(Issuing):
    """An issuer on a machine of its own, for the letters of a `Double`; is itself a `Transport` without sockets."""

    def __init__(self, letters: "Double", name: str = UNION, address: str = UNION_ADDRESS) -> None:
        super().__init__()
        letters.key(name, ORGANISATION, EPOCH)
        key = (name, ORGANISATION, EPOCH)
        self.secrets[key] = letters.secrets[key]
        letters.elsewhere[name] = address
        self.origins = [address]

    def get(self, path: str, limit: int) -> bytes:
        return self.file(path)

    def file(self, path: str) -> bytes:
        if path == NONCES:
            return nonce_answer(self.nonce)
        raise Withheld("no-file", path)


class Double(Issuing):
    """An instance with one organisation; is itself a `Transport` without sockets."""

    def __init__(self, *, methods: tuple[str, ...] = ("code",), organisations: Sequence[str] = (ORGANISATION,)) -> None:
        super().__init__()
        self.registry_key = SigningKey(f"{NAME}/registry", octets("registry"))
        self.log_key = SigningKey(f"{NAME}/log", octets("log"))
        self.receipt_key = SigningKey(f"{NAME}/receipt", octets("receipt"))
        self.registry, self.log = Log(self.registry_key), Log(self.log_key)
        self.log.append([])
        self.documents: dict[str, bytes] = {}
        self.held: dict[str, SignedAct] = {}
        self.got: list[str] = []
        self.files: dict[str, bytes] = {}
        self.methods = methods
        self.workforce = 120
        self.enter(
            Genesis(name=NAME, demo=True, registry=self.registry_key.vkey, log=self.log_key.vkey),
            ReceiptKey(self.receipt_key.vkey),
        )
        for organisation in organisations:
            self.key(ISSUER, organisation, EPOCH)
        self.letter = self.open(letter("safer-warehouses", organisations))

    # ── what an organiser does ──

    @property
    def policy(self) -> str:
        return log_only(self.registry_key.vkey)

    def enter(self, *entries: Entry) -> None:
        self.registry.append([each.encoded for each in entries])

    def key(self, issuer: str, organisation: str, epoch: str) -> None:
        name = (issuer, organisation, epoch)
        self.secrets[name] = keygen(octets("issuer", *name))
        entry = IssuerKey(issuer, organisation, epoch, self.methods, public_key(self.secrets[name]))
        self.enter(stated(entry, identity(issuer)))

    def open(self, document: Letter, closes: str = CLOSES) -> Letter:
        self.documents[document.digest] = document.encoded
        self.enter(LetterOpened(document.slug, document.digest))
        self.terms(document, closes)
        return document

    def terms(self, document: Letter, closes: str) -> None:
        number = len(Registry.replay(self.registry.entries).terms.get(document.digest, [])) + 1
        figures = tuple(
            Workforce(each.organisation, self.workforce, "2026-09-30", "annual report")
            for each in document.organisations
        )
        terms = Terms(document.digest, number, "2026-10-01", closes, figures)
        self.documents[terms.digest] = terms.encoded
        self.enter(TermsSet(document.digest, number, terms.digest))

    def close(self, outcome: str = "closed") -> None:
        self.enter(LetterClosed(self.letter.digest, outcome))

    def redact(self, digest: str) -> None:
        self.enter(Redacted(digest, "law", "A court asked for it."))

    def round(self, *, final: bool = False, tick: str = "2026-11-01T00:00:00Z", leave_out: Sequence[str] = ()) -> None:
        acts = sorted(
            (each for digest, each in self.held.items() if digest not in leave_out), key=lambda each: each.act.pseudonym
        )
        self.held.clear()
        head = Round(self.letter.context, ORGANISATION, len(acts), tick, final)
        self.log.append([head.encoded, *(each.encoded for each in acts)])

    # ── what it answers ──

    def get(self, path: str, limit: int) -> bytes:
        self.got.append(path)
        data = self.file(path)
        if len(data) > limit:
            raise Refused("answer-too-long", path)
        return data

    def file(self, path: str) -> bytes:
        top, _, rest = path.partition("/")
        if top == "documents" and rest in self.documents:
            return self.documents[rest]
        if path in self.files:
            return self.files[path]
        if path == NONCES:
            return nonce_answer(self.nonce)
        if path == ISSUERS and self.elsewhere:
            return issuers(self.elsewhere)
        if path == "registry.vkey":
            return self.registry_key.vkey.encode() + b"\n"
        return {"registry": self.registry, "log": self.log}.get(top, Log(self.log_key)).read(rest)

    def answers(self) -> dict[str, Callable[[bytes], bytes]]:
        return super().answers() | {"api/acts": self.act}

    def act(self, body: bytes) -> bytes:
        signed = SignedAct.parse_padded(body)
        registry = Registry.replay(self.registry.entries)
        verify(signed, letter_rule(self.letter, registry), KeyRing(registry.public_keys()))
        repeated = signed.act.digest in self.held
        self.held[signed.act.digest] = signed
        return canonical({"receipt": self.receipt(signed).decode(), "repeated": repeated})

    def receipt(self, signed: SignedAct) -> bytes:
        act = signed.act
        return Receipt(act.context, act.organisation, act.digest, self.deadline()).signed(self.receipt_key)

    def deadline(self) -> str:
        entry = Registry.replay(self.registry.entries).terms[self.letter.digest][-1]
        return Terms.parse(self.documents[entry.digest]).closes


def wallet(number: int = 0, *, policy: str | None = None, address: str = ADDRESS) -> Wallet:
    """A wallet with words of its own that trusts an instance, whose own issuer is known to be there."""
    made = Wallet(octets("entropy", number))
    if policy is not None:
        made.trust(address, policy)
        made.agree(address, ISSUER, address)
    return made


# ── over sockets ──

_STATUS = {Malformed: 400, Refused: 403, Withheld: 404, Conflict: 409, Unavailable: 503}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    def do_GET(self) -> None:
        self._answer(lambda: self.server.double.file(self.path[1:]))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        kind = self.headers["content-type"]
        self._answer(lambda: self.server.double.post(self.path[1:], body, kind))

    def _answer(self, make: Callable[[], bytes]) -> None:
        status, kind = 200, "application/json"
        try:
            data = make()
        except UndersignedError as error:
            status, kind = _STATUS[type(error)], "application/problem+json"
            problem = {"status": status, "title": error.words, "type": f"urn:undersigned:problem:{error.code}"}
            data = canonical(problem)
        self.send_response_only(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        self.send_header("set-cookie", "who=you; Max-Age=99999999")
        self.end_headers()
        self.wfile.write(data)


class _Recorder:
    """A socket's file that keeps every octet that was read from it."""

    def __init__(self, file: BufferedIOBase, heard: bytearray) -> None:
        self._file, self._heard = file, heard
        self.closed = False

    def readline(self, *sizes: int) -> bytes:
        return self._kept(self._file.readline(*sizes))

    def read(self, *sizes: int) -> bytes:
        return self._kept(self._file.read(*sizes))

    def close(self) -> None:
        self._file.close()
        self.closed = True

    def _kept(self, data: bytes) -> bytes:
        self._heard += data
        return data


class _RecordingHandler(_Handler):
    def setup(self) -> None:
        super().setup()
        heard = bytearray()
        self.server.heard.append(heard)
        self.rfile = _Recorder(self.rfile, heard)  # type: ignore[assignment]  # the three methods that are used


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, double: Double | IssuerDouble) -> None:
        super().__init__(("127.0.0.1", 0), _RecordingHandler)
        self.double = double
        double.origins.append(f"http://127.0.0.1:{self.server_port}")
        self.heard: list[bytearray] = []


@contextmanager
def served(double: Double | IssuerDouble) -> Iterator[tuple[str, list[bytearray]]]:
    """Serve a double on loopback: its address, and every octet that it heard, one item a connection."""
    server = _Server(double)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", server.heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def digest_of(data: bytes) -> str:
    """SHA-256 in hex, as document names are."""
    return sha256_hex(data)
