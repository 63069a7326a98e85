"""What a letter's page says, in words: sentences and rows, pure; the shell's templates set them.

A figure stands with its denominator, its source and its date, never alone, and only closed rounds are spoken of.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from undersigned.letters.rules import State
from undersigned.protocol.entry import Redacted
from undersigned.protocol.letter import LEAST_ROUND, Letter, Terms, Text, Workforce

_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_SMALL: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_GROUNDS: Final = {
    "court-order": "by order of a court",
    "law": "because a law demands it",
    "personal-data": "because it held personal data",
    "rights": "because it infringed somebody's rights",
}
#: Names of languages in themselves; others are shown by their tag.
_LANGUAGES: Final = {
    "ar": "العربية", "cs": "Čeština", "da": "Dansk", "de": "Deutsch", "el": "Ελληνικά", "en": "English",
    "es": "Español", "fi": "Suomi", "fr": "Français", "he": "עברית", "hi": "हिन्दी", "hu": "Magyar",
    "it": "Italiano", "ja": "日本語", "ko": "한국어", "nb": "Norsk bokmål", "nl": "Nederlands", "pl": "Polski",
    "pt": "Português", "ro": "Română", "ru": "Русский", "sv": "Svenska", "tr": "Türkçe", "uk": "Українська",
    "vi": "Tiếng Việt", "zh": "中文",
}  # fmt: skip
_RIGHT_TO_LEFT: Final = frozenset({"ar", "fa", "he", "ur"})


def number(value: int) -> str:
    """Write a figure: `1,030`."""
    return f"{value:,}"


def written_date(day: str) -> str:
    """Write a date: `3 December 2026`."""
    return f"{int(day[8:10])} {_MONTHS[int(day[5:7]) - 1]} {day[:4]}"


def written_tick(tick: str) -> str:
    """Write a full hour: `3 December 2026, 14:00 UTC`."""
    return f"{written_date(tick)}, {tick[11:16]} UTC"


def _spelled(value: int) -> str:
    return _SMALL[value] if value < len(_SMALL) else number(value)


def people(value: int) -> str:
    """Write a number of people."""
    return "1 person" if value == 1 else f"{number(value)} people"


def language_name(tag: str) -> str:
    """Name a language in itself."""
    return _LANGUAGES.get(tag.partition("-")[0], tag)


class Counted(Protocol):
    """What the closed rounds of an organisation add up to."""

    @property
    def signed(self) -> int:
        """Signatures ever published."""

    @property
    def withdrawn(self) -> int:
        """Signatures of these that were withdrawn."""

    @property
    def tick(self) -> str:
        """Tick of the last round."""


class Seen(Protocol):
    """What is published of a letter; `letters.service.View` is one."""

    @property
    def slug(self) -> str:
        """Short name."""

    @property
    def digest(self) -> str:
        """Digest of the document."""

    @property
    def state(self) -> State:
        """State."""

    @property
    def letter(self) -> Letter | None:
        """The letter, unless it was taken down."""

    @property
    def terms(self) -> Terms | None:
        """The terms that count now, unless they were taken down."""

    @property
    def opened(self) -> str | None:
        """Date of the first terms."""

    @property
    def counts(self) -> Mapping[str, Counted]:
        """Closed rounds, by organisation."""

    @property
    def redacted(self) -> Redacted | None:
        """Why the letter was taken down."""


@dataclass(frozen=True, slots=True)
class Row:
    """One organisation's line in the table of counts."""

    organisation: str
    standing: int
    withdrawn: int
    workforce: Workforce | None
    tick: str


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that the template of a letter's page sets, in one language."""

    view: Seen
    text: Text | None
    languages: Sequence[tuple[str, str, str]]
    direction: str
    paragraphs: Sequence[Sequence[str]]
    status: Sequence[str]
    count: str | None
    denominator: Sequence[str]
    withdrawn: str | None
    rows: Sequence[Row]
    taken_down: str | None
    last: bool

    @property
    def title(self) -> str:
        """The letter's title, or what is left of it."""
        return self.text.title if self.text else f"A letter that was taken down: {self.view.slug}"

    @property
    def signable(self) -> bool:
        """Whether somebody can sign it."""
        return self.view.letter is not None and self.view.state in {State.SEALED, State.OPEN}


def pages(view: Seen, *, last: bool) -> Sequence[Page]:
    """Return the letter's pages, one a language, the first one first; `last` when only one count is still to come."""
    texts: Sequence[Text | None] = view.letter.texts if view.letter else [None]
    return [_page(view, text, last=last) for text in texts]


def path(view: Seen, text: Text | None) -> str:
    """Return a page's address: the first language's has none in it."""
    first = text is None or view.letter is None or text == view.letter.texts[0]
    return f"/letters/{view.slug}/" if first or text is None else f"/letters/{view.slug}/{text.language}/"


def _page(view: Seen, text: Text | None, *, last: bool) -> Page:
    rows = _rows(view)
    others = view.letter.texts if view.letter else ()
    return Page(
        view=view,
        text=text,
        languages=[(each.language, language_name(each.language), path(view, each)) for each in others],
        direction="rtl" if text and text.language.partition("-")[0] in _RIGHT_TO_LEFT else "ltr",
        paragraphs=[part.split("\n") for part in text.body.split("\n\n") if part.strip()] if text else [],
        status=_status(view),
        count=_count(view, rows),
        denominator=_denominator(rows) if len(rows) == 1 else (),
        withdrawn=_withdrawn(rows),
        rows=rows,
        taken_down=_taken_down(view),
        last=last and view.state in {State.SEALED, State.OPEN},
    )


def _rows(view: Seen) -> Sequence[Row]:
    workforce = {each.organisation: each for each in view.terms.workforce} if view.terms else {}
    return [
        Row(name, count.signed - count.withdrawn, count.withdrawn, workforce.get(name), count.tick)
        for name, count in sorted(view.counts.items())
    ]


def _count(view: Seen, rows: Sequence[Row]) -> str | None:
    if not rows:
        return None
    total = sum(row.standing for row in rows)
    where = rows[0].organisation if len(rows) == 1 else f"{_spelled(len(rows))} organisations"
    who = f"{people(total)} who {'works' if total == 1 else 'work'} at {where}"
    if view.state == State.CLOSED:
        return f"{who} had signed when the letter closed on {written_date(max(row.tick for row in rows))}."
    return f"{who} had signed by {written_date(max(row.tick for row in rows))}."


def _denominator(rows: Sequence[Row]) -> Sequence[str]:
    return [
        f"At least {people(row.workforce.at_least)} work there "
        f"({row.workforce.source}; as of {written_date(row.workforce.as_of)})."
        for row in rows
        if row.workforce
    ]


def _withdrawn(rows: Sequence[Row]) -> str | None:
    total = sum(row.withdrawn for row in rows)
    if not total:
        return None
    if total == 1:
        return "1 more person had signed and has taken the signature back."
    return f"{number(total)} more people had signed and have taken their signatures back."


def _status(view: Seen) -> Sequence[str]:
    until = written_tick(view.terms.closes) if view.terms else None
    if view.state in {State.MISSED, State.CLOSED}:
        return [_ended(view, until)]
    said = []
    if view.state == State.SEALED:
        said.append(_sealed(view.letter.goal if view.letter else None))
        said += [f"If fewer have signed by {until}, nothing is published and all is erased."] if until else []
    elif not view.counts:
        first = f"The first count is published once at least {LEAST_ROUND} people of one organisation wait for it."
        said.append(f"Signatures are being collected. {first}")
    if view.letter is None:
        said.append("It can be signed no more. Whoever signed can still take the signature back.")
    elif until and view.state == State.OPEN:
        said.append(f"This letter can be signed until {until}.")
    return said


def _sealed(goal: int | None) -> str:
    enough = f"{number(goal)} people" if goal else "enough people"
    return f"Signatures are being collected. Nothing is shown until {enough} have signed, not even how many have."


def _ended(view: Seen, until: str | None) -> str:
    closed = f"This letter closed on {until}." if until else "This letter is closed."
    if view.state == State.CLOSED:
        return f"{closed} Nothing can be signed or withdrawn any more."
    goal = view.letter.goal if view.letter else None
    few = f"fewer than {number(goal)}" if goal else "too few"
    return f"{closed} By then {few} people had signed, so nothing was published, and the signatures were erased."


def _taken_down(view: Seen) -> str | None:
    if view.redacted is None:
        return None
    return f"The text of this letter was taken down {_GROUNDS[view.redacted.ground]}: {view.redacted.reason}"
