"""One flipped bit anywhere in what an audit reads, and it does not pass."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.auditing import audited, found
from support.published import Published, small
from undersigned.auditor.audit import Options, audit
from undersigned.auditor.source import FolderSource, longest
from undersigned.errors import UndersignedError
from undersigned.tlog.policy import Policy, log_only

#: Flips per file that an audit reads, beside its first and last octet.
FLIPS = 10


class Watched(FolderSource):
    """A folder that remembers what was read."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.asked: set[str] = set()

    def read(self, path: str) -> bytes:
        data = super().read(path)
        self.asked.add(path)
        return data


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small().write(tmp_path_factory.mktemp("published"), steps=(1, 5))


def files(folder: Path) -> list[str]:
    source = Watched(folder)
    assert audit(source, Options()).passed
    return sorted(source.asked)


def passes(folder: Path, options: Options | None = None) -> bool:
    try:
        return audited(folder, options).passed
    except UndersignedError:
        return False


def flipped(path: Path, dice: random.Random, flips: int) -> Iterator[int]:
    """Flip one bit at a time, and put it back."""
    data = path.read_bytes()
    for at in {0, len(data) - 1, *(dice.randrange(len(data)) for _ in range(flips))}:
        changed = bytearray(data)
        changed[at] ^= 1 << dice.randrange(8)
        path.write_bytes(changed)
        yield at
    path.write_bytes(data)


def test_an_audit_reads_everything_but_partial_files_of_earlier_sizes(folder: Path) -> None:
    published = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    left = published - set(files(folder))
    assert left == {f"log/tile/{kind}/000.p/{size}" for kind in ("0", "entries") for size in (1, 5)}


def test_one_flipped_bit_anywhere_does_not_pass(folder: Path) -> None:
    dice = random.Random(20261003)
    tried = 0
    for name in files(folder):
        for at in flipped(folder / name, dice, FLIPS):
            assert not passes(folder), f"{name}, octet {at}"
            tried += 1
    assert tried > 100
    assert passes(folder), "all is as it was"


def test_with_a_policy_too(folder: Path) -> None:
    keys = small().keys
    policy = Policy.parse(log_only(keys["registry"].vkey).replace("quorum none\n", "") + log_only(keys["log"].vkey))
    assert passes(folder, Options(policy=policy))
    for name in ("registry/checkpoint", "log/checkpoint"):
        for at in flipped(folder / name, random.Random(7), 20):
            assert not passes(folder, Options(policy=policy)), f"{name}, octet {at}"


def test_the_flipped_entry_is_named(folder: Path) -> None:
    dice = random.Random(11)
    published: Published = small()
    path = folder / "log/tile/entries/000.p/12"
    ends = [sum(2 + len(each) for each in published.log[: place + 1]) for place in range(len(published.log))]
    for at in flipped(path, dice, 25):
        entry = next(place for place, end in enumerate(ends) if at < end)
        report = audited(folder)
        assert entry in {place for step, log, place, _ in found(report) if (step, log) == (2, "log")}, f"octet {at}"


@pytest.mark.parametrize("name", ["log/checkpoint", "registry/tile/0/000.p/4", "log/tile/entries/000.p/12", "log.vkey"])
def test_a_file_cut_short_lengthened_or_emptied_does_not_pass(folder: Path, name: str) -> None:
    path = folder / name
    data = path.read_bytes()
    for other in (data[:-1], data + b"\n", data + b"\0", b"", bytes(longest(name) + 1)):
        path.write_bytes(other)
        # A verifier key may end with a line end or without one: both name the same key.
        assert passes(folder) == (name == "log.vkey" and other == data[:-1])
    path.write_bytes(data)
