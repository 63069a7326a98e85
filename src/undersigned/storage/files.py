"""Writes that are either there whole or not at all, also after the power fails."""

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_durably(path: Path, data: bytes, *, mode: int = 0o644, mtime: int | None = None) -> None:
    """Write a file by way of a temporary one beside it, synced before and after the rename.

    `mtime` in seconds since 1970 is set where given, so that times of files say nothing finer.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".new")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        if mtime is not None:
            os.utime(file.fileno(), (mtime, mtime))
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)
