"""Joining by account on the command line, from an operator's setting to a pass, with whatever knocks meanwhile."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from typer.testing import CliRunner

from support import account_door
from support.account_door import Door
from support.instances import HERE, THERE
from undersigned.cli.app import app
from undersigned.errors import UndersignedError
from undersigned.holder.wallet import Wallet


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with account_door.opened(tmp_path_factory.mktemp("door")) as found:
        yield found


def wallet(home: Path) -> Wallet:
    return Wallet.parse((home / "pass.json").read_bytes())


def back_of(address: str) -> tuple[str, str]:
    """Where the answer is awaited, and the state."""
    asked = parse_qs(urlsplit(address).query)
    return asked["redirect_uri"][0], asked["state"][0]


def test_an_account_becomes_a_pass_that_signs(door: Door, tmp_path: Path) -> None:
    home = tmp_path / "anna"
    code, said = door.asks("enrol", home, door.signs_in("anna"))
    assert code == 0, said
    assert "learns that one of its accounts joins here, and when; not what you sign." in said
    assert "run by the employer" not in said
    assert f"You have joined as a member of {HERE}, for 2026Q4." in said
    (membership,) = wallet(home).memberships.values()
    assert membership.method == "oidc"
    signed = door.run("sign", f"{door.url}/letters/leave", "--yes", "--pass", str(home / "pass.json"))
    assert signed.returncode == 0, signed.stderr
    renewed = door.run("renew", door.url, "--pass", str(home / "pass.json"))
    assert renewed.returncode == 0, renewed.stderr


def test_the_same_account_again_is_a_member_already_and_may_replace_lost_words(door: Door, tmp_path: Path) -> None:
    assert door.asks("enrol", tmp_path / "one", door.signs_in("ben"))[0] == 0
    code, said = door.asks("enrol", tmp_path / "two", door.signs_in("ben"))
    assert code != 0
    assert "Somebody joined with this account already." in said
    code, said = door.asks("replace", tmp_path / "three", door.signs_in("ben"))
    assert code == 0, said
    assert "Your new words count from 2026-12-08 on" in said
    code, said = door.asks("replace", tmp_path / "four", door.signs_in("nobody-yet"))
    assert code != 0
    assert "Nobody joined with this account" in said


def test_who_declines_at_the_provider_is_told_so_and_nothing_was_sent(door: Door, tmp_path: Path) -> None:
    code, said = door.asks("enrol", tmp_path / "carla", door.signs_in("carla", allow=False))
    assert code != 0
    assert "You did not sign in, or this account may not. Nothing was sent." in said
    assert door.asks("enrol", tmp_path / "carla", door.signs_in("carla"))[0] == 0, "the words are kept for another try"


def test_what_knocks_without_the_state_is_answered_and_ignored(door: Door, tmp_path: Path) -> None:
    def answer(address: str) -> None:
        back, state = back_of(address)
        for knock, status in (
            (f"{back}?code=mine&state={'A' * 43}", 400),
            (f"{back}?code=mine", 400),
            (f"{back}?code=mine&state={state}&state={state}", 400),
            (f"{back}?error=access_denied&state={'A' * 43}", 400),
            (back, 400),
            (back.replace("/callback", "/favicon.ico"), 404),
            (back.replace("/callback", "/done"), 404),
        ):
            assert httpx.get(knock).status_code == status, knock
        assert httpx.post(back, data={"code": "mine", "state": state}).status_code == 501
        host, port = urlsplit(back).netloc.split(":")
        with socket.create_connection((host, int(port))) as rude:
            rude.sendall(b"\x16\x03\x01 what is this\r\n")
        door.signs_in("dora")(address)

    code, said = door.asks("enrol", tmp_path / "dora", answer)
    assert code == 0, said


def test_an_answer_is_taken_once_and_its_code_leaves_the_address_bar(door: Door, tmp_path: Path) -> None:
    seen: list[httpx.Response] = []

    def answer(address: str) -> None:
        target = door.provider.sign_in(address, "emil")
        seen.append(httpx.get(target))
        seen.append(httpx.get(target))
        seen.append(httpx.get(target.partition("/callback")[0] + "/done"))

    code, said = door.asks("enrol", tmp_path / "emil", answer)
    assert code == 0, said
    first, second, _ = seen
    assert (first.status_code, first.headers["location"]) == (303, "/done")
    assert second.status_code == 404
    assert {each.headers["cache-control"] for each in seen} == {"no-store"}
    assert all("code" not in each.text for each in seen)


def test_another_provider_that_answers_is_refused(door: Door, tmp_path: Path) -> None:
    def answer(address: str) -> None:
        back, state = back_of(address)
        httpx.get(f"{back}?code=x&state={state}&iss=https%3A%2F%2Fevil.example", follow_redirects=True)

    code, said = door.asks("enrol", tmp_path / "fritz", answer)
    assert code != 0
    assert "Another provider answered than the one that was asked. Nothing was sent." in said


def test_two_ways_at_once_and_a_way_that_is_not_there(door: Door, tmp_path: Path) -> None:
    both = ["enrol", door.url, "--organisation", HERE, "--oidc", "--code", "7K3M-9QXA-2B4C-D5EF"]
    done = door.run(*both, "--pass", str(tmp_path / "pass.json"))
    assert (done.returncode, "several ways of joining: --code and --oidc" in done.stderr) == (2, True)
    code, said = door.asks("enrol", tmp_path / "gina", door.signs_in("gina"), organisation=THERE)
    assert code != 0
    assert f"Nobody here admits members of {THERE}." in said
    assert not (tmp_path / "gina" / "pass.json").exists()


# ── the operator ──


def runs(*arguments: str) -> tuple[int, str]:
    """Run an operator's command in this process; returns code and words."""
    result = CliRunner().invoke(app, arguments)
    if isinstance(result.exception, UndersignedError):
        return 2, result.exception.words
    assert result.exception is None, result.exception
    return result.exit_code, result.output


def sets(door: Door, *more: str, organisation: str = THERE, folder: Path | None = None) -> tuple[int, str]:
    place = str(folder or door.folder / "instance")
    named = ("--provider", door.provider.url, "--client-id", "letters", "--dir", place)
    return runs("ways", "set", "oidc", organisation, *named, *more)


def test_an_operator_sets_the_way_and_hears_what_to_register(door: Door) -> None:
    code, said = sets(door, "--runs", "other")
    assert code == 2
    assert "Make its key first: undersigned keeper-key make example.org" in said
    assert runs("keeper-key", "make", THERE, "--socket", str(door.keeper.socket))[0] == 0
    code, said = sets(door, "--runs", "employer")
    assert code == 2
    assert "could join in anybody's name" in said
    code, said = sets(door, "--runs", "employer", "--employer-runs", "--port", "8765")
    assert code == 0, said
    assert f"{door.url}/sign/callback/" in said
    assert "http://127.0.0.1:8765/callback" in said
    assert "The employer can see who asks" in said
    code, said = sets(door, "--runs", "other", "--claim", "groups")
    assert (code, "--claim and --value belong together." in said) == (2, True)
    listed = runs("ways", "list", "--dir", str(door.folder / "instance"))[1]
    assert f"{THERE}: by oidc" in listed
    assert "employer yes" in listed
    assert "None" not in listed


def test_a_secret_is_kept_as_a_key_and_nowhere_else(door: Door, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("  s3cret-of-this-test \n")
    door.keeper.client().make("secret.example")
    code, said = sets(door, "--runs", "other", "--secret-file", str(file), organisation="secret.example")
    assert code == 0, said
    key = door.folder / "instance" / "keys" / "account" / "secret.example.key"
    assert bytes.fromhex(key.read_text()) == b"s3cret-of-this-test"
    assert key.stat().st_mode & 0o777 == 0o600
    data = b"".join(path.read_bytes() for path in (door.folder / "instance" / "data").iterdir())
    assert b"s3cret-of-this-test" not in data
    file.write_text("")
    code, said = sets(door, "--runs", "other", "--secret-file", str(file), organisation="secret.example")
    assert (code, "holds no secret" in said) == (2, True)


def test_without_a_keeper_the_way_cannot_be_set(door: Door, tmp_path: Path) -> None:
    (tmp_path / "instance.toml").write_bytes(replace(door.instance.config, keeper=None).encoded())
    code, said = sets(door, "--runs", "other", folder=tmp_path)
    assert code == 2
    assert "needs a keeper" in said
