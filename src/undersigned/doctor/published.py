"""What an instance's own public folder says, read as anyone could."""

from functools import partial
from typing import Final

from undersigned.auditor.source import FolderSource
from undersigned.config import Config
from undersigned.errors import Unavailable
from undersigned.protocol.registry import Registry
from undersigned.tlog.checkpoint import open_checkpoint
from undersigned.tlog.note import VerifierKey
from undersigned.tlog.tile import Rebuilder, bundles, read_bundle
from undersigned.values import parse_canonical, tick

_ROUND: Final = "round"


def registry(config: Config, vkey: VerifierKey) -> Registry:
    """Return the registry, whole, as signed by this key.

    Raises: `Malformed` or `Refused` for another key's or a damaged checkpoint, `Withheld` for a missing file,
    `Unavailable` where the files are not those that were signed.
    """
    source = FolderSource(config.public)
    checkpoint = open_checkpoint(source.read("registry/checkpoint"), vkey.name, vkey)
    tree = Rebuilder()
    entries: list[bytes] = []
    for path in bundles(checkpoint.size):
        part = read_bundle(path, partial(_read, source, "registry"))
        tree.feed(part)
        entries += part
    if tree.root() != checkpoint.root:
        raise Unavailable("registry-damaged", "The files of the registry are not those that were signed.")
    return Registry.replay(entries)


def last_round(config: Config, vkey: VerifierKey) -> str:
    """Return the hour of the last count, empty before the first, without looking at proofs. Raises: as `registry`."""
    source = FolderSource(config.public)
    size = open_checkpoint(source.read("log/checkpoint"), vkey.name, vkey).size
    for path in reversed(list(bundles(size))):
        for entry in reversed(read_bundle(path, partial(_read, source, "log"))):
            said = parse_canonical(entry)
            if isinstance(said, dict) and said.get("entry") == _ROUND:
                return tick(said.get("tick"))
    return ""


def _read(source: FolderSource, log: str, path: str) -> bytes:
    return source.read(f"{log}/{path}")
