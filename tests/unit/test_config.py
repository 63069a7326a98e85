"""Settings are read as they were written, and those that are wrong are refused with words."""

import dataclasses
from pathlib import Path

import pytest

from support.instances import close, fresh
from undersigned.bootstrap import open_instance
from undersigned.config import FILE, WORK, Config
from undersigned.errors import Malformed, Unavailable

PLAIN = Config(Path("x"), "a.example", "https://a.example", "issuer.example")


def read(folder: Path, octets: bytes) -> Config:
    (folder / FILE).write_bytes(octets)
    return Config.read(folder)


@pytest.mark.parametrize(
    "changed",
    [{}, {"keeper": Path("/run/undersigned-keeper/keeper.sock")}, {"work": 1}, {"onion": f"http://{'a' * 56}.onion"}],
)
def test_settings_are_read_as_they_were_written(tmp_path: Path, changed: dict[str, object]) -> None:
    config = dataclasses.replace(PLAIN, directory=tmp_path, **changed)  # type: ignore[arg-type]  # by name
    assert read(tmp_path, config.encoded()) == config


def test_what_is_left_out_is_as_usual(tmp_path: Path) -> None:
    lines = [line for line in PLAIN.encoded().splitlines() if not line.startswith(b"work =")]
    found = read(tmp_path, b"\n".join(lines))
    assert (found.work, found.keeper, found.onion) == (WORK, None, None)


@pytest.mark.parametrize(
    "line",
    ['keeper = "keeper.sock"', 'keeper = ""', "keeper = 5", f'keeper = "/{"x" * 107}"', 'keeper = "/a\\"b"', "work = 0",
     "work = 10_000_001", "work = true", 'work = "many"'],
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
