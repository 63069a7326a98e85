"""A language that nobody speaks, made from English and written from right to left: for tests of the pages' layout.

Each message becomes longer, in letters of the Arabic script, with its placeholders left alone. It is not one of
`LANGUAGES`, so no instance publishes it.
"""

import gettext
import re
from typing import Final

from babel import Locale

from undersigned.languages.words import Words

TAG: Final = "ar-XB"
_FROM: Final = "abcdefghijklmnopqrstuvwxyz"
_TO: Final = "ابجدهوزحطيكلمنسعفصقرشتثخذض"
_LETTERS: Final = str.maketrans(_FROM + _FROM.upper(), _TO + _TO)
_PLACEHOLDER: Final = re.compile(r"(\{[a-z_]+\})")
_LONGER: Final = " ـــ"


class _Mirrored(gettext.NullTranslations):
    def gettext(self, message: str) -> str:
        parts = _PLACEHOLDER.split(message)
        turned = "".join(part if _PLACEHOLDER.fullmatch(part) else part.translate(_LETTERS) for part in parts)
        return turned + _LONGER * (len(message) // 24)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


def pseudo() -> Words:
    """Return the language."""
    return Words(TAG, Locale.parse("ar"), _Mirrored(), "rtl")
