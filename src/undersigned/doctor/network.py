"""What an instance needs of others: the keeper, a mail server, its own address from outside, witnesses.

Connections are opened and nothing is handed over: no mail is sent, no key is made.
"""

import smtplib
import socket
import ssl
from typing import Final
from urllib.parse import urlsplit

import httpx

from undersigned.asking.pins import Pins
from undersigned.config import Config, Mail
from undersigned.doctor import rules
from undersigned.doctor.finding import Finding, holds, unknown, wrong
from undersigned.errors import Unavailable, UndersignedError
from undersigned.mail.relay import Later, Never, Relay
from undersigned.subjects.keeper_client import KeeperClient
from undersigned.tlog.policy import Policy
from undersigned.web.middleware import HEADERS, STRICT_TRANSPORT
from undersigned.web.origins import reached
from undersigned.web.static import CHECK_POLICY, SIGN_POLICY

#: Seconds that another machine is waited for.
PATIENCE: Final = 10.0
_HTTPS: Final = 443
_POLICY: Final = "Content-Security-Policy"
_NOT_FOUND: Final = 404


def keeper(config: Config) -> list[Finding]:
    """Ask the keeper for the states of its keys."""
    if config.keeper is None:
        return []
    try:
        states = KeeperClient(config.keeper, bytes, patience=PATIENCE).states()
    except UndersignedError as error:
        return [wrong("keeper", f"It does not answer: {error.words}", "Start it; see “The keeper” in operating.md.")]
    bad = [(name, state) for name, state in states if state != "there"]
    lost = [
        wrong("keeper", f"The key of {name} is {state}", "Put the keeper's folder back from its copy.")
        for name, state in bad
    ]
    return lost or [holds("keeper", f"It answers and has {len(states)} keys")]


def mail(config: Config) -> list[Finding]:
    """Connect to the mail server as the server does, log in, begin a mail to nobody, and leave it."""
    if config.mail is None:
        return []
    name = f"{config.mail.host}:{config.mail.port}"
    try:
        with Relay(config.mail, PATIENCE).connected() as send:
            send(None)
    except (Later, Never) as error:
        return [wrong("mail", f"{name}: {_why(error.__cause__)}", _remedy(config.mail, error.__cause__))]
    if config.mail.security == "plain":
        return [holds("mail", f"{name} takes mails, unencrypted, as only a demonstration may")]
    return [holds("mail", f"{name} takes mails over TLS, with a certificate that is trusted here")]


def _why(error: BaseException | None) -> str:
    """Say what failed; never what a server answered, which can repeat a name or a secret."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "user and password are not taken"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"it answers {error.smtp_code}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, UndersignedError):
        return error.words
    return (error.strerror if isinstance(error, OSError) else None) or "no answer"


def _remedy(settings: Mail, error: BaseException | None) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"Compare user in instance.toml and {settings.password_file} with what the mail server has."
    if isinstance(error, Unavailable):
        return f"chmod 600 {settings.password_file}, one line, of the server's account."
    if isinstance(error, smtplib.SMTPResponseException):
        return "Look whether it takes mails from the sender in instance.toml."
    if isinstance(error, ssl.SSLCertVerificationError):
        return "Name the host as in its certificate, or add its authority with SSL_CERT_FILE."
    return "Compare host, port and security in instance.toml; look whether a firewall lets it through."


def address(config: Config, url: str | None, now: float) -> list[Finding]:
    """Look at certificate and headers of the public address; `now` in seconds since 1970."""
    asked = url or config.url
    parts = urlsplit(asked)
    try:
        found = _tls(parts.hostname or "", parts.port or _HTTPS, now) if parts.scheme == "https" else [_plain(asked)]
        with httpx.Client(base_url=asked, timeout=PATIENCE, trust_env=False, verify=ssl.create_default_context()) as to:
            for page, policy in _pages(config):
                found += _page(to, page, policy, secure=config.url.startswith("https://"))
    except ssl.SSLCertVerificationError as error:
        return [
            wrong("tls", f"The certificate of {asked} is not trusted: {error.verify_message}", "Renew or replace it.")
        ]
    except (OSError, httpx.HTTPError):
        seen = f"Nothing answers at {asked}"
        if url is None:
            return [unknown("address", f"{seen}: TLS and headers were not looked at", "Start it, or give --url.")]
        return [wrong("address", seen, "Look whether server and proxy run, and whether the name leads here.")]
    return found


def _plain(asked: str) -> Finding:
    host = urlsplit(asked).hostname or ""
    if host.endswith(".onion") or host in {"127.0.0.1", "::1", "localhost"}:
        return unknown("tls", f"{asked} has no certificate to look at", "With --url https://… the public address is.")
    return wrong("tls", f"{asked} is not encrypted", "Put a proxy with TLS before the server, and https:// into url.")


def _tls(host: str, port: int, now: float) -> list[Finding]:
    context = ssl.create_default_context()
    with (
        socket.create_connection((host, port), PATIENCE) as raw,
        context.wrap_socket(raw, server_hostname=host) as connection,
    ):
        certificate = connection.getpeercert() or {}
    begin, end = (ssl.cert_time_to_seconds(str(certificate[each])) for each in ("notBefore", "notAfter"))
    return [rules.certificate(end - now, end - begin)]


def _pages(config: Config) -> list[tuple[str, str]]:
    """Pages with the policy of each; the signing and checking pages where they are published."""
    pages = [("/", HEADERS[_POLICY])]
    if (config.public / "sign" / "index.html").is_file():
        pages.append(("/sign/", SIGN_POLICY.format(reached(Pins.read(config.pins)))))
    if (config.public / "check" / "run" / "index.html").is_file():
        pages.append(("/check/run/", CHECK_POLICY))
    return pages


def _page(to: httpx.Client, page: str, policy: str, *, secure: bool) -> list[Finding]:
    answer = to.get(page, headers={"Accept": "text/html"})
    if answer.is_redirect or (answer.is_error and answer.status_code != _NOT_FOUND):
        return [wrong("headers", f"{page}: answered with {answer.status_code}", "Let the proxy pass it on as it is.")]
    wanted = HEADERS | {_POLICY: policy} | ({"Strict-Transport-Security": STRICT_TRANSPORT} if secure else {})
    return rules.headers(page, wanted, answer.headers)


def witnesses(policy: Policy | None) -> list[Finding]:
    """Ask the address of each witness of a policy; any answer will do."""
    if policy is None or not policy.witnesses:
        return [unknown("witnesses", "No policy with witnesses was named", "Name one with --policy, if there are any.")]
    found = []
    for name, witness in policy.witnesses.items():
        if witness.url is None:
            found.append(unknown("witnesses", f"{name} has no address in the policy", "Add it behind its key."))
            continue
        try:
            httpx.get(witness.url, timeout=PATIENCE, trust_env=False)
        except (httpx.HTTPError, httpx.InvalidURL, OSError):
            found.append(wrong("witnesses", f"{name} does not answer at {witness.url}", "Ask who runs it."))
        else:
            found.append(holds("witnesses", f"{name} answers at {witness.url}"))
    return found
