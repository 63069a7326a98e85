"""Pages from templates: Jinja2 with everything escaped, and the few ways in which figures and dates are written."""

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from undersigned.config import Config
from undersigned.letters.pages import number, written_date

_HERE: Final = Path(__file__).parent
ASSETS: Final = ("letter.css", "mark.svg")


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
    """Return one of `ASSETS`."""
    return Asset(name, (_HERE / "assets" / name).read_bytes())


#: A day and its month, or a number and what it counts, do not part at the end of a line.
_TOGETHER: Final = re.compile(r"(?<=[0-9]) (?=[A-Z]|people|person)")


def typeset(sentence: str) -> str:
    """Set a sentence: figures stay on the line of what they belong to."""
    return _TOGETHER.sub("\N{NO-BREAK SPACE}", sentence)


def _date(day: str) -> str:
    return typeset(written_date(day))


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
    made.globals["asset"] = asset
    made.filters.update(number=number, date=_date, typeset=typeset)
    return made


def page(template: str, config: Config, here: str, **values: Any) -> bytes:  # noqa: ANN401 - a template's values are of any type
    """Render a page; `here` is its own address on this instance, for the navigation."""
    return _environment().get_template(template).render(config=config, here=here, **values).encode()
