"""Pages from templates: Jinja2 with everything escaped, in each of the languages, and the files that they load."""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from undersigned.config import Config
from undersigned.languages.words import Words, every, name_of
from undersigned.letters.pages import prefix

_HERE: Final = Path(__file__).parent
ASSETS: Final = (
    "letter.css", "mark.svg",
    "serif.woff2", "serif-italic.woff2", "serif-license.txt", "sans.woff2", "sans-license.txt",
)  # fmt: skip
#: Where a style sheet names one of `ASSETS`.
_NAMED: Final = re.compile(rb'url\("([a-z0-9.-]+)"\)')


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that pages refer to; its digest is in its name, so that it never changes under that name."""

    name: str
    data: bytes

    @property
    def path(self) -> str:
        """Path under the public folder."""
        stem, _, suffix = self.name.rpartition(".")
        return f"assets/{stem}.{hashlib.sha256(self.data).hexdigest()[:16]}.{suffix}"

    @property
    def integrity(self) -> str:
        """What the page says about the file's content, for the browser to check."""
        return "sha384-" + base64.b64encode(hashlib.sha384(self.data).digest()).decode()


@cache
def asset(name: str) -> Asset:
    """Return one of `ASSETS`; a style sheet names the others as they are served."""
    data = (_HERE / "assets" / name).read_bytes()
    if name.endswith(".css"):
        data = _NAMED.sub(lambda found: b'url("/%s")' % asset(found[1].decode()).path.encode(), data)
    return Asset(name, data)


# ── what templates are given ──


class Said:
    """A language as templates use it: what it returns is markup, with whatever was filled in escaped.

    Links are given to a sentence in two parts: `say("Read {a}more{z}.", a=to("/check/"), z=end)`.
    """

    def __init__(self, words: Words) -> None:
        self._words = words

    def one(self, message: str, **values: object) -> Markup:
        """Say a message."""
        return Markup(escape(self._words.typeset(self._words.messages.gettext(message)))).format(**values)  # noqa: S704 - escaped

    def to(self, path: str) -> Markup:
        """Begin a link to a page of this instance, in the same language."""
        return self.at(prefix(self._words) + path)

    def at(self, path: str) -> Markup:
        """Begin a link to any other address of this instance."""
        return Markup('<a href="{}">').format(path)


END: Final = Markup("</a>")


def code(text: str) -> Markup:
    """Set what is typed or compared letter by letter."""
    return Markup('<code dir="ltr">{}</code>').format(text)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals.update(asset=asset, code=code, end=END)
    return made


Alternates = Sequence[tuple[str, str, str]]


def page(
    template: str,
    config: Config,
    words: Words,
    here: str,
    *,
    address: str | None = None,
    alternates: Alternates = (),
    **values: Any,  # noqa: ANN401 - a template's values are of any type
) -> bytes:
    """Render a page.

    `here` is the page's place in the navigation, without a language; `address` its own one where that is another;
    `alternates` are the tag, the name and the address of the page in each language, this one too.
    """
    said = Said(words)
    given = {
        "_": said.one,
        "address": address or prefix(words) + here,
        "alternates": alternates,
        "at": said.at,
        "checking": _checking(config, words),
        "config": config,
        "here": here,
        "prefix": prefix(words),
        "signing": _signing(config, words),
        "standing": _standing(config, words),
        "to": said.to,
        "words": words,
    }
    return _environment().get_template(template).render(given | values).encode()


def _signing(config: Config, words: Words) -> str | None:
    """Return where a letter's short name is put to be signed in a browser, None where the client is not installed.

    The name stands in the fragment, which no request shows.
    """
    if not (config.public / "sign" / "index.html").is_file():
        return None
    language = prefix(words).removeprefix("/")
    return f"/sign/#{language}/" if language else "/sign/#"


def _standing(config: Config, words: Words) -> str | None:
    """Return where a purpose and a letter's short name are put to stand by it in a browser; None as for signing."""
    if not (config.public / "sign" / "beside" / "index.html").is_file():
        return None
    language = prefix(words).removeprefix("/")
    return f"/sign/beside/#{language}/" if language else "/sign/beside/#"


def _checking(config: Config, words: Words) -> str | None:
    """Return where a count is checked in a browser, at once; None where the client is not installed."""
    if not (config.public / "check" / "run" / "index.html").is_file():
        return None
    language = prefix(words).removeprefix("/")
    return f"/check/run/#{language}/start" if language else "/check/run/#start"


def alternates(here: str) -> Alternates:
    """Return the addresses of a page that is there in every language."""
    return [(each.language, name_of(each.language), prefix(each) + here) for each in every()]
