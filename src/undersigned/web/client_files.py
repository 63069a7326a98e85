"""The signing and checking client, as files: copied into the public folder, their digests into the registry first.

The client is a package of its own, `undersigned_client`, built with the wheel: `manifest.json` names each file with its
SHA-256. An instance without it serves letters and logs all the same.

Order: files whose names hold their digest, which change nothing for anybody; the entry `client`, if the newest one says
otherwise; then the pages, which bring people the new files. So whoever finds a page that differs from the newest entry
has found something that the registry does not say. Files of earlier entries stay, for pages that are still open.
"""

import json
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Final

from undersigned.bootstrap import Instance
from undersigned.errors import Malformed, Withheld
from undersigned.protocol.entry import ClientFiles
from undersigned.storage.files import write_durably
from undersigned.values import sha256_hex
from undersigned.web.origins import connections

PACKAGE: Final = "undersigned_client"
MANIFEST: Final = "manifest.json"
_PAGE: Final = "index.html"
_SIGNING: Final = "sign/index.html"
#: What the signing page connects to as it is built.
_OWN: Final = "'self'"


def client_folder() -> Path:
    """Return the folder of the built client. Raises: `Withheld` where this installation has none."""
    try:
        found = Path(str(resources.files(PACKAGE)))
    except ModuleNotFoundError as error:
        raise Withheld(
            "no-client", "This installation has no pages for signing and checking: people use the command instead."
        ) from error
    return found


def read_client(folder: Path) -> dict[str, bytes]:
    """Return the client's files by the path under which they are served.

    Raises: `Withheld` where there are none, `Malformed` when one is not what the manifest says.
    """
    try:
        named = json.loads((folder / MANIFEST).read_bytes())["files"]
        files = {path: (folder / path).read_bytes() for path in named}
    except FileNotFoundError as error:
        raise Withheld("no-client", f"{folder} is not a whole client: build it anew.") from error
    for path, data in files.items():
        if sha256_hex(data) != named[path]:
            raise Malformed("client-differs", f"{path} of the client is not what its manifest says: install it anew.")
    return files


def with_origins(files: dict[str, bytes], connect: str) -> dict[str, bytes]:
    """Return the files with the signing page's own policy naming what it may connect to here.

    So the registry says to which issuers elsewhere the page can speak. Without any all is as it was built.

    Raises: `Malformed` for a page that has no such policy.
    """
    made = dict(files)
    if _SIGNING in made and connect != _OWN:
        if made[_SIGNING].count(f"connect-src {_OWN};".encode()) != 1:
            raise Malformed("client-differs", f"{_SIGNING} of the client has no policy of its own: build it anew.")
        made[_SIGNING] = made[_SIGNING].replace(f"connect-src {_OWN};".encode(), f"connect-src {connect};".encode())
    return made


def publish_client(instance: Instance, folder: Path | None = None) -> int:
    """Serve the client and say so in the registry; return the number of its files. Safe to call again.

    Raises: `Withheld` where there is no client, `Malformed` for one that is damaged, and what appending raises.
    """
    files = with_origins(read_client(folder or client_folder()), connections(instance))
    tick = instance.clock.tick()
    pages = {path for path in files if path.rpartition("/")[2] == _PAGE}
    _write(instance, {path: files[path] for path in files if path not in pages}, tick)
    digests = {path: sha256_hex(data) for path, data in sorted(files.items())}
    said = instance.ledger.registry().client
    if not said or said[-1].files != digests:
        instance.ledger.append_registry([ClientFiles(digests)], {}, tick)
    _write(instance, {path: files[path] for path in pages}, tick)
    return len(files)


def _write(instance: Instance, files: dict[str, bytes], tick: str) -> None:
    mtime = int(datetime.fromisoformat(tick).timestamp())
    for path, data in files.items():
        target = instance.config.public / path
        if not target.is_file() or target.read_bytes() != data:
            write_durably(target, data, mtime=mtime)
