"""Settings are read as they were written, and those that are wrong are refused with words."""

import dataclasses
from pathlib import Path

import pytest

from support.instances import close, fresh
from undersigned.bootstrap import open_instance
from undersigned.config import FILE, WORK, Config, Mail
from undersigned.errors import Malformed, Unavailable

PLAIN = Config(Path("x"), "a.example", "https://a.example", "issuer.example")


def read(folder: Path, octets: bytes) -> Config:
    (folder / FILE).write_bytes(octets)
    return Config.read(folder)


@pytest.mark.parametrize(
    "changed",
    [{}, {"keeper": Path("/run/undersigned-keeper/keeper.sock")}, {"work": 1}, {"onion": f"http://{'a' * 56}.onion"},
     {"proxy": "socks5h://127.0.0.1:9050"}, {"proxy": "http://[::1]:3128"}],
)  # fmt: skip
def test_settings_are_read_as_they_were_written(tmp_path: Path, changed: dict[str, object]) -> None:
    config = dataclasses.replace(PLAIN, directory=tmp_path, **changed)  # type: ignore[arg-type]  # by name
    assert read(tmp_path, config.encoded()) == config


def test_what_is_left_out_is_as_usual(tmp_path: Path) -> None:
    lines = [line for line in PLAIN.encoded().splitlines() if not line.startswith(b"work =")]
    found = read(tmp_path, b"\n".join(lines))
    assert (found.work, found.keeper, found.onion, found.proxy) == (WORK, None, None, None)


@pytest.mark.parametrize(
    "line",
    ['keeper = "keeper.sock"', 'keeper = ""', "keeper = 5", f'keeper = "/{"x" * 107}"', 'keeper = "/a\\"b"', "work = 0",
     "work = 10_000_001", "work = true", 'work = "many"', 'proxy = "127.0.0.1:9050"', 'proxy = "socks4://127.0.0.1:9050"',
     'proxy = "http://me:pass@proxy.example:3128"', 'proxy = "http://proxy.example:3128/"', "proxy = 9050"],
)  # fmt: skip
def test_wrong_settings_are_refused(tmp_path: Path, line: str) -> None:
    name = line.partition(" ")[0].encode() + b" "
    rest = b"\n".join(each for each in PLAIN.encoded().splitlines() if not each.startswith(name))
    with pytest.raises(Malformed) as caught:
        read(tmp_path, rest + b"\n" + line.encode())
    assert caught.value.code == "bad-config"


def test_an_instance_whose_subject_key_was_destroyed_still_opens(tmp_path: Path) -> None:
    """It serves what is published; what needs the key says so."""
    made = fresh(tmp_path / "instance")
    try:
        (made.config.keys / "subject.key").unlink()
        here = open_instance(made.config.directory)
        assert here.letters is not None
        with pytest.raises(Unavailable):
            here.work.challenge()
    finally:
        close()


# ── the mail server ──

MAIL = Mail("smtp.example.org", 465, "tls", "codes@post.example")
FULL = dataclasses.replace(
    MAIL, user="codes", password_file=Path("/etc/undersigned/smtp"), sender_name="Büro", subject="Your code"
)


@pytest.mark.parametrize("mail", [MAIL, FULL, dataclasses.replace(MAIL, security="starttls", port=587)])
def test_settings_of_a_mail_server_are_read_as_they_were_written(tmp_path: Path, mail: Mail) -> None:
    config = dataclasses.replace(PLAIN, directory=tmp_path, mail=mail)
    assert read(tmp_path, config.encoded()) == config


@pytest.mark.parametrize("demo", [True, False])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "smtp.example.org"])
def test_mails_go_without_tls_in_a_demonstration_to_its_own_machine_alone(
    tmp_path: Path,
    host: str,
    demo: bool,  # noqa: FBT001 - a case
) -> None:
    config = dataclasses.replace(
        PLAIN, directory=tmp_path, demo=demo, mail=dataclasses.replace(MAIL, host=host, security="plain")
    )
    if demo and host != "smtp.example.org":
        assert read(tmp_path, config.encoded()) == config
        return
    with pytest.raises(Malformed, match="over TLS"):
        read(tmp_path, config.encoded())


@pytest.mark.parametrize(
    "line",
    ['host = ""', 'host = "a b"', "host = 5", 'host = "-x"', "port = 0", "port = 65536", 'port = "465"',
     'security = "ssl"', "security = true", 'sender = "codes"', 'sender = "a+b@post.example"', 'user = "codes"',
     'password_file = "/etc/smtp"', 'user = "codes"\npassword_file = "smtp"', 'sender_name = "a\\nb"',
     "sender_name = ''", 'subject = "a\\"b"', "subject = 5", 'password = "secret"'],
)  # fmt: skip
def test_wrong_settings_of_a_mail_server_are_refused(tmp_path: Path, line: str) -> None:
    name = line.partition(" ")[0].encode() + b" "
    octets = dataclasses.replace(PLAIN, mail=MAIL).encoded()
    rest = b"\n".join(each for each in octets.splitlines() if not each.startswith(name))
    with pytest.raises(Malformed) as caught:
        read(tmp_path, rest + b"\n" + line.encode() + b"\n")
    assert caught.value.code == "bad-config"
    assert caught.value.words.endswith(".")


def test_a_mail_server_without_a_host_is_named(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="host"):
        read(tmp_path, PLAIN.encoded() + b"[mail]\n")
    with pytest.raises(Malformed, match="not a JSON object"):
        read(tmp_path, PLAIN.encoded() + b"mail = 5\n")
