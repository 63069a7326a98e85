"""What is left of an account after somebody joined with it: nothing, in any database, journal, log, key or copy."""

import base64
import hashlib
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import httpx
import pytest
from django.db import connections

from support import account_door, accounts, keeping
from support.account_door import Door
from support.accounts import INSTANCE, At
from support.instances import HERE
from support.issuing import NAME, THERE, Office, Person, office
from undersigned.issuer.ways.oidc import Accounts
from undersigned.issuer.ways.outgoing import Outgoing
from undersigned.issuer.ways.provider import Providers
from undersigned.protocol.account import PAGE
from undersigned.protocol.enrolment import REPLACE
from undersigned.values import b64u, canonical

#: Subject, which is the address too, and so holds name and e-mail.
LOGINS = ("anna-becker-4711@dept.example", "ben-okafor-1147@dept.example")


def spellings(provider: At, login: str) -> Iterator[bytes]:
    """An account in every way in which it might lie about; plain hashes too, since accounts can be guessed."""
    subject = b"oidc:" + canonical({"iss": provider.url, "sub": login})
    for octets in (login.encode(), login.partition("@")[0].encode(), subject, subject[5:]):
        for text in (octets, octets.upper(), octets.decode().encode("utf-16-le"), octets[::-1], quote(octets).encode()):
            yield text
            yield text.hex().encode()
            yield base64.b64encode(text).rstrip(b"=")
            yield base64.urlsafe_b64encode(text).rstrip(b"=")
    for octets in (login.encode(), subject, HERE.encode() + b"\x00" + subject, THERE.encode() + b"\x00" + subject):
        for digest in (hashlib.sha256(octets).digest(), hashlib.sha512(octets).digest()):
            yield digest
            yield digest.hex().encode()
            yield base64.urlsafe_b64encode(digest).rstrip(b"=")


def wanted(provider: At, secrets: list[str]) -> list[bytes]:
    """All that must not be found: accounts, and what went to and fro for them."""
    shown = [each for login in LOGINS for each in spellings(provider, login)]
    tokens = [part for token in provider.issued() for part in token.split(".")]
    assert len(tokens) >= 4 * len(LOGINS)
    return [*shown, *(each.encode() for each in [*tokens, *secrets])]


def found(octets: bytes, listed: list[bytes]) -> list[bytes]:
    return [each for each in listed if each in octets]


def files(folder: Path) -> bytes:
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return b"".join(str(path.relative_to(folder)).encode() + b"\n" + path.read_bytes() for path in paths)


def copies(folder: Path, to: Path) -> bytes:
    """What somebody has who copied the instance while it ran, file by file and by SQLite's own means."""
    shutil.copytree(folder, to)
    for path in (to / "data").glob("*.sqlite3"):
        with sqlite3.connect(path) as source, sqlite3.connect(f"{path}.copy") as target:
            source.backup(target)
        source.close()
        target.close()
    return files(to)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with account_door.opened(tmp_path_factory.mktemp("door"), hosted_domain="dept.example") as opened:
        yield opened


@pytest.fixture(scope="module")
def joined(door: Door, tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Two people join from the command line; returns what must not be found, from what their browsers saw."""
    seen: list[str] = []
    home = tmp_path_factory.mktemp("homes")

    def browser(login: str) -> Any:
        def answer(address: str) -> None:
            target = door.provider.sign_in(address, login)
            asked = dict(parse_qsl(urlsplit(address).query))
            seen.extend([asked["state"], asked["nonce"], dict(parse_qsl(urlsplit(target).query))["code"]])
            assert httpx.get(target, follow_redirects=True).status_code == 200

        return answer

    for number, login in enumerate(LOGINS):
        code, said = door.asks("enrol", home / str(number), browser(login))
        assert code == 0, said
    assert len(seen) == 3 * len(LOGINS)
    listed = wanted(door.provider, seen)
    assert found(files(home), listed) == [], "a pass holds something of the account"
    return listed


def test_nothing_of_an_account_is_in_the_instance_its_keeper_their_logs_or_a_copy(
    door: Door, joined: list[bytes], tmp_path: Path
) -> None:
    folder = door.instance.config.directory
    octets = files(folder) + copies(folder, tmp_path / "copy") + files(door.keeper.folder)
    assert len(octets) > 100_000
    assert found(octets, joined) == []
    assert found(door.server.said() + door.keeper.said(), joined) == []


def test_the_search_finds_what_is_planted(door: Door, joined: list[bytes], tmp_path: Path) -> None:
    for number, planted in enumerate((joined[0], joined[7], joined[-1], joined[-4])):
        place = tmp_path / str(number)
        shutil.copytree(door.instance.config.directory, place)
        with sqlite3.connect(place / "data" / "issuer.sqlite3") as database:
            database.execute("INSERT INTO floor VALUES (?, '')", [planted])
        database.close()
        assert planted in found(files(place), joined)
        assert planted in found(door.server.said() + b'"GET /?x=' + planted, joined)


# ── while somebody joins ──


@pytest.fixture
def here(tmp_path: Path) -> Iterator[tuple[Office, At]]:
    with accounts.running() as provider, keeping.place() as place:
        place.start()
        place.client().make(THERE)
        way = Accounts(NAME, Providers(Outgoing(), unencrypted=True), place.client(), lambda _: "", (INSTANCE + PAGE,))
        for opened in office(tmp_path, ways=[way]):
            opened.issuer.set_way(THERE, "oidc", provider.settings())
            opened.issuer.open_epoch(THERE, "2026Q4")
            yield opened, provider


def test_no_journal_holds_anything_of_an_account_while_it_is_written(
    here: tuple[Office, At], monkeypatch: pytest.MonkeyPatch
) -> None:
    door, provider = here
    seen: list[bytes] = []

    def watched(*arguments: Any) -> None:
        save(*arguments)
        seen.append(door.files())

    from undersigned.issuer import service  # noqa: PLC0415 - models need Django set up first

    save = service._save
    monkeypatch.setattr(service, "_save", watched)
    secrets: list[str] = []
    for number, login in enumerate(LOGINS):
        asked = provider.admission(Person(number + 1), login, THERE)
        secrets += [asked.wish.evidence[name] for name in ("code", "salt", "verifier")]
        door.issuer.admit(asked)
    door.issuer.replace(provider.admission(Person(9), LOGINS[0], THERE, action=REPLACE))
    assert len(seen) == 3
    assert found(b"".join(seen), wanted(provider, secrets)) == []
    with connections["issuer"].cursor() as cursor:
        subjects = [row[0] for row in cursor.execute("SELECT subject FROM admission").fetchall()]
    assert len(subjects) == len(LOGINS)
    assert all(len(each) == 32 and b64u(each).encode() not in b"".join(seen) for each in subjects)
