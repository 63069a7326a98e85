"""A copy of all that an audit needs, as one folder, to be checked in ten years when the server is gone.

Both checkpoints are read first and are of one moment, so that every letter and key that the log needs is in the
copy. Tiles are made anew from the entries: a copy whose root is not the signed one is not finished. Nothing else is
checked here: an audit of the copy says what an audit of the original says.
"""

import shutil
from collections.abc import Callable
from importlib import metadata, resources
from pathlib import Path
from typing import Final

from undersigned.auditor.client import served_file
from undersigned.auditor.findings import one_line
from undersigned.auditor.heads import both_checkpoints
from undersigned.auditor.source import LOG, REGISTRY, Source, within
from undersigned.errors import Conflict, Malformed, Refused, Withheld
from undersigned.protocol.registry import Registry
from undersigned.tlog.checkpoint import Checkpoint
from undersigned.tlog.note import Note
from undersigned.tlog.tile import Rebuilder, bundles, encode_bundle, read_bundle
from undersigned.values import sha256_hex

#: What of the program is needed to audit: the independent reader and what lies beneath it.
_PROGRAM: Final = ("auditor", "protocol", "tlog", "bbs", "errors.py", "values.py", "__init__.py", "py.typed")
_LIBRARIES: Final = ("cryptography", "httpx", "pyblst", "py-arkworks-bls12381", "py-ecc", "rfc8785", "rich", "typer")

_README: Final = """\
An archive of {origin}
{line}

In it: two append-only logs (registry/ and log/, in the format C2SP tlog-tiles), the keys that signed them
(registry.vkey, log.vkey), the letters and terms that the registry names (documents/), the files of the page on which
people sign and check, where they were served (client/, sign/, check/), and in program/ the Python program that checks
all of it, with the versions of the libraries that it was used with.

To count again:

    undersigned audit .

or, where no such command is installed any more, with Python and the libraries in program/requirements.txt:

    PYTHONPATH=program python -m undersigned.auditor .

Whoever gave you this archive gave you program/ too, and a program can say anything. If you do not trust them, take
the program from elsewhere, or compare program/ with the published source.

The log has {log:,} entries, the registry {registry:,}. Compare the two files checkpoint with a copy that you have
from elsewhere: they are what makes this archive the same as everybody else's.
"""


def archive(source: Source, out: Path, progress: Callable[[str, int, int], None]) -> None:
    """Write an archive of everything that `source` publishes into the new folder `out`.

    `progress` is told log, entries done and entries in all.

    Raises: `Conflict` when the folder exists, `Refused` when entries and checkpoint do not belong together, and what
    reading raises.
    """
    if out.exists():
        raise Conflict("folder-exists", f"{out} exists already. Name a folder that does not.")
    out.mkdir(parents=True)
    try:
        checkpoints = both_checkpoints(source)
        sizes = {log: _copy_log(source, log, checkpoints[log], out, progress) for log in (LOG, REGISTRY)}
        registry = _registry(out)
        _copy_documents(source, registry, out)
        _copy_client(source, registry, out)
        _copy_program(out / "program")
        # A folder's own path would tell where and by whom the archive was made.
        origin = source.place if source.place.startswith(("http://", "https://")) else _origin(checkpoints[LOG])
        text = _README.format(origin=origin, line="=" * (14 + len(origin)), log=sizes[LOG], registry=sizes[REGISTRY])
        (out / "README.txt").write_text(text, encoding="utf-8")
    except BaseException:
        shutil.rmtree(out)
        raise


def _origin(signed: bytes) -> str:
    return one_line(Checkpoint.parse(Note.parse(signed).text).origin)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _copy_log(source: Source, log: str, signed: bytes, out: Path, progress: Callable[[str, int, int], None]) -> int:
    head = Checkpoint.parse(Note.parse(signed).text)
    tree, read = Rebuilder(), within(source, log)
    for path in bundles(head.size):
        entries = read_bundle(path, read)
        for name, data in ((str(path), encode_bundle(entries)), *tree.feed(entries)):
            _write(out / log / name, data)
        progress(log, tree.size, head.size)
    for name, data in tree.partial():
        _write(out / log / name, data)
    if tree.root() != head.root:
        raise Refused("root-differs", f"The entries of the {log} are not those that its checkpoint signs.")
    _write(out / log / "checkpoint", signed)
    _write(out / f"{log}.vkey", source.read(f"{log}.vkey"))
    return head.size


def _registry(out: Path) -> Registry:
    entries = (
        entry
        for path in bundles(Checkpoint.parse(Note.parse((out / REGISTRY / "checkpoint").read_bytes()).text).size)
        for entry in read_bundle(path, lambda name: (out / REGISTRY / name).read_bytes())
    )
    return Registry.replay(entries)


def _copy_documents(source: Source, registry: Registry, out: Path) -> None:
    named = {entry.digest for entry in registry.letters.values()}
    named |= {entry.digest for versions in registry.terms.values() for entry in versions}
    for digest in sorted(named - set(registry.redacted)):
        data = source.read(f"documents/{digest}")
        if sha256_hex(data) != digest:
            raise Refused("document-differs", f"The document {digest} is not the one that the registry names.")
        _write(out / "documents" / digest, data)


def _copy_client(source: Source, registry: Registry, out: Path) -> None:
    """Copy what is served as script, right or not: it is what people were given. A copy without it goes on without."""
    for path in registry.client[-1].files if registry.client else ():
        try:
            _write(out / path, served_file(source, path))
        except (Malformed, Withheld):
            continue


def _copy_program(out: Path) -> None:
    package = resources.files("undersigned")
    with resources.as_file(package) as root:
        for name in _PROGRAM:
            inside = root / name
            target = out / "undersigned" / name
            if inside.is_dir():
                shutil.copytree(inside, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(inside, target)
    lines = []
    for library in _LIBRARIES:
        try:
            lines.append(f"{library}=={metadata.version(library)}\n")
        except metadata.PackageNotFoundError:
            continue
    (out / "requirements.txt").write_text("".join(lines), encoding="utf-8")
    if not lines:
        raise Withheld("no-libraries", "The versions of the libraries are not known here.")
