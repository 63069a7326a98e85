"""A real mail server that takes mails over TLS, with a certificate of an authority made here."""

import asyncio
import contextlib
import datetime as dt
import email
import email.policy
import ipaddress
import logging
import os
import re
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from support.serving import free_port
from undersigned.config import Mail

# The library warns, at every login, of how its next version will do it.
logging.getLogger("mail.log").setLevel(logging.ERROR)

USER, PASSWORD = "codes", "a password of the mail server"
SENDER = "codes@post.example"


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    subject: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    signer: ec.EllipticCurvePrivateKey,
    host: str,
    left: dt.timedelta,
) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + left)
        .add_extension(x509.BasicConstraints(ca=not host, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if host:
        try:
            place: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
        except ValueError:
            place = x509.DNSName(host)
        made = made.add_extension(x509.SubjectAlternativeName([place]), critical=False)
    else:
        usage = dict.fromkeys(
            ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "encipher_only", "decipher_only"), False
        )  # fmt: skip
        made = made.add_extension(x509.KeyUsage(key_cert_sign=True, crl_sign=True, **usage), critical=True)
    return made.sign(signer, hashes.SHA256())


@dataclass
class Authority:
    """Who vouches for a mail server: `file` holds its certificate, `context` serves with one for `host`."""

    folder: Path
    host: str = "127.0.0.1"
    left: dt.timedelta = dt.timedelta(days=2)
    context: ssl.SSLContext = field(init=False)

    def __post_init__(self) -> None:
        top, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        root = _certificate("An authority", top, _name("An authority"), top, "", self.left)
        leaf = _certificate("A mail server", own, root.subject, top, self.host, self.left)
        self.file.write_bytes(root.public_bytes(serialization.Encoding.PEM))
        chain = self.folder / "server.pem"
        chain.write_bytes(
            own.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + leaf.public_bytes(serialization.Encoding.PEM)
        )
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.load_cert_chain(chain)

    @property
    def file(self) -> Path:
        return self.folder / "authority.pem"


@dataclass
class Mailbox:
    """What a mail server took: everybody's mails. `answer` refuses with another status."""

    mails: list[Envelope] = field(default_factory=list)
    answer: str = "250 OK"
    at: str = "DATA"
    login: bool = False
    greetings: list[str] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    async def handle_EHLO(  # noqa: N802 - the library's name
        self, server: Any, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.greetings.append(hostname)
        return responses

    async def handle_MAIL(  # noqa: N802 - as above
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.login and not session.authenticated:
            return "530 Log in first"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - as above
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.at == "RCPT" and not self.answer.startswith("250"):
            return self.answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        if not self.answer.startswith("250"):
            return self.answer
        with self.arrived:
            self.mails.append(envelope)
            self.arrived.notify_all()
        return self.answer

    def wait(self, count: int = 1, seconds: float = 30) -> list[Envelope]:
        """The mails, when there are so many."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.mails) >= count, seconds), "no mail came"
            return list(self.mails)

    def code(self, address: str, seconds: float = 30, count: int = 1) -> str:
        """The code in the last mail to an address, once there are so many."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            came = [each for each in self.mails if each.rcpt_tos == [address]]
            if len(came) >= count:
                return code_in(came[-1])
            time.sleep(0.02)
        raise AssertionError(f"no mail came to {address}")


def message(envelope: Envelope) -> EmailMessage:
    assert isinstance(envelope.content, bytes)
    return email.message_from_bytes(envelope.content, policy=email.policy.default)


def code_in(envelope: Envelope) -> str:
    """The eight digits of a mail, without the space."""
    (found,) = re.findall(r"\b(\d{4} \d{4})\b", message(envelope).get_content())
    return str(found).replace(" ", "")


class _Listening(Controller):
    """The library's server, which forgets its connections when it is stopped."""

    def stop(self, no_assert: bool = False) -> None:  # noqa: FBT001, FBT002 - the library's signature
        asyncio.run_coroutine_threadsafe(self._end(), self.loop).result(10)
        super().stop(no_assert=no_assert)

    async def _end(self) -> None:
        """End every connection that the loop holds, also one in the middle of its handshake."""
        assert self.server is not None
        self.server.close()
        held: Any = asyncio.get_running_loop()._transports  # type: ignore[attr-defined]  # nothing public lists them
        for _ in range(100):
            running = [each for each in held.values() if each._sock is not None]
            for each in running:
                each.abort()
            if not running:
                break
            await asyncio.sleep(0.01)


class Post:
    """A mail server that can be stopped and started again at the same port."""

    def __init__(self, authority: Authority, security: str = "tls", *, login: bool = True) -> None:
        self.authority, self.security, self.login = authority, security, login
        self.mailbox = Mailbox(login=login)
        self.port = free_port()
        self._controller: _Listening | None = None

    @property
    def settings(self) -> Mail:
        """The table `[mail]` of whoever sends by this server."""
        plain = Mail(self.authority.host, self.port, self.security, SENDER)
        if not self.login:
            return plain
        file = self.authority.folder / "password"
        file.touch(0o600)
        file.write_text(PASSWORD + "\n")
        return replace(plain, user=USER, password_file=file)

    def start(self) -> "Post":
        context = self.authority.context
        more: dict[str, Any] = {}
        if self.security == "tls":
            more["ssl_context"] = context
        elif self.security == "starttls":
            more |= {"tls_context": context, "require_starttls": True}
        if self.login:
            more |= {"authenticator": self._login, "auth_require_tls": self.security == "starttls"}
        self._controller = _Listening(self.mailbox, hostname="127.0.0.1", port=self.port, **more)
        self._controller.start()
        return self

    def _login(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=right, handled=right)

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None


@contextlib.contextmanager
def post(folder: Path, security: str = "tls", *, login: bool = True) -> Iterator[Post]:
    """A running mail server whose authority this process, and those that it starts, trust."""
    made = Post(Authority(folder), security, login=login).start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(made.authority.file))
        assert os.environ["SSL_CERT_FILE"]
        try:
            yield made
        finally:
            made.stop()
