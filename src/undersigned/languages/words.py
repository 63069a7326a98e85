"""`Words`: everything that a page needs to speak one language."""

import gettext as gettext_module
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent

from undersigned.languages.catalogue import translations

#: The languages of the pages' own words, the first one at the shortest address.
LANGUAGES: Final = ("en", "de", "es", "fr")
#: British conventions in English: day before month.
_LOCALES: Final = {"en": "en_GB"}
_RIGHT_TO_LEFT: Final = frozenset({"ar", "dv", "fa", "he", "ps", "sd", "ur", "yi"})
_DAY: Final = slice(0, 10)
_SPACE: Final = "\N{NO-BREAK SPACE}"
#: A number does not part from what it counts at the end of a line, nor a day from its month.
_COUNTED: Final = re.compile(
    r"(?<=[0-9])(?<![0-9]{4}) (?=[^\W\d_])|(?<=\b[0-9]\.) (?=[A-Z])|(?<=\b[0-9]{2}\.) (?=[A-Z])"
)


@dataclass(frozen=True, slots=True)
class Words:
    """One language: its tag, the conventions by which it writes numbers and dates, its messages.

    Messages carry placeholders by name, `{people}`, and never markup.
    """

    language: str
    locale: Locale
    messages: gettext_module.NullTranslations
    direction: str = "ltr"

    def gettext(self, message: str, **values: object) -> str:
        """Return a message with its placeholders filled."""
        return self.messages.gettext(message).format(**values)

    def ngettext(self, one: str, many: str, count: int, **values: object) -> str:
        """Return the form of a message for `count`, which fills `{count}` as this language writes numbers."""
        return self.messages.ngettext(one, many, count).format(count=self.number(count), **values)

    def number(self, value: int) -> str:
        """Write a figure: `1,030`."""
        return format_decimal(value, locale=self.locale)

    def percent(self, thousandths: int) -> str:
        """Write a share: 49 thousandths as `4.9%`."""
        return format_percent(Decimal(thousandths) / 1000, locale=self.locale, decimal_quantization=False)

    def date(self, day: str) -> str:
        """Write a date: `3 December 2026`."""
        written = format_date(date.fromisoformat(day[_DAY]), "long", locale=self.locale)
        return re.sub(r"^1\b", "1er", written) if self.locale.language == "fr" else written

    def tick(self, tick: str) -> str:
        """Write a full hour: `3 December 2026, 14:00 UTC`."""
        return self.gettext("{date}, {hour} UTC", date=self.date(tick), hour=tick[11:16])

    def spelled(self, value: int) -> str:
        """Write a number from two to ten as a word, any other one in figures."""
        names = dict(
            enumerate(
                (
                    *(self.gettext("two"), self.gettext("three"), self.gettext("four"), self.gettext("five")),
                    *(self.gettext("six"), self.gettext("seven"), self.gettext("eight"), self.gettext("nine")),
                    self.gettext("ten"),
                ),
                start=2,
            )
        )
        return names.get(value) or self.number(value)

    def either(self, names: Sequence[str]) -> str:
        """Write a choice: `one, two or three`."""
        return format_list(list(names), style="or", locale=self.locale)

    def typeset(self, sentence: str) -> str:
        """Set a sentence: figures stay on the line of what they belong to."""
        return _COUNTED.sub(_SPACE, sentence)


@cache
def words(language: str) -> Words:
    """Return one of `LANGUAGES`."""
    locale = Locale.parse(_LOCALES.get(language, language))
    return Words(language, locale, translations(language), direction_of(language))


def every() -> list[Words]:
    """Return all languages that pages speak."""
    return [words(each) for each in LANGUAGES]


def direction_of(tag: str) -> str:
    """Return `rtl` or `ltr`, for a language's tag."""
    return "rtl" if tag.partition("-")[0] in _RIGHT_TO_LEFT else "ltr"


def name_of(tag: str) -> str:
    """Name a language in itself; one that nobody here has heard of is shown by its tag."""
    try:
        name = Locale.parse(tag, sep="-").get_display_name()
    except (UnknownLocaleError, ValueError):
        return tag
    return name[:1].upper() + name[1:] if name else tag
