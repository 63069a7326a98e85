"""A letter of three organisations: each counted for itself, on the page, in its data, and by both audits."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.asking import place
from support.auditing import audited
from support.client_core import built, core
from support.instances import CLOSES, HERE, THERE, Member, enrol, letter, opened, sign
from undersigned.bootstrap import Instance
from undersigned.errors import Refused
from undersigned.web.operations import close_letter, turn

THIRD = "example.net"
ASKED = (HERE, THIRD, THERE)
SECOND = "2026-12-02T00:00:00Z"
Three = tuple[Instance, httpx.Client, dict[str, list[Member]]]


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Three]:
    """Twelve, eleven and nine have signed: the nine are too few for a round, but at the end."""
    with place(tmp_path_factory.mktemp("three") / "instance") as (instance, client):
        of = opened(instance, letter("three", organisations=ASKED))
        members = {name: enrol(instance, 12 - number, name) for number, name in enumerate((HERE, THERE))}
        members[THIRD] = enrol(instance, 9, THIRD)
        for each in members.values():
            sign(instance, each, of)
        opened(instance, letter("other", organisations=ASKED), closes="2026-12-20T00:00:00Z")
        turn(instance, SECOND)
        yield instance, client, members


def counted(client: httpx.Client) -> dict[str, Any]:
    count: dict[str, Any] = client.get("/letters/three/count.json").json()
    return count


def test_each_is_counted_for_itself_and_closed_by_itself(three: Three, tmp_path: Path) -> None:
    instance, client, members = three
    said = counted(client)
    assert [(each["organisation"], each["signed"]) for each in said["organisations"]] == [(HERE, 12), (THERE, 11)]
    assert said["signed"] == 23
    page = client.get("/letters/three/").text
    assert "23 people who work at two organisations had signed" in page.replace("\N{NO-BREAK SPACE}", " ")
    assert '<th scope="row">example.com<' in page
    assert '<th scope="row">example.net<' not in page, "nine wait, and nobody is told"
    agreed(instance, tmp_path, {HERE: 12, THERE: 11})

    # Two of the second take it back, beside ten more of the first; then the letter ends and the nine are counted.
    of = instance.letters.letter("three")
    sign(instance, members[THERE][:2], of, "withdraw")
    sign(instance, enrol(instance, 10), of)
    instance.clock.move(CLOSES)  # type: ignore[attr-defined] # the clock of a demonstration
    close_letter(instance, "three")
    said = counted(client)
    standing = {each["organisation"]: each["signed"] for each in said["organisations"]}
    assert standing == {HERE: 22, THIRD: 9, THERE: 9}
    assert (said["signed"], said["withdrawn"], said["state"]) == (40, 2, "closed")
    assert {each["workforce"]["at_least"] for each in said["organisations"]} == {21_000}
    assert '<th scope="row">example.net<' in client.get("/letters/three/").text
    agreed(instance, tmp_path, standing)


def agreed(instance: Instance, folder: Path, standing: dict[str, int]) -> None:
    """Both audits find these numbers, and the same in everything else that they say of the letter."""
    public = instance.config.public
    report = audited(public)
    assert report.passed, report.failures
    (found,) = (each for each in report.letters if each.slug == "three")
    assert {each.organisation: each.net for each in found.organisations if each.last_tick} == standing
    with core(built(folder / "client")) as partner:
        told = partner.ask("audit", folder=str(public), policy=None, state=None)["report"]
    assert told["passed"]
    assert told["letters"] == json.loads(json.dumps(report.record()))["letters"]


def test_nobody_signs_for_another_organisation_than_their_own(three: Three) -> None:
    instance, _, members = three
    of, stranger = instance.letters.letter("other"), members[THERE][3]
    true = stranger.proved(instance, stranger.act(of))
    for name, code in ((HERE, "proof-challenge"), (THIRD, "proof-challenge"), ("example.edu", "other-organisation")):
        act = replace(true.act, organisation=name, disclosed={0: name, 1: of.epoch})
        with pytest.raises(Refused) as refused:
            instance.letters.accept(replace(true, act=act).padded())
        assert refused.value.code == code
    assert not instance.letters.accept(true.padded()).repeated
