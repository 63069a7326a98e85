"""Vouching from one's own terminal, against a real server; the log then says who was vouched for, and nothing more."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from support import instances
from support.client_core import built, core
from support.instances import HERE, letter, opened
from support.serving import serving
from undersigned.bootstrap import Instance
from undersigned.cli.app import app
from undersigned.errors import UndersignedError
from undersigned.holder.wallet import Wallet
from undersigned.web.operations import turn

QUIET = ("--role-family", "undeclared", "--standing", "undeclared", "--skip-check")


@dataclass
class Somebody:
    """Somebody at a terminal, with a pass file of their own."""

    url: str
    file: Path

    def run(self, *arguments: str) -> str:
        result = CliRunner().invoke(app, [*arguments, "--pass", str(self.file)])
        if isinstance(result.exception, UndersignedError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    def joins(self, *how: str) -> str:
        return self.run("enrol", self.url, "--organisation", HERE, "--at", self.url, *how, *QUIET)

    def is_refused(self, *arguments: str) -> str:
        with pytest.raises(UndersignedError) as caught:
            self.run(*arguments)
        return caught.value.code


@dataclass
class Scene:
    instance: Instance
    url: str
    home: Path

    def somebody(self, name: str) -> Somebody:
        return Somebody(self.url, self.home / f"{name}.json")

    def member(self, name: str) -> Somebody:
        made = self.somebody(name)
        made.joins("--code", self.instance.issuer.new_sheet(HERE, 1).codes[0])
        return made


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    home = tmp_path_factory.mktemp("vouching")
    instance = instances.fresh(home / "instance")
    instance.issuer.set_way(HERE, "vouch", {}, besides=True)
    instances.move(instance, instances.BEGIN)
    opened(instance, letter())
    with serving(home / "instance") as server:
        yield Scene(instance, server.url, home)
    instances.close()


def test_from_invitation_to_a_counted_signature(scene: Scene) -> None:
    ann, ben, cleo = scene.member("ann"), scene.member("ben"), scene.somebody("cleo")
    said = cleo.run("vouch", "invite", scene.url, "--organisation", HERE, "--skip-check")
    (point,) = set(re.findall(r"^  ([A-Za-z0-9_-]{64})$", said, re.MULTILINE))
    assert "in person" in said
    joining = ("enrol", scene.url, "--organisation", HERE, "--vouched", "--at", scene.url, *QUIET)
    assert cleo.is_refused(*joining) == "vouches-missing"
    assert "4 more times" in ann.run("vouch", "give", scene.url, point, "--yes")
    assert ann.is_refused("vouch", "give", scene.url, point, "--yes") == "vouched-before"
    ben.run("vouch", "give", scene.url, f"{point[:20]} {point[20:]}", "--yes")
    assert "You have joined" in cleo.joins("--vouched")
    assert cleo.is_refused("vouch", "give", scene.url, point, "--yes") == "vouched-for"
    assert len(Wallet.parse(ann.file.read_bytes()).vouches) == 1
    for each in (ann, ben, cleo, *(scene.member(f"other {n}") for n in range(8))):
        said = each.run("sign", f"{scene.url}/letters/leave", "--yes")
        assert "method: " in said
    turn(scene.instance, "2026-12-02T00:00:00Z")
    page = (scene.instance.config.public / "letters" / "leave" / "index.html").read_text()
    assert "1 of them was vouched for by two members" in re.sub(r"\s+", " ", page)
    counted = (scene.instance.config.public / "letters" / "leave" / "count.json").read_text()
    assert '"vouched":1' in counted.replace(" ", "")
    found = CliRunner().invoke(app, ["audit", str(scene.instance.config.public)])
    assert found.exit_code == 0, found.output
    assert "1 of the net vouched for by other members" in re.sub(r"\s+", " ", found.output)


def test_a_browser_and_a_terminal_vouch_for_a_browser(scene: Scene, tmp_path: Path) -> None:
    ann, ben, cleo = scene.member("browser ann"), scene.member("terminal ben"), scene.member("placeholder")
    fresh = Wallet(bytes(range(32)))
    fresh.pins |= Wallet.parse(cleo.file.read_bytes()).pins
    with core(built(tmp_path)) as other:
        other.ask("open", address=scene.url, wallet=fresh.encoded().decode())
        point = other.ask("invitation", address=scene.url, organisation=HERE)
        ben.run("vouch", "give", scene.url, point, "--yes")
        with pytest.raises(UndersignedError) as caught:
            other.ask("vouched", address=scene.url, organisation=HERE)
        assert caught.value.code == "vouches-missing"
        other.ask("open", address=scene.url, wallet=ann.file.read_text())
        assert other.ask("vouch", address=scene.url, invitation=point) == 4
        kept = Wallet.parse(other.ask("wallet", address=scene.url).encode())
        assert len(kept.vouches) == 1
        other.ask("open", address=scene.url, wallet=fresh.encoded().decode())
        assert other.ask("vouched", address=scene.url, organisation=HERE)
        with pytest.raises(UndersignedError) as caught:
            other.ask("vouch", address=scene.url, invitation=point)
        assert caught.value.code == "vouched-for"


def test_who_was_vouched_for_restores_and_is_told_that_lost_words_cannot_be_replaced(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = scene.somebody("vito")
    said = old.run("vouch", "invite", scene.url, "--organisation", HERE, "--skip-check")
    (point,) = set(re.findall(r"^  ([A-Za-z0-9_-]{64})$", said, re.MULTILINE))
    for name in ("one who vouches", "another one"):
        scene.member(name).run("vouch", "give", scene.url, point, "--yes")
    old.joins("--vouched")
    paper = Wallet.parse(old.file.read_bytes()).phrase

    monkeypatch.setattr("typer.prompt", lambda *_, **__: paper)
    again = scene.somebody("vito again")
    said = again.run("restore", scene.url, "--organisation", HERE, *QUIET[:4], "--at", scene.url)
    assert f"Your pass of {HERE} is back, for 2026Q4." in said
    assert "Two members vouched for you. If you lose your words, they cannot be replaced" in said
    (held,) = Wallet.parse(again.file.read_bytes()).memberships.values()
    assert held.method == "vouch"
    assert "method: vouch" in again.run("sign", f"{scene.url}/letters/leave", "--yes")

    # Before anything is asked for, and with no words made.
    lost = scene.somebody("vito without words")
    monkeypatch.setattr("typer.prompt", lambda *_, **__: "")
    arguments = ["replace", scene.url, "--organisation", HERE, *QUIET, "--at", scene.url, "--pass", str(lost.file)]
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, UndersignedError)
    assert "If two members vouched for you, lost words cannot be replaced: ask two members again." in result.output
    assert not lost.file.exists()


def test_who_joined_with_a_code_hears_nothing_of_vouching_on_restoring(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = Wallet.parse(scene.member("coded").file.read_bytes()).phrase
    monkeypatch.setattr("typer.prompt", lambda *_, **__: paper)
    said = scene.somebody("coded again").run(
        "restore", scene.url, "--organisation", HERE, *QUIET[:4], "--at", scene.url
    )
    assert "is back" in said
    assert "vouched" not in said


@pytest.mark.parametrize("typed", ["", "x" * 64, "A" * 64, "A" * 63])
def test_what_is_no_invitation_is_refused_with_words(scene: Scene, typed: str) -> None:
    somebody = scene.member(f"asks {len(typed)}{typed[:1]}")
    assert somebody.is_refused("vouch", "give", scene.url, typed, "--yes") == "bad-invitation"
