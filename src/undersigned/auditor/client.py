"""Step 4, last part: what is served as script is what the registry says (`docs/protocol.md`, sections 5 and 6).

The newest `client` entry names every file of the signing and checking client with its digest. Each is fetched as a
browser would ask for it, and every page that people open is looked at for script that is not among them.

A server can still show other files to somebody it picks out, and right ones to whoever audits: it must then do so
each time, to each address, and one altered file that anybody keeps, beside the signed registry, proves it.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from undersigned.auditor.findings import Findings
from undersigned.auditor.markup import Script, scripts
from undersigned.auditor.source import INDEX, REGISTRY, Source, asked
from undersigned.errors import Malformed, UndersignedError, Withheld
from undersigned.protocol.entry import ClientFiles

#: Where the client's files lie: nowhere else, or an archive of them could put something beside the logs or the program.
_PLAIN: Final = re.compile(r"(?:check|client|sign)(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+")
_HASHES: Final = ("sha256", "sha384", "sha512")
#: Pages that people open besides those of the client and those of letters, in the languages of the interface.
_PAGES: Final = (INDEX, f"check/{INDEX}", f"press/{INDEX}", f"privacy/{INDEX}")
_LANGUAGES: Final = ("", "de/", "es/", "fr/")


@dataclass
class Served:
    """The client's files as they are served: how many are as logged, and the digests that pages may name."""

    index: int | None
    files: Mapping[str, str]
    right: int = 0
    integrities: dict[str, frozenset[str]] = field(default_factory=dict)
    pages: dict[str, bytes] = field(default_factory=dict)


def check_client(
    source: Source, entry: tuple[int, ClientFiles] | None, slugs: Iterable[str], findings: Findings
) -> int:
    """Compare what is served with the newest `client` entry, given with its index; return how many files are right."""
    index, files = (None, {}) if entry is None else (entry[0], entry[1].files)
    served = Served(index, files)
    if not _files(source, served, findings):
        return 0
    pages = dict(served.pages)
    others = [*_PAGES, *(f"letters/{slug}/{INDEX}" for slug in slugs)]
    for path in (prefix + other for prefix in _LANGUAGES for other in others):
        if path not in files and (octets := _page(source, path, findings)) is not None:
            pages[path] = octets
    for path, octets in pages.items():
        _look(path, octets, served, findings)
    return served.right


def _files(source: Source, served: Served, findings: Findings) -> bool:
    """Whether the client is served here at all: a copy of the logs alone need not have it."""
    missing = []
    for path, digest in served.files.items():
        try:
            octets = served_file(source, path)
        except Withheld:
            missing.append(path)
        except UndersignedError as error:
            findings.error(4, REGISTRY, served.index, error)
        else:
            _take(path, digest, octets, served, findings)
    if missing and len(missing) == len(served.files):
        findings.remark(
            "The files of the signing and checking page are not here, so whether people are given those that the "
            "registry names cannot be checked here."
        )
        return False
    for path in missing:
        words = f"The file {path} of the client is in the registry, but it is not served."
        findings.fail(4, REGISTRY, served.index, "client-missing", words)
    return True


def served_file(source: Source, path: str) -> bytes:
    """Return a file that a `client` entry names. Raises: `Malformed` for a path that leads elsewhere, as `Source`."""
    if not _PLAIN.fullmatch(path):
        raise Malformed("client-path", "A file of the client is not named as a served file can be.")
    return source.read(path)


def _take(path: str, digest: str, octets: bytes, served: Served, findings: Findings) -> None:
    if hashlib.sha256(octets).hexdigest() != digest:
        words = f"The file {path} of the client is not the one in the registry: people may be given other script."
        findings.fail(4, REGISTRY, served.index, "client-altered", words)
        return
    served.right += 1
    served.integrities[path] = frozenset(
        f"{name}-{base64.b64encode(hashlib.new(name, octets).digest()).decode()}" for name in _HASHES
    )
    if path.endswith(".html"):
        served.pages[path] = octets


def _page(source: Source, path: str, findings: Findings) -> bytes | None:
    try:
        return source.read(path)
    except Withheld:
        return None
    except UndersignedError as error:
        findings.error(4, REGISTRY, None, error)
        return None


def _look(path: str, octets: bytes, served: Served, findings: Findings) -> None:
    shown = "/" + asked(path)
    try:
        loaded = scripts(octets)
    except UndersignedError as error:
        findings.fail(4, REGISTRY, served.index, error.code, f"The page {shown}: {error.words}")
        return
    for script in loaded:
        if (problem := _foreign(path, script, served)) is not None:
            findings.fail(4, REGISTRY, served.index, "page-script", f"The page {shown} {problem}")


def _foreign(path: str, script: Script, served: Served) -> str | None:
    """What is wrong with a script that a page loads, None where nothing is."""
    target = resolved(path, script.source)
    if target is None or target not in served.files:
        return "loads script that is not in the registry."
    known = served.integrities.get(target)
    # A file that differs or is missing was reported with the files.
    if known is not None and script.integrity not in known:
        return f"names another digest for {target} than that of the file."
    return None


def resolved(page: str, source: str) -> str | None:
    """Return the path below the instance's address that a page at `page` means; None for anything elsewhere."""
    if not re.fullmatch(r"[A-Za-z0-9._/-]+", source) or source.startswith("//"):
        return None
    names = [] if source.startswith("/") else page.split("/")[:-1]
    for name in source.removeprefix("/").split("/"):
        if name == "..":
            if not names:
                return None
            names.pop()
        elif name != ".":
            names.append(name)
    return "/".join(names)
