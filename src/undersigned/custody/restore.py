"""Makes an instance of a backup, in a folder that is not there yet, whole or not at all.

What was published is the truth: the tables of logs and letters are written from it. What that cannot say is gone:
acts that waited, drafts, and everything of who joined. So the issuer's keys stay out: with them people could join a
second time, since nobody knows any longer who did.

A log must never be gone on with from an older state than others have seen. Nothing on this machine can tell: whoever
restores looks from outside, and says what sizes were seen there.
"""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from undersigned.bootstrap import Instance, make_tables, open_instance
from undersigned.clock import DemonstrationClock
from undersigned.config import Config
from undersigned.custody.backup import published, read_files
from undersigned.custody.content import Kept, mode
from undersigned.errors import Conflict, Refused, Unavailable
from undersigned.storage.files import keep_private, write_durably
from undersigned.tlog.checkpoint import open_checkpoint

_ISSUER: Final = "keys/issuer/"


def only_keys(kept: Kept, directory: Path) -> int:
    """Write the keys alone, all of them, into a new folder; return how many. Raises: as `restore`."""
    with _new(directory) as folder:
        found = {path.removeprefix("keys/"): file for path, file in kept.files.items() if path.startswith("keys/")}
        for path, (data, _) in found.items():
            write_durably(folder / path, data, mode=0o600)
        folder.chmod(0o700)
    return len(found)


def newer(kept: Kept, public: Path) -> Kept:
    """Return the backup with what was published later, from an archive, a mirror or a folder that survived.

    Tags and names of others who stand by letters are left out then: what was taken back since must stay so.
    """
    old = {path: file for path, file in kept.files.items() if not path.startswith("public/")}
    folder = public if (public / "registry").is_dir() else public / "public"
    if not (folder / "registry").is_dir():
        raise Unavailable("no-public", f"There is no public folder at {public}.")
    fresh = {f"public/{path}": file for path, file in read_files(folder, published(folder))}
    return replace(kept, files=old | fresh, letters={})


def restore(kept: Kept, directory: Path, seen: Mapping[str, int]) -> None:
    """Make the instance; `seen` are the sizes of registry and log as somebody outside saw them last.

    Raises: `Conflict` where there is a folder already; `Refused` where more was seen than is here; `Unavailable` or
    `Malformed` for files that are not those that were signed. Nothing is left behind then.
    """
    with _new(directory) as folder:
        for path, (data, mtime) in kept.files.items():
            if not path.startswith(_ISSUER):
                write_durably(folder / path, data, mode=mode(path), mtime=mtime)
        folder.chmod(0o711)
        config = Config.read(folder)
        own = ((config.staging, 0o700),) if "letters" in config.rooms else ()
        for each, permissions in ((folder / "data", 0o700), *own):
            each.mkdir(exist_ok=True)
            each.chmod(permissions)
        if config.clock == "demonstration":
            DemonstrationClock(config.clock_file).move(kept.made)
        make_tables(config, kept.made)
        instance = open_instance(folder)
        _fill(instance, kept, seen)
        instance.close()


def _fill(instance: Instance, kept: Kept, seen: Mapping[str, int]) -> None:
    figures: dict[tuple[str, str], int] = {}
    if instance.letters_side is not None:
        from undersigned.ledger import restoring as of_ledger  # noqa: PLC0415 - models need Django set up first
        from undersigned.letters import restoring as of_letters  # noqa: PLC0415 - as above

        _not_behind(instance, seen)
        of_ledger.bring_back_heads(instance.ledger)
        deadlines = of_letters.bring_back(instance.ledger.registry(), instance.ledger.document, kept.letters)
        of_ledger.bring_back_acts(instance.ledger, deadlines)
        instance.ledger.recover()
        figures = {
            (each.organisation, each.epoch): each.at_most
            for each in instance.ledger.figures()
            if each.issuer == instance.config.issuer
        }
    if instance.issuer_side is not None:
        from undersigned.issuer import restoring as of_issuer  # noqa: PLC0415 - as above

        of_issuer.bring_back(kept.issuer, figures)


def _not_behind(instance: Instance, seen: Mapping[str, int]) -> None:
    """Check that nobody has seen more of either log than is here. Raises: `Refused`."""
    for log in ("registry", "log"):
        key = instance.keys.signing(log, instance.config.name)
        public = (instance.config.public / log / "checkpoint").read_bytes()
        size = open_checkpoint(public, key.name, key.verifier).size
        if size < seen[log]:
            raise Refused(
                "backup-behind",
                f"The {log} had {seen[log]:,} entries when it was last seen, and {size:,} are here: going on would "
                "make two logs of one. Bring what was published since, from an archive or a mirror, with --public.",
            )


@contextmanager
def _new(directory: Path) -> Iterator[Path]:
    """Give a folder beside, which takes the name at the end, or is removed. Raises: `Conflict`, `Unavailable`."""
    keep_private()
    beside = directory.with_name(directory.name + ".restoring")
    if directory.exists() or beside.exists():
        there = directory if directory.exists() else beside
        raise Conflict("folder-exists", f"{there} exists already. A backup is restored into a folder of its own.")
    try:
        beside.mkdir(mode=0o700)
        yield beside
        beside.rename(directory)
    except OSError as error:
        raise Unavailable("not-written", f"{directory} cannot be written: {error.strerror}.") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
