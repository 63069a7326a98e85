"""The public pages, written as static files when a letter opens and when a round closes.

The reading path runs no code. Only what changed is written, durably and whole; all files of one call bear the
time of the tick, so that their times say nothing finer.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Final

from undersigned.bootstrap import Instance
from undersigned.letters import pages
from undersigned.storage.files import write_durably
from undersigned.web.render import ASSETS, asset, page
from undersigned.web.static import NOT_FOUND

_FIXED: Final = {"check/index.html": "check.html", "privacy/index.html": "privacy.html", NOT_FOUND: "404.html"}
_LOCK: Final = "pages.lock"


def publish(instance: Instance, tick: str) -> None:
    """Write all public pages that differ from what is there; safe to call from several processes at once."""
    mtime = int(datetime.fromisoformat(tick).timestamp())
    with _alone(instance.config.directory):
        for path, data in render(instance, tick).items():
            _write(instance.config.public / path, data, mtime)


def render(instance: Instance, tick: str) -> dict[str, bytes]:
    """Return all public pages and what they load, by their path under the public folder."""
    config, letters = instance.config, instance.letters
    files = {asset(name).path: asset(name).data for name in ASSETS} | _schemas()
    for path, template in _FIXED.items():
        files[path] = page(template, config, "/" + path.removesuffix("index.html"))
    firsts = []
    for view in letters.views():
        in_languages = pages.pages(view, last=letters.in_last_tick(view, tick))
        firsts.append(in_languages[0])
        for each in in_languages:
            address = pages.path(view, each.text)
            files[f"{address[1:]}index.html"] = page("letter.html", config, address, page=each)
    files["index.html"] = page("index.html", config, "/", letters=firsts)
    return files


def _schemas() -> dict[str, bytes]:
    """The JSON Schemas of the documents, under `schema/`."""
    folder = resources.files("undersigned.protocol") / "schema"
    return {f"schema/{each.name}": each.read_bytes() for each in folder.iterdir() if each.name.endswith(".json")}


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / _LOCK).open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write(path: Path, data: bytes, mtime: int) -> None:
    try:
        if path.read_bytes() == data:
            return
    except FileNotFoundError:
        pass
    write_durably(path, data, mtime=mtime)
