"""Files of an instance: permissions, databases, room on the disk, backups. Everything is only read."""

import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from undersigned.config import FILE, Config
from undersigned.doctor import rules
from undersigned.doctor.finding import Finding, holds, unknown, wrong
from undersigned.storage import age

_MAGIC: Final = b"SQLite format 3\x00"
_HEADER: Final = 100
#: Octets 18 and 19 of a database say how it is written and read: 1 with a rollback journal, 2 with a write-ahead log.
_VERSIONS: Final = slice(18, 20)
_WRITE_AHEAD: Final = 2
#: Ends of names of files that come and go.
_PASSING: Final = (".new", "-journal", "-shm", "-wal")


def permissions(config: Config) -> list[Finding]:
    """Look at modes and owners of keys, data and folders."""
    found = [each for place in _places(config) for each in _permission(config, *place)]
    return found or [holds("permissions", "Keys and data are closed to others; what is public they only read")]


def _places(config: Config) -> Iterator[tuple[Path, int, bool]]:
    """Every place with the most that its mode may allow, and whether it is public."""
    yield config.directory, 0o755, True
    yield config.directory / FILE, 0o600, False
    if config.pins.exists():
        yield config.pins, 0o600, False
    if "letters" in config.rooms:
        yield config.public, 0o755, True
        yield from ((each, 0o755 if each.is_dir() else 0o644, True) for each in sorted(config.public.rglob("*")))
        yield config.staging, 0o700, False  # what is inside comes and goes
    for folder in (config.keys, config.directory / "data"):
        yield folder, 0o700, False
        yield from ((each, 0o700 if each.is_dir() else 0o600, False) for each in sorted(folder.rglob("*")))


def _permission(config: Config, path: Path, most: int, public: bool) -> Iterator[Finding]:  # noqa: FBT001 - of a tuple
    name = str(path.relative_to(config.directory)) if path != config.directory else "The folder"
    try:
        seen = path.lstat()
    except FileNotFoundError:
        if not path.name.endswith(_PASSING):
            yield wrong("permissions", f"{name} is missing", "Put it back; see “Backups” in operating.md.")
        return
    if stat.S_ISLNK(seen.st_mode) and not public:
        yield wrong("permissions", f"{name} is a link", "Put the file itself there: links lead out of the folder.")
        return
    if not stat.S_ISLNK(seen.st_mode):
        decided = rules.modes(name, str(path), seen.st_mode, wanted=most, public=public)
        if decided:
            yield decided
    owner = config.directory.lstat().st_uid
    if seen.st_uid != owner:
        yield wrong("permissions", f"{name} belongs to another account than the folder", f"chown {owner} {path}")


def databases(config: Config) -> list[Finding]:
    """Look at the head of each room's database, without opening it as one: that could change it."""
    return [_database(config.database(room), room) for room in config.rooms]


def _database(path: Path, room: str) -> Finding:
    with path.open("rb") as file:
        head = file.read(_HEADER)
    if not head.startswith(_MAGIC) or len(head) < _HEADER:
        return wrong(
            "databases", f"{room}: {path.name} is no database", "Stop the server; see “Backups”, operating.md."
        )
    beside = path.with_name(path.name + "-wal").exists()
    write_ahead = _WRITE_AHEAD in head[_VERSIONS] or beside
    major, minor, patch = sqlite3.sqlite_version_info
    return rules.journal(room, (major, minor, patch), write_ahead=write_ahead)


def disk(config: Config) -> list[Finding]:
    """Compare what is free with what the instance takes."""
    size = sum(_size(each) for each in config.directory.rglob("*"))
    return [rules.disk(shutil.disk_usage(config.directory).free, size)]


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except FileNotFoundError:  # temporary files come and go
        return 0


def backups(config: Config, place: Path | None, now: float) -> list[Finding]:
    """Look at the newest backup in a folder, or at one file; `now` in seconds since 1970."""
    if place is None:
        return [unknown("backups", "Nobody said where backups are", "Name the file or folder with --backups.")]
    if not place.exists():
        return [wrong("backups", f"There is nothing at {place}", "Make one: undersigned backup make.")]
    files = [place] if place.is_file() else [each for each in place.iterdir() if each.is_file()]
    if not files:
        return [wrong("backups", f"There is no file in {place}", "Make one: undersigned backup make.")]
    newest = max(files, key=lambda each: each.stat().st_mtime)
    if os.path.realpath(newest).startswith(os.path.realpath(config.directory) + os.sep):
        return [wrong("backups", f"{newest} lies inside the instance", "Keep it on another machine.")]
    with newest.open("rb") as file:
        encrypted = file.read(len(age.HEAD)) == age.HEAD
    return [rules.backup(newest.name, now - newest.stat().st_mtime, config.round_hours, encrypted=encrypted)]
