"""Every import contract of pyproject.toml holds, and each is broken by what it is there to catch."""

import tomllib
from typing import Any

import pytest

from support.contracts import Planting, broken_by
from support.paths import ROOT
from support.tree import SOURCE

ROOM = {"groups/__init__.py": ""}

#: What is planted, and the one contract that it breaks.
PLANTED: dict[str, tuple[str, Planting]] = {
    "room imports room": ("shelves", {"letters/planted.py": "import undersigned.issuer"}),
    "issuer imports ledger's neighbour": ("shelves", {"issuer/planted.py": "import undersigned.letters"}),
    "ledger imports a room above it": ("shelves", {"ledger/planted.py": "import undersigned.groups", **ROOM}),
    "library imports a library beside it": ("shelves", {"tlog/planted.py": "from undersigned.bbs import octets"}),
    "library imports upwards": ("shelves", {"protocol/planted.py": "import undersigned.storage"}),
    "a package without a place": ("shelves", {"sundries/__init__.py": ""}),
    "holder imports auditor": ("shelves", {"holder/planted.py": "import undersigned.auditor"}),
    "rules import the room's own api": (
        "inside-a-room",
        {**ROOM, "groups/api.py": "", "groups/rules.py": "import undersigned.groups.api"},
    ),
    "models import service": (
        "inside-a-room",
        {**ROOM, "groups/service.py": "", "groups/models.py": "import undersigned.groups.service"},
    ),
    "pages import api": (
        "inside-a-room",
        {**ROOM, "groups/api.py": "", "groups/pages.py": "import undersigned.groups.api"},
    ),
    "a clock in a format": ("pure", {"protocol/planted.py": "import time"}),
    "dice in the credentials": ("pure", {"bbs/planted.py": "from secrets import token_bytes"}),
    "a disk in the log": ("pure", {"tlog/planted.py": "from pathlib import Path"}),
    "an event loop in the values": ("pure", {"values.py": "import asyncio"}),
    "a disk in the errors": ("pure", {"errors.py": "import tempfile"}),
    "holder imports the ledger": ("readers", {"holder/planted.py": "import undersigned.ledger"}),
    "auditor imports the server's settings": ("readers", {"auditor/planted.py": "import undersigned.config"}),
    "auditor imports Django": ("readers", {"auditor/planted.py": "from django.db import connection"}),
    "a format knows a pairing library": ("pairing", {"protocol/planted.py": "import pyblst"}),
    "a second place in bbs knows one": ("pairing", {"bbs/planted.py": "import py_ecc"}),
    "a format knows libsodium": ("sodium", {"protocol/planted.py": "import rbcl"}),
    "a second place in oprf knows it": ("sodium", {"oprf/planted.py": "import rbcl"}),
    "a second place in oprf knows a disk": ("pure", {"oprf/planted.py": "import os"}),
    "the command line encrypts by itself": ("age", {"cli/planted.py": "import pyrage"}),
    "the service reads tokens": ("accounts", {"issuer/planted.py": "import joserfc"}),
    "a holder reads tokens": ("accounts", {"holder/planted.py": "from authlib.oidc.core import CodeIDToken"}),
    "the keeper asks for the settings": ("keeper", {"keeper/planted.py": "import undersigned.config"}),
    "the keeper knows a database": ("keeper", {"keeper/planted.py": "from django.db import connection"}),
    "a room imports the keeper": ("shelves", {"issuer/planted.py": "import undersigned.keeper"}),
    "rules read the clock": ("rules", {**ROOM, "groups/rules.py": "import time"}),
    "rules know the database": ("rules", {**ROOM, "groups/rules.py": "from django.db import models"}),
    "a cycle": (
        "no-cycles",
        {"storage/one.py": "import undersigned.storage.two", "storage/two.py": "import undersigned.storage.one"},
    ),
}


@pytest.fixture(scope="module")
def reports() -> dict[str, dict[str, str]]:
    """What each planting breaks, and under the empty name what the tree as it stands breaks."""
    names = ["", *PLANTED]
    found = broken_by([{}, *(planting for _, planting in PLANTED.values())])
    return dict(zip(names, found, strict=True))


def test_tree_keeps_every_contract(reports: dict[str, dict[str, str]]) -> None:
    assert reports[""] == {}


@pytest.mark.parametrize("name", PLANTED)
def test_contract_is_broken_by(name: str, reports: dict[str, dict[str, str]]) -> None:
    contract, _ = PLANTED[name]
    # What the tree breaks without a planting is another test's matter.
    assert set(reports[name]) - (set(reports[""]) - {contract}) == {contract}, reports[name]
    assert reports[name][contract] != reports[""].get(contract)


def contracts() -> dict[str, dict[str, Any]]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        listed = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    return {each["id"]: each for each in listed}


def test_the_lowest_shelves_are_pure() -> None:
    layers = contracts()["shelves"]["layers"]
    lowest = {name.strip("() ") for layer in layers[layers.index("(protocol)") :] for name in layer.split("|")}
    there = {name for name in lowest if any(SOURCE.glob(f"{name}/__init__.py")) or (SOURCE / f"{name}.py").exists()}
    assert there == {name.removeprefix("undersigned.") for name in contracts()["pure"]["source_modules"]}


def test_every_contract_has_a_planting() -> None:
    assert set(contracts()) == {contract for contract, _ in PLANTED.values()}
