"""Sending: a real mail server over TLS, one that is not what it should be, and none."""

import itertools
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from support.mailing import SENDER, Authority, Mailbox, Post, code_in, message, post
from undersigned.errors import Unavailable
from undersigned.mail import outbox
from undersigned.mail.message import Mailing, Sender
from undersigned.mail.message import compose as message_of
from undersigned.mail.outbox import Outbox
from undersigned.mail.relay import Later, Relay
from undersigned.storage.files import secret_line

HOUR, UNTIL = "2026-12-03T14:00:00Z", "2026-12-03T16:00:00Z"
QUICK = (0.05, 0.05, 0.1, 0.2, 0.4)


def mailing(number: int = 1) -> Mailing:
    return Mailing(f"anna{number}@example.com", "en", f"{number:08d}", HOUR, UNTIL)


def box(server: Post, **more: object) -> Outbox:
    return Outbox(Relay(server.settings, 10), Sender(SENDER), **{"pause": float, "again": QUICK, "away": 0.3} | more)  # type: ignore[arg-type] # a test's own


def away(here: Outbox) -> Unavailable:
    """What people are told when the mail server is away, as soon as they are told."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            here.ready()
        except Unavailable as error:
            return error
        time.sleep(0.01)
    raise AssertionError("nobody is told that mails cannot be sent")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Post]:
    with post(tmp_path) as made:
        yield made


@pytest.mark.parametrize(("security", "login"), [("tls", True), ("tls", False), ("starttls", True), ("plain", False)])
def test_a_mail_arrives_as_it_was_written(tmp_path: Path, security: str, login: bool) -> None:  # noqa: FBT001 - a case
    with post(tmp_path, security, login=login) as server:
        box(server).put(mailing(417), send=True)
        (envelope,) = server.mailbox.wait()
    assert (envelope.mail_from, envelope.rcpt_tos) == (SENDER, ["anna417@example.com"])
    assert code_in(envelope) == "00000417"
    assert message(envelope)["To"] == "anna417@example.com"


def test_the_machine_s_name_is_not_told(server: Post) -> None:
    box(server).put(mailing(), send=True)
    server.mailbox.wait()
    assert set(server.mailbox.greetings) == {"post.example"}


def test_what_only_looks_like_a_mail_is_not_sent(server: Post) -> None:
    here = box(server)
    for number in range(10):
        here.put(mailing(number), send=number % 2 == 1)
    assert {each.rcpt_tos[0] for each in server.mailbox.wait(5)} == {f"anna{n}@example.com" for n in (1, 3, 5, 7, 9)}
    time.sleep(0.2)
    assert len(server.mailbox.mails) == 5


@pytest.mark.parametrize("send", [True, False])
def test_a_server_that_is_away_is_found_out_alike_by_what_is_sent_and_what_is_not(server: Post, *, send: bool) -> None:
    """Or the first who is told would learn that the address before theirs was mailed within the hour."""
    here = box(server, away=30.0)
    server.stop()
    here.put(mailing(), send=send)
    assert away(here).code == "mail-away"


@pytest.mark.parametrize("send", [True, False])
def test_a_server_that_takes_no_mails_of_ours_is_found_out_alike(server: Post, *, send: bool) -> None:
    server.mailbox.login = True
    here = Outbox(Relay(replace(server.settings, user=None), 10), Sender(SENDER), pause=float, again=QUICK, away=30.0)
    here.put(mailing(), send=send)
    assert away(here).code == "mail-away"
    assert server.mailbox.mails == []


def test_who_asks_does_not_wait_for_the_mail_server(server: Post) -> None:
    server.stop()
    here, began = box(server), time.perf_counter()
    for number in range(200):
        here.put(mailing(number), send=number % 2 == 1)
    assert time.perf_counter() - began < 1


def test_mails_are_sent_when_the_server_comes_back(server: Post, capfd: pytest.CaptureFixture[str]) -> None:
    server.stop()
    here = box(server, again=(0.3,) * 40)
    here.ready()
    for number in range(3):
        here.put(mailing(number), send=True)
    told = away(here)
    assert (told.code, told.words) == ("mail-away", outbox.MAIL_AWAY)
    server.start()
    assert len(server.mailbox.wait(3)) == 3
    here.ready()
    said = capfd.readouterr().err
    assert set(said.splitlines()) == {"undersigned: a mail was not sent: ConnectionRefusedError"}


def test_a_server_that_says_later_is_asked_again_and_not_for_ever(
    server: Post, capfd: pytest.CaptureFixture[str]
) -> None:
    server.mailbox.at, server.mailbox.answer = "RCPT", "451 Come back later, anna1@example.com"
    here = box(server, again=(0.05,) * 100)
    here.put(mailing(1), send=True)
    time.sleep(0.3)
    here.ready()
    server.mailbox.answer = "250 OK"
    server.mailbox.wait()
    server.mailbox.answer = "451 Come back later"
    other = box(server, again=(0.05, 0.05))
    other.put(mailing(2), send=True)
    until = time.monotonic() + 10
    while other._waiting or time.monotonic() < until - 9.5:
        time.sleep(0.02)
        assert time.monotonic() < until
    server.mailbox.answer = "250 OK"
    other.put(mailing(3), send=True)
    assert [each.rcpt_tos[0] for each in server.mailbox.wait(2)] == ["anna1@example.com", "anna3@example.com"]
    assert "@" not in capfd.readouterr().err


@pytest.mark.parametrize("at", ["RCPT", "DATA"])
def test_a_mailbox_that_does_not_exist_keeps_nobody_else_waiting(
    server: Post, capfd: pytest.CaptureFixture[str], at: str
) -> None:
    server.mailbox.at, server.mailbox.answer = at, "550 Nobody here is called anna1@example.com"
    here = box(server)
    here.put(mailing(1), send=True)
    time.sleep(0.5)
    server.mailbox.answer = "250 OK"
    here.ready()
    here.put(mailing(2), send=True)
    (envelope,) = server.mailbox.wait()
    assert envelope.rcpt_tos == ["anna2@example.com"]
    said = capfd.readouterr().err
    assert said.startswith("undersigned: a mail was not sent: SMTP")
    assert "anna" not in said


@pytest.mark.parametrize("fault", ["authority", "host", "password", "unencrypted", "password file"])
def test_nothing_is_sent_where_the_server_is_not_the_one_that_was_set(tmp_path: Path, fault: str) -> None:
    with post(tmp_path, "plain" if fault == "unencrypted" else "starttls", login=fault != "unencrypted") as server:
        settings = server.settings
        if fault == "authority":
            (tmp_path / "other").mkdir()
            os.environ["SSL_CERT_FILE"] = str(Authority(tmp_path / "other").file)
        elif fault == "host":
            settings = replace(settings, host="localhost")
        elif fault == "unencrypted":
            settings = replace(settings, security="starttls")
        elif fault == "password":
            (tmp_path / "password").write_text("a wrong one")
        else:
            (tmp_path / "password").chmod(0o640)
        relay = Relay(settings, 10)
        with pytest.raises(Later) as caught, relay.connected():
            pass
        assert caught.value.away
        here = Outbox(relay, Sender(SENDER), pause=float, again=(), away=60)
        here.put(mailing(), send=True)
        assert away(here).code == "mail-away"
        assert server.mailbox.mails == []


def test_too_many_mails_at_once_are_refused_whoever_they_are_for(server: Post) -> None:
    server.stop()
    here = box(server, again=(60,), away=0)
    for number in range(outbox.MOST + 1):
        here.put(mailing(number), send=True)
    with pytest.raises(Unavailable):
        here.ready()


def test_what_a_server_says_of_a_mail_ends_nothing(server: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that nobody foresaw loses one mail and not the thread."""
    broken = itertools.count()

    def compose(*arguments: object) -> object:
        if next(broken) == 0:
            raise ZeroDivisionError("anna1@example.com")
        return real(*arguments)  # type: ignore[arg-type] # as they came

    real = message_of
    monkeypatch.setattr(outbox, "compose", compose)
    here = box(server)
    here.put(mailing(1), send=True)
    here.put(mailing(2), send=True)
    assert server.mailbox.wait()[0].rcpt_tos == ["anna2@example.com"]


def test_many_who_ask_at_once_get_one_mail_each(server: Post) -> None:
    here = box(server)
    threads = [threading.Thread(target=here.put, args=(mailing(n),), kwargs={"send": True}) for n in range(40)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(each.rcpt_tos[0] for each in server.mailbox.wait(40)) == sorted(mailing(n).address for n in range(40))


@pytest.mark.parametrize(("text", "mode"), [("secret\n", 0o644), ("", 0o600), ("\n", 0o600), (None, 0o600)])
def test_a_password_is_one_line_that_others_cannot_read(tmp_path: Path, text: str | None, mode: int) -> None:
    path = tmp_path / "password"
    if text is not None:
        path.write_text(text)
        path.chmod(mode)
    with pytest.raises(Unavailable) as caught:
        secret_line(path, "password")
    assert caught.value.code == "no-password"
    path.write_text("right\n")
    path.chmod(0o600)
    assert secret_line(path, "password") == "right"


def test_the_server_here_keeps_what_it_took() -> None:
    with pytest.raises(AssertionError, match="no mail came"):
        Mailbox().wait(1, 0.01)
