"""Reads the project's own vectors; see `vectors/README.md`."""

import json
from typing import Any

from support.paths import ROOT
from undersigned.protocol.presentation import Accepts, ContextRule, KeyRing

FOLDER = ROOT / "vectors"


def vectors(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="ascii"))


def names(cases: list[dict[str, Any]]) -> list[str]:
    return [case["name"] for case in cases]


def runs(text: str) -> bytes:
    """Octets of space-separated hex, where `00*12` stands for twelve times those octets."""
    out = b""
    for part in text.split():
        octets, _, times = part.partition("*")
        out += bytes.fromhex(octets) * int(times or 1)
    return out


def wire(octets: dict[str, str]) -> bytes:
    return bytes.fromhex(octets["hex"]) if "hex" in octets else octets["utf8"].encode()


def rule(record: dict[str, Any]) -> ContextRule:
    accepts = {
        organisation: Accepts(tuple(each["issuers"]), frozenset(each["disclosed"]))
        for organisation, each in record["organisations"].items()
    }
    return ContextRule(record["context"], record["kind"], record["epoch"], accepts)


def key_ring(keys: list[dict[str, str]], engine: str = "blst") -> KeyRing:
    names = ("issuer", "organisation", "epoch")
    return KeyRing(
        {(each[names[0]], each[names[1]], each[names[2]]): bytes.fromhex(each["public_key"]) for each in keys}, engine
    )
