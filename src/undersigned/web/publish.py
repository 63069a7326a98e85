"""The public pages, written as static files when a letter opens and when a round closes.

The reading path runs no code. Only what changed is written, durably and whole; all files of one call bear the
time of the tick, so that their times say nothing finer. What a letter no longer has is removed: a text that was taken
down stays nowhere.
"""

import fcntl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

from undersigned.bootstrap import Instance
from undersigned.drawing import ring
from undersigned.errors import Malformed
from undersigned.languages.words import Words, every
from undersigned.letters import pages
from undersigned.letters.pages import Beside, Page
from undersigned.protocol.context import context_id
from undersigned.protocol.elsewhere import ISSUERS, issuers
from undersigned.protocol.entry import NamesShown
from undersigned.protocol.names import NameList
from undersigned.storage.files import write_durably
from undersigned.web.kit import NAMES, kit, names_path
from undersigned.web.render import ASSETS, alternates, asset, page
from undersigned.web.sitemap import robots, sitemap
from undersigned.web.static import NOT_FOUND

if TYPE_CHECKING:
    from undersigned.letters.service import View

#: The pages that are always there, and their templates.
FIXED: Final = {"/": "index.html", "/check/": "check.html", "/press/": "press.html", "/privacy/": "privacy.html"}
_LOCK: Final = "pages.lock"
_LETTERS: Final = "letters"


def publish(instance: Instance, tick: str) -> None:
    """Write all public pages that differ from what is there; safe to call from several processes at once."""
    mtime = int(datetime.fromisoformat(tick).timestamp())
    with _alone(instance.config.directory):
        files = render(instance, tick)
        for path, data in files.items():
            _write(instance.config.public / path, data, mtime)
        _remove_others(instance.config.public, files)


def render(instance: Instance, tick: str) -> dict[str, bytes]:
    """Return all public pages and what they load, by their path under the public folder."""
    config = instance.config
    files = {asset(name).path: asset(name).data for name in ASSETS} | _schemas()
    letters = [
        pages.pages(view, every(), last=instance.letters.in_last_tick(view, tick), beside=_beside(instance, view))
        for view in instance.letters.views()
    ]
    for editions in letters:
        files |= _letter(instance, editions)
    for words in every():
        files |= _fixed(instance, words, [_edition(editions, words) for editions in letters])
    files |= _issuers(instance)
    files["robots.txt"] = robots(config)
    files["sitemap.xml"] = sitemap(config, FIXED, letters)
    return files


def _issuers(instance: Instance) -> dict[str, bytes]:
    """Return where issuers elsewhere are, by their names, also where there is none: a page asks for it."""
    return {ISSUERS: issuers({each.name: each.url for each in instance.pins().issuers})}


def _beside(instance: Instance, view: "View") -> Beside:
    """Return who else stands by a letter. Between two ticks the list that is bound is the one that is there already."""
    others = instance.others
    listed = instance.letters.listed(view)
    if listed is None and view.names is not None:
        listed = _bound(_read(instance.config.public / names_path(view.slug)), view.names)
    return Beside(others.supporting, others.showing, listed)


def _bound(data: bytes | None, entry: NamesShown) -> NameList | None:
    try:
        found = NameList.parse(data) if data is not None else None
    except Malformed:
        return None
    return found if found is not None and found.matches(entry) else None


def _letter(instance: Instance, editions: Sequence[Page]) -> dict[str, bytes]:
    config = instance.config

    def there(path: str) -> bytes:
        return _read(config.public / path) or b""

    history = instance.ledger.history(context_id("letter", editions[0].view.digest))
    files = kit(config, editions, history, there)
    for each in editions:
        files[f"{each.path[1:]}index.html"] = page(
            "letter.html", config, each.words, "", address=each.path, alternates=each.languages, page=each
        )
    return files


def _fixed(instance: Instance, words: Words, letters: Sequence[Page]) -> dict[str, bytes]:
    config, start = instance.config, pages.prefix(words)
    drawn = {"single": ring.SINGLE, "sectors": ring.SECTORS}
    files = {
        f"{start}{here}index.html"[1:]: page(
            template, config, words, here, alternates=alternates(here), letters=letters, ring=drawn
        )
        for here, template in FIXED.items()
    }
    files[f"{start}/{NOT_FOUND}"[1:]] = page("404.html", config, words, f"/{NOT_FOUND}")
    return files


def _edition(editions: Sequence[Page], words: Words) -> Page:
    return next(each for each in editions if each.words == words)


def _schemas() -> dict[str, bytes]:
    """The JSON Schemas of the documents and of `count.json`, under `schema/`."""
    folders = [resources.files(package) / "schema" for package in ("undersigned.protocol", "undersigned.web")]
    found = [each for folder in folders for each in folder.iterdir() if each.name.endswith(".json")]
    return {f"schema/{each.name}": each.read_bytes() for each in found}


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / _LOCK).open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _write(path: Path, data: bytes, mtime: int) -> None:
    if _read(path) != data:
        write_durably(path, data, mtime=mtime)


def _remove_others(public: Path, files: Mapping[str, bytes]) -> None:
    """Remove what letters once had beside their pages and have no more."""
    for words in every():
        for path in sorted((public / pages.prefix(words)[1:] / _LETTERS).rglob("*")):
            ours = path.name == "index.html" or path.name in NAMES
            if ours and path.relative_to(public).as_posix() not in files:
                path.unlink()
