"""Reads the BBS fixtures of the drafts, with their known slips."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from support.paths import shared_vectors
from undersigned.bbs.octets import Rng, expand_message

SUITE = "bls12-381-sha-256"


def fixture(draft: str, name: str) -> dict[str, Any]:
    return dict(json.loads((shared_vectors("bbs") / draft / SUITE / f"{name}.json").read_text()))


def messages(draft: str) -> tuple[list[bytes], list[bytes]]:
    """All messages and all committed messages of a draft's fixtures."""
    found = json.loads((shared_vectors("bbs") / draft / "messages.json").read_text())
    return octets_list(found["messages"]), octets_list(found["committedMessages"])


def names(draft: str, folder: str, count: int, first: int = 1) -> list[str]:
    """Names of the numbered fixtures, known without reading the folder, so that collecting needs no vectors."""
    return [f"{folder}/{folder}{number:03}" for number in range(first, first + count)]


def octets(text: str | None) -> bytes:
    """Hex; an absent value is empty. Two fixtures carry a stray `s` after the last digit."""
    return bytes.fromhex((text or "").removesuffix("s"))


def octets_list(texts: Sequence[str] | None) -> list[bytes]:
    return [octets(text) for text in texts or []]


def scalar(text: str | None) -> int:
    """Hex of a scalar; some have 63 digits, an absent one is 0."""
    return int(text or "0", 16)


@dataclass(frozen=True)
class Mock:
    """The drafts' mocked randomness (mocked_calculate_random_scalars); `skip` octets are drawn before ours."""

    seed: bytes
    dst: bytes
    skip: int = 0

    @property
    def rng(self) -> Rng:
        return lambda count: expand_message(self.seed, self.dst, self.skip + count)[self.skip :]


def mock(parameters: dict[str, Any], step: str, skip: int = 0) -> Mock:
    return Mock(parameters["SEED"].encode(), parameters[step]["DST"].encode(), skip)


def all_files(draft: str) -> set[str]:
    """Names of every fixture of a draft."""
    root = shared_vectors("bbs") / draft / SUITE
    return {path.relative_to(root).with_suffix("").as_posix() for path in root.rglob("*.json")}
