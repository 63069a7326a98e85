"""Joining by e-mail as a person does it: the command, a server of several processes, a mail over TLS, a typed code."""

import html.parser
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from support.by_mail import DOMAIN, settle
from support.instances import EPOCH, HERE, letter, opened
from support.keeping import place
from support.mailing import Post, message, post
from support.serving import Server, serving
from undersigned.bootstrap import Instance
from undersigned.cli.app import app
from undersigned.errors import UndersignedError
from undersigned.holder.wallet import Wallet
from undersigned.web.publish import publish

QUIET = ("--role-family", "undeclared", "--standing", "undeclared", "--skip-check")


@dataclass
class Place:
    """An instance that is served, and a mail server."""

    server: Server
    post: Post
    instance: Instance

    def members(self) -> int:
        from undersigned.issuer.models import Admission as Row  # noqa: PLC0415 - needs Django set up first

        return Row.objects.count()


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("by-mail")
    with place() as keeper, post(folder) as mails:
        keeper.start()
        instance = settle(folder / "instance", keeper, mails)
        opened(instance, letter())
        publish(instance, instance.clock.tick())
        with serving(instance.config.directory) as server:
            yield Place(server, mails, instance)


class Typist:
    """Somebody at a terminal, who types what the program asks for."""

    def __init__(self, here: Place, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.here, self.file = here, file
        self.asked: list[str] = []
        self.answers: dict[str, list[Callable[[], str]]] = {}
        monkeypatch.setattr("typer.prompt", self._prompt)

    def _prompt(self, question: str, **_options: Any) -> str:
        self.asked.append(question)
        return self.answers[question].pop(0)()

    def types(self, address: str, *codes: str | Callable[[], str]) -> None:
        typed: list[Callable[[], str]] = [partial(str, each) if isinstance(each, str) else each for each in codes]
        self.answers = {"Your address": [partial(str, address)], "The eight digits in the mail": typed}

    def run(self, command: str, *more: str) -> str:
        arguments = [command, self.here.server.url, "--organisation", HERE, "--email", *QUIET, *more]
        arguments += ["--at", self.here.server.url]
        result = CliRunner().invoke(app, [*arguments, "--pass", str(self.file)])
        if isinstance(result.exception, UndersignedError):
            raise result.exception
        assert result.exit_code == 0, (result.output, result.exception)
        return result.output

    def mailed(self, address: str) -> Callable[[], str]:
        """The code as the person reads it in the mail."""

        def read() -> str:
            code = self.here.post.mailbox.code(address)
            return f"{code[:4]} {code[4:]}"

        return read

    def wallet(self) -> Wallet:
        return Wallet.parse(self.file.read_bytes())


@pytest.fixture
def typist(here: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typist:
    return Typist(here, tmp_path / "pass.json", monkeypatch)


def test_somebody_joins_and_signs_with_a_typed_code(typist: Typist) -> None:
    address = f"Anna@{DOMAIN}"
    typist.types(f" Anna@{DOMAIN.upper()} ", "0417 293", "1111 2222", typist.mailed(address))
    said = typist.run("enrol")
    assert f"A code is mailed to your address at {DOMAIN}." in said
    assert f"A mail is on its way to {address}" in said
    assert "eight digits" in said
    assert "This code does not work for this address." in said
    assert f"You have joined as a member of {HERE}, for {EPOCH}." in said
    (membership,) = typist.wallet().memberships.values()
    assert membership.method == "email"
    signed = CliRunner().invoke(
        app, ["sign", f"{typist.here.server.url}/letters/leave", "--yes", "--pass", str(typist.file)]
    )
    assert signed.exit_code == 0, signed.output


def test_a_wrong_code_is_asked_for_three_times(typist: Typist) -> None:
    before = typist.here.members()
    typist.types(f"ben@{DOMAIN}", *["11112222"] * 3)
    with pytest.raises(UndersignedError) as caught:
        typist.run("enrol")
    assert caught.value.code == "email-wrong"
    assert typist.here.members() == before
    # The words are kept, so the next try goes on with them, and with the code of the same mail.
    words = typist.wallet().phrase
    typist.types(f"ben@{DOMAIN}", typist.mailed(f"ben@{DOMAIN}"))
    typist.run("enrol")
    assert typist.wallet().phrase == words
    assert [each.rcpt_tos for each in typist.here.post.mailbox.mails].count([f"ben@{DOMAIN}"]) == 1


@pytest.mark.parametrize(
    ("address", "code"),
    [("anna@example.org", "domain-not-allowed"), (f"a+b@{DOMAIN}", "address-plus"), ("anna", "bad-address")],
)
def test_an_address_that_will_not_do_is_not_even_sent(typist: Typist, address: str, code: str) -> None:
    sent = len(typist.here.post.mailbox.mails)
    typist.types(address)
    with pytest.raises(UndersignedError) as caught:
        typist.run("enrol")
    assert caught.value.code == code
    assert len(typist.here.post.mailbox.mails) == sent
    assert not typist.file.exists()


def test_lost_words_are_replaced_by_mail(typist: Typist, tmp_path: Path) -> None:
    address = f"cleo@{DOMAIN}"
    typist.types(address, typist.mailed(address))
    typist.run("enrol")
    typist.file = tmp_path / "new.json"
    typist.types(address, "11112222", "11112222", "11112222")
    with pytest.raises(UndersignedError) as caught:
        typist.run("replace")
    assert caught.value.code == "nobody-joined"
    # What was begun goes on with the same new words.
    words = typist.wallet().phrase
    typist.types(address, typist.mailed(address))
    assert "Your new words count from 2026-12-08 on" in typist.run("replace")
    assert typist.wallet().phrase == words
    typist.types(address)
    with pytest.raises(UndersignedError) as caught:
        typist.run("replace")
    assert caught.value.code == "pass-exists"


def test_two_ways_at_once_are_refused(typist: Typist) -> None:
    with pytest.raises(UndersignedError) as caught:
        typist.run("enrol", "--code", "7K3M-9QXA-2B4C-D5EF")
    assert caught.value.code == "two-ways"


# ── a mail scanner ──


class _Links(html.parser.HTMLParser):
    """Everything in a text that could be opened or sent, as a scanner that is too eager finds it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [f"{tag} {name}={value}" for name, value in attrs]
        self.found.append(tag)


ADDRESSES = re.compile(
    r"[a-z][a-z0-9+.-]*://\S+|\bwww\.\S+|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}/\S*", re.IGNORECASE
)


def opened_by_a_scanner(text: str) -> list[str]:
    links = _Links()
    links.feed(text)
    return links.found + ADDRESSES.findall(text)


def test_a_scanner_that_opens_and_sends_everything_joins_nobody(typist: Typist) -> None:
    here, address = typist.here, f"scanned@{DOMAIN}"
    before, posted = here.members(), list[int]()

    def scan() -> str:
        code = here.post.mailbox.code(address)
        (envelope,) = [each for each in here.post.mailbox.mails if each.rcpt_tos == [address]]
        mail = message(envelope)
        parts = [part for part in mail.walk() if not part.is_multipart()]
        assert [part.get_content_type() for part in parts] == ["text/plain"]
        text = parts[0].get_content()
        assert opened_by_a_scanner(text) == []
        # It guesses, too: every word of the mail, at the addresses of the server, read and sent.
        words = sorted({code, address, *re.findall(r"[\w.@-]+", mail.as_string() + text)})[:40]
        for path in ("api/issuer/admissions", "api/issuer/mails", "sign", "letters/leave", f"sign/{code}", code):
            url = f"{here.server.url}/{path}"
            for word in words:
                httpx.get(f"{url}?code={word}&address={address}")
                httpx.get(f"{url}/{word.lstrip('.') or 'x'}")
                form = {"code": word, "address": address, "organisation": HERE}
                posted.extend((httpx.post(url, data=form).status_code, httpx.post(url, json=form).status_code))
        assert here.members() == before
        return code

    typist.types(address, scan)
    typist.run("enrol")
    assert here.members() == before + 1
    assert len(posted) > 300
    assert all(status >= 400 for status in posted)


@pytest.mark.parametrize(
    "planted",
    ['<a href="https://letters.example/j">here</a>', "https://a.example/?c=1", "letters.example/join", "<form>"],
)
def test_a_scanner_would_find_a_link(planted: str) -> None:
    assert opened_by_a_scanner(f"Your code is 0417 2936. {planted}")
