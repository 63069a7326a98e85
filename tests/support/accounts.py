"""A real, certified provider of accounts under Node, people who sign in there, and what they bring back."""

import contextlib
import re
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from support.browsing import missing
from support.client_core import node
from support.issuing import HERE, NAME, Person
from support.serving import free_port
from undersigned.holder.account import Provider, Question, answered, ask
from undersigned.protocol.account import LOOPBACK, PAGE, Joining
from undersigned.protocol.enrolment import JOIN, Admission, Request

FOLDER = Path(__file__).parent / "provider"
INSTANCE = "http://127.0.0.1:8000"
#: What the tests' operator says of the provider; `provider` is added.
SETTINGS: dict[str, Any] = {
    "claim": None,
    "client_id": "letters",
    "employer": False,
    "hosted_domain": None,
    "port": None,
    "runs": "other",
    "scope": "openid",
    "secret": False,
}
#: Whoever signs in for nobody in particular.
NOBODY = Joining(NAME, bytes(48))
#: The confidential client's secret, with everything that has to be escaped.
SECRET = "a+b/c%d e:f~u"
#: All of it is on this machine; made once, since reading the certificate authorities takes longer than signing in.
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_FORM = re.compile(r'<form[^>]*action="([^"]+)"[^>]*>')
_PROMPT = re.compile(r'name="prompt" value="([a-z]+)"')
_ABORT = re.compile(r'href="([^"]+/abort)"')


@dataclass
class At:
    """A running provider."""

    url: str
    process: "subprocess.Popen[bytes]"
    _asked: int = field(default=0)

    # ── as a person ──

    def sign_in(self, address: str, login: str = "anna", *, allow: bool = True) -> str:
        """Open an address, sign in by the provider's own forms, and return where it sends the browser in the end."""
        with httpx.Client(timeout=20, verify=_NO_TLS) as browser:
            reply = browser.get(address)
            for _ in range(20):
                if reply.is_redirect:
                    target = urljoin(str(reply.url), reply.headers["location"])
                    if not target.startswith(self.url):
                        return target
                    reply = browser.get(target)
                else:
                    assert reply.status_code == 200, reply.text
                    reply = self._fill(browser, reply, login, allow=allow)
        raise AssertionError("the provider never came to an end")

    def _fill(self, browser: httpx.Client, page: httpx.Response, login: str, *, allow: bool) -> httpx.Response:
        if not allow:
            abort = _ABORT.search(page.text)
            assert abort, page.text
            return browser.get(urljoin(str(page.url), unescape(abort[1])))
        form, prompt = _FORM.search(page.text), _PROMPT.search(page.text)
        assert form, page.text
        assert prompt, page.text
        filled = {"prompt": prompt[1], "login": login, "password": "any"}
        return browser.post(urljoin(str(page.url), unescape(form[1])), data=filled)

    def settings(self, **changed: Any) -> dict[str, Any]:
        """What an operator says of it."""
        return SETTINGS | {"provider": self.url} | changed

    def question(self, back: str = INSTANCE + PAGE, joining: Joining = NOBODY, **said: Any) -> Question:
        """A question to it, as a device makes it."""
        self._asked += 1
        whole: dict[str, Any] = {
            "client_id": "letters",
            "scope": "openid",
            "names_itself": True,
            "fragment": False,
        } | said
        return ask(Provider(self.url, f"{self.url}/auth", **whole), joining, back, Random(self._asked).randbytes)

    def evidence(
        self, login: str = "anna", back: str = INSTANCE + PAGE, joining: Joining = NOBODY, **said: Any
    ) -> dict[str, str]:
        """What somebody brings who signed in, good for `joining`."""
        question = self.question(back, joining, **said)
        return dict(answered(question, urlsplit(self.sign_in(question.address, login)).query).evidence)

    def admission(
        self, person: Person, login: str = "anna", organisation: str = HERE, action: str = JOIN, **said: Any
    ) -> Request[Admission]:
        """How somebody asks to be admitted, or to have words replaced, who signed in."""
        return joins(person, self.evidence(login, joining=Joining(NAME, person.point), **said), organisation, action)

    # ── as a liar ──

    @contextlib.contextmanager
    def lying(self, at: str, kind: str = "", **more: Any) -> Iterator[None]:
        """Let it lie for a while, at `discovery`, `keys` or `token`."""
        self._say({"at": at, "kind": kind} | more)
        try:
            yield
        finally:
            self._say({})

    def _say(self, lie: Mapping[str, Any]) -> None:
        httpx.post(f"{self.url}/lie", json=lie, timeout=20, verify=_NO_TLS).raise_for_status()

    def heard(self) -> list[str]:
        """Requests since this was asked last."""
        listed: list[str] = httpx.get(f"{self.url}/heard", timeout=20, verify=_NO_TLS).json()
        return listed

    def issued(self) -> list[str]:
        """All tokens that it ever gave out."""
        listed: list[str] = httpx.get(f"{self.url}/issued", timeout=20, verify=_NO_TLS).json()
        return listed


def redeems(provider: At, question: Question, code: str) -> int:
    """Change a code for tokens as whoever has question and code can do; returns the status."""
    form = {
        "grant_type": "authorization_code",
        "client_id": "letters",
        "redirect_uri": question.redirect,
        "code": code,
        "code_verifier": question.verifier,
    }
    return httpx.post(f"{provider.url}/token", data=form, timeout=20, verify=_NO_TLS).status_code


def joins(person: Person, evidence: dict[str, str], organisation: str = HERE, action: str = JOIN) -> Request[Admission]:
    return person.asks(action, Admission(organisation, "oidc", evidence, "undeclared", "undeclared"))


@contextlib.contextmanager
def running() -> Iterator[At]:
    """Run the provider for a while."""
    program = node()
    if not (FOLDER / "node_modules" / "oidc-provider").is_dir():
        missing("the provider of accounts is not installed: (cd tests/support/provider && npm ci --ignore-scripts)")
    port = free_port()
    process = subprocess.Popen(
        [program, "provider.mjs", str(port)], cwd=FOLDER, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n", "the provider did not start"
        yield At(f"http://127.0.0.1:{port}", process)
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def loopback(port: int) -> str:
    return LOOPBACK.format(port=port)
