"""Makes a backup of an instance: everything that cannot be made again, at one moment between two counts.

Trust: whoever can open a backup can do what whoever reads `keys/` can, and sees tags and names of others who stand by
letters; they learn nothing of members, and cannot tell who signed what.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from undersigned.config import FILE
from undersigned.custody.content import Kept
from undersigned.errors import Conflict, Malformed, Unavailable
from undersigned.storage.files import alone
from undersigned.tlog.checkpoint import open_checkpoint

if TYPE_CHECKING:
    from undersigned.bootstrap import Instance


def backup(instance: "Instance") -> Kept:
    """Read what belongs into a backup; counts wait meanwhile.

    Raises: `Unavailable` when files and tables do not belong together: a broken instance is not kept as a good one.
    """
    config = instance.config
    issuer: dict[str, Any] = {}
    letters: dict[str, Any] = {}
    if instance.issuer_side is not None:
        from undersigned.issuer import restoring as of_issuer  # noqa: PLC0415 - models need Django set up first

        issuer = of_issuer.kept(instance.issuer)
    if instance.letters_side is None:
        files = dict(read_files(config.directory, _secret(config.directory)))
        return Kept(config.name, instance.clock.tick(), files, {}, issuer, letters)
    from undersigned.letters import restoring as of_letters  # noqa: PLC0415 - as above

    instance.ledger.recover()
    with alone(config.staging / "lock"):
        letters = of_letters.kept()
        files = dict(read_files(config.directory, (*_secret(config.directory), *published(config.public))))
        sizes = {
            log: open_checkpoint(files[f"public/{log}/checkpoint"][0], key.name, key.verifier).size
            for log in ("registry", "log")
            for key in (instance.keys.signing(log, config.name),)
        }
    return Kept(config.name, instance.clock.tick(), files, sizes, issuer, letters)


def _secret(folder: Path) -> Iterator[Path]:
    yield folder / FILE
    if (folder / "pins.json").exists():
        yield folder / "pins.json"
    yield from sorted((folder / "keys").rglob("*.key"))


def published(public: Path) -> Iterator[Path]:
    """Give the files of both logs and their documents; pages are written anew from them."""
    for name in ("registry", "log", "documents"):
        yield from sorted(each for each in (public / name).rglob("*") if each.is_file())
    yield from (public / "registry.vkey", public / "log.vkey")


def read_files(folder: Path, paths: Iterable[Path]) -> Iterator[tuple[str, tuple[bytes, int]]]:
    """Give files with their times, by their path below a folder."""
    for path in paths:
        yield path.relative_to(folder).as_posix(), (path.read_bytes(), int(path.stat().st_mtime))


def check_target(file: Path, directory: Path) -> None:
    """Check where a backup is to be written. Raises: `Conflict`, `Malformed`, `Unavailable`."""
    if file.exists():
        raise Conflict("file-exists", f"{file} exists already. Name another file: each backup is one of its own.")
    if file.resolve().is_relative_to(directory.resolve()):
        raise Malformed("backup-inside", "A backup inside the instance goes with it. Name a place elsewhere.")
    if not file.absolute().parent.is_dir():
        raise Unavailable("no-folder", f"There is no folder {file.absolute().parent}.")
