"""What a letter's page says, in words: sentences and rows, pure; the shell's templates set them.

A figure stands with its denominator, its source and its date, never alone, and only closed rounds are spoken of.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from undersigned.drawing.ring import SINGLE
from undersigned.languages.words import LANGUAGES, Words, direction_of, name_of
from undersigned.letters.rules import State
from undersigned.protocol.entry import NamesShown, Redacted, Supporters
from undersigned.protocol.letter import LEAST_ROUND, Letter, Terms, Text, Workforce
from undersigned.protocol.names import NameList, ShownName


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


class Tallied(Counted, Protocol):
    """The same, with how many of the standing signatures are of members who were vouched for."""

    @property
    def vouched(self) -> int:
        """Standing signatures of members who were vouched for."""


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
    def counts(self) -> Mapping[str, Tallied]:
        """Closed rounds, by organisation."""

    @property
    def redacted(self) -> Redacted | None:
        """Why the letter was taken down."""

    @property
    def supporters(self) -> Supporters | None:
        """What the registry says last of people elsewhere."""

    @property
    def names(self) -> NamesShown | None:
        """What the registry binds last of shown names."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What is known of others who stand by a letter: what is offered here, and the list that the registry binds."""

    supporting: bool = False
    showing: bool = False
    names: NameList | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One organisation's line in the table of counts."""

    organisation: str
    standing: int
    withdrawn: int
    workforce: Workforce | None
    tick: str
    vouched: int = 0


@dataclass(frozen=True, slots=True)
class Figure:
    """What the ring of a letter is called: its name, what it shows, and the sentence under it."""

    count: int
    title: str
    description: str
    note: str


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that the template of a letter's page sets: the letter in one language, in pages of one language.

    The two are the same where the letter has a text in the language of the pages. `languages` are the tag, the name
    and the address of each edition, this one too.
    """

    view: Seen
    words: Words
    text: Text | None
    path: str
    languages: Sequence[tuple[str, str, str]]
    direction: str
    paragraphs: Sequence[Sequence[str]]
    status: Sequence[str]
    count: str | None
    denominator: Sequence[str]
    share: str | None
    withdrawn: str | None
    vouched: str | None
    rows: Sequence[Row]
    figure: Figure | None
    taken_down: str | None
    last: bool
    beside: Beside
    supporters: str | None
    names: Sequence[ShownName]

    @property
    def title(self) -> str:
        """The letter's title, or what is left of it."""
        if self.text:
            return self.text.title
        return self.words.gettext("A letter that was taken down: {name}", name=self.view.slug)

    @property
    def signable(self) -> bool:
        """Whether somebody can sign it."""
        return self.view.letter is not None and self.view.state in {State.SEALED, State.OPEN}

    @property
    def supportable(self) -> bool:
        """Whether somebody elsewhere can stand by it."""
        return self.signable and self.beside.supporting

    @property
    def nameable(self) -> bool:
        """Whether somebody can have their name shown under it."""
        return self.signable and self.beside.showing

    @property
    def data(self) -> str:
        """Where what is the same in all languages lies."""
        return f"/letters/{self.view.slug}/"

    @property
    def dates(self) -> bool:
        """Whether its dates are public, so that a calendar can have them."""
        return self.view.terms is not None and self.view.opened is not None

    @property
    def as_of(self) -> str | None:
        """Tick of the last round that is counted."""
        return max((row.tick for row in self.rows), default=None)

    @property
    def summary(self) -> str:
        """One sentence: the count, or why there is none."""
        return self.count or self.status[0]


# ── editions ──


def pages(view: Seen, every: Sequence[Words], *, last: bool, beside: Beside = Beside()) -> Sequence[Page]:
    """Return the letter's pages, one a language, the first one first; `last` when only one count is still to come."""
    texts = view.letter.texts if view.letter else ()
    shown = [(words, _text(texts, words.language)) for words in every]
    seen = {text.language for _, text in shown if text}
    by_language = {words.language: words for words in every}
    shown += [(by_language.get(_base(text.language), every[0]), text) for text in texts if text.language not in seen]
    editions = [(*pair, path(view, *pair)) for pair in shown]
    languages = [
        (tag, name_of(tag), address)
        for words, text, address in editions
        for tag in [text.language if text and text.language not in seen else words.language]
    ]
    return [_page(view, words, text, address, languages, beside, last=last) for words, text, address in editions]


def _base(tag: str) -> str:
    return tag.partition("-")[0]


def _text(texts: Sequence[Text], language: str) -> Text | None:
    """Return the text that a reader of a language is shown: the original, where there is none in it."""
    for text in texts:
        if text.language == language:
            return text
    for text in texts:
        if _base(text.language) == language:
            return text
    return texts[0] if texts else None


def prefix(words: Words) -> str:
    """Return the beginning of the addresses of pages in a language."""
    return "" if words.language == LANGUAGES[0] else f"/{words.language}"


def path(view: Seen, words: Words, text: Text | None) -> str:
    """Return a page's address. A text that no reader of `words` is shown otherwise has its language at the end."""
    address = f"{prefix(words)}/letters/{view.slug}/"
    usual = text is None or view.letter is None or text == _text(view.letter.texts, words.language)
    return address if usual or text is None else f"{address}{text.language}/"


def _page(
    view: Seen,
    words: Words,
    text: Text | None,
    address: str,
    languages: Sequence[tuple[str, str, str]],
    beside: Beside,
    *,
    last: bool,
) -> Page:
    rows = _rows(view)
    return Page(
        view=view,
        words=words,
        text=text,
        path=address,
        languages=languages,
        direction=direction_of(text.language) if text else words.direction,
        paragraphs=[part.split("\n") for part in text.body.split("\n\n") if part.strip()] if text else [],
        status=_status(view, words),
        count=counted(rows, words, closed=view.state == State.CLOSED),
        denominator=_denominator(rows, words) if len(rows) == 1 else (),
        share=_share(rows[0], words) if len(rows) == 1 else None,
        withdrawn=_withdrawn(rows, words),
        vouched=_vouched(rows, words),
        rows=rows,
        figure=_figure(rows, words),
        taken_down=_taken_down(view, words),
        last=last and view.state in {State.SEALED, State.OPEN},
        beside=beside,
        supporters=supported(view, words, offered=beside.supporting),
        names=sorted(beside.names.names, key=_alphabetical) if beside.names else (),
    )


# ── figures ──


def _rows(view: Seen) -> Sequence[Row]:
    rows = rows_of(view.counts, view.terms)
    return [replace(row, vouched=view.counts[row.organisation].vouched) for row in rows]


def rows_of(counts: Mapping[str, Counted], terms: Terms | None) -> Sequence[Row]:
    """Return a line for each organisation of which there was a count, with the workforce that the terms name."""
    workforce = {each.organisation: each for each in terms.workforce} if terms else {}
    return [
        Row(name, count.signed - count.withdrawn, count.withdrawn, workforce.get(name), count.tick)
        for name, count in sorted(counts.items())
    ]


def counted(rows: Sequence[Row], words: Words, *, closed: bool) -> str | None:
    """Return the sentence of the count, with its date; None before the first one."""
    if not rows:
        return None
    total = sum(row.standing for row in rows)
    number = words.spelled(len(rows))
    where = rows[0].organisation if len(rows) == 1 else words.gettext("{number} organisations", number=number)
    by = words.date(max(row.tick for row in rows))
    if closed:
        return words.ngettext(
            "{count} person who works at {where} had signed when the letter closed on {date}.",
            "{count} people who work at {where} had signed when the letter closed on {date}.",
            total,
            where=where,
            date=by,
        )
    return words.ngettext(
        "{count} person who works at {where} had signed by {date}.",
        "{count} people who work at {where} had signed by {date}.",
        total,
        where=where,
        date=by,
    )


def _denominator(rows: Sequence[Row], words: Words) -> Sequence[str]:
    return [
        words.gettext(
            "At least {people} people work there ({source}; as of {date}).",
            people=words.number(row.workforce.at_least),
            source=row.workforce.source,
            date=words.date(row.workforce.as_of),
        )
        for row in rows
        if row.workforce
    ]


def _share(row: Row, words: Words) -> str | None:
    """Return the share of the workforce, which is a bound as its denominator is: rounded up to a tenth of a percent."""
    if row.workforce is None:
        return None
    thousandths = -(-1000 * row.standing // row.workforce.at_least)
    return words.gettext("At most {share} of the people who work there.", share=words.percent(min(thousandths, 1000)))


def _withdrawn(rows: Sequence[Row], words: Words) -> str | None:
    total = sum(row.withdrawn for row in rows)
    if not total:
        return None
    return words.ngettext(
        "{count} more person had signed and has taken the signature back.",
        "{count} more people had signed and have taken their signatures back.",
        total,
    )


def _vouched(rows: Sequence[Row], words: Words) -> str | None:
    total = sum(row.vouched for row in rows)
    if not total:
        return None
    return words.ngettext(
        "{count} of them was vouched for by two members.",
        "{count} of them were vouched for by two members each.",
        total,
    )


def _figure(rows: Sequence[Row], words: Words) -> Figure | None:
    total = sum(row.standing for row in rows)
    if not total:
        return None
    if total <= SINGLE:
        title = words.ngettext(
            "A ring of {count} line, for one signature", "A ring of {count} lines, one for each signature", total
        )
        each = words.gettext("Each line here is one signature.")
    else:
        number = words.number(total)
        title = words.gettext("A ring of lines that stand for {number} signatures", number=number)
        each = words.gettext("The lines here stand for {number} signatures, side by side.", number=number)
    sailors = words.gettext("Sailors signed in a circle so that nobody came first.")
    nobody = words.gettext(
        "Where a line stands and how long it is follows from its mark in the public log, and says nothing about "
        "a person."
    )
    return Figure(
        count=total,
        title=title,
        description=words.gettext(
            "The lines stand around the letter’s title. Each is drawn from a mark in the public log, so everyone who "
            "draws the ring again gets the same one."
        ),
        note=f"{sailors} {each} {nobody}",
    )


# ── others who stand by it ──


def supported(view: Seen, words: Words, *, offered: bool) -> str | None:
    """Return the sentence of people elsewhere, with its date; never a number below ten."""
    said = view.supporters
    if said is None:
        if offered and view.state == State.OPEN:
            return words.gettext("Fewer than ten people elsewhere have confirmed an e-mail address so far.")
        return None
    date = words.date(said.tick)
    if not said.at_least:
        return words.gettext("Fewer than ten people elsewhere had confirmed an e-mail address by {date}.", date=date)
    return words.gettext(
        "And at least {people} people elsewhere had confirmed an e-mail address by {date}.",
        people=words.number(said.at_least),
        date=date,
    )


def _alphabetical(shown: ShownName) -> tuple[str, str, bytes]:
    """Order names as a person looks for them: case and marks on letters count only between equal ones."""
    bare = unicodedata.normalize("NFKD", shown.name)
    return "".join(each for each in bare if not unicodedata.combining(each)).casefold(), shown.name, shown.salt


# ── states ──


def _status(view: Seen, words: Words) -> Sequence[str]:
    until = words.tick(view.terms.closes) if view.terms else None
    if view.state in {State.MISSED, State.CLOSED}:
        return [_ended(view, words, until)]
    _ = words.gettext
    said = []
    if view.letter is None:
        said.append(_("It can be signed no more. Whoever signed can still take the signature back."))
    elif view.letter.goal is not None and view.state == State.SEALED:
        said.append(_sealed(view.letter.goal, words))
    elif not view.counts:
        said.append(
            _(
                "Signatures are being collected. The first count is published once at least {least} people of one "
                "organisation wait for it.",
                least=LEAST_ROUND,
            )
        )
    if until and view.state == State.SEALED:
        said.append(_("If fewer have signed by {until}, nothing is published and all is erased.", until=until))
    elif until and view.letter is not None:
        said.append(_("This letter can be signed until {until}.", until=until))
    return said


def _sealed(goal: int, words: Words) -> str:
    return words.gettext(
        "Signatures are being collected. Nothing is shown until {people} people have signed, not even how many have.",
        people=words.number(goal),
    )


def _ended(view: Seen, words: Words, until: str | None) -> str:
    _ = words.gettext
    closed = _("This letter closed on {until}.", until=until) if until else _("This letter is closed.")
    if view.state == State.CLOSED:
        final = _("Nothing can be signed or withdrawn any more.")
        return f"{closed} {final}"
    goal = view.letter.goal if view.letter else None
    if goal is None:
        few = _("By then too few people had signed, so nothing was published, and the signatures were erased.")
    else:
        few = _(
            "By then fewer than {people} people had signed, so nothing was published, and the signatures were erased.",
            people=words.number(goal),
        )
    return f"{closed} {few}"


_GROUNDS: Final = ("court-order", "law", "personal-data", "rights")


def _taken_down(view: Seen, words: Words) -> str | None:
    if view.redacted is None:
        return None
    reason = view.redacted.reason
    said = (
        words.gettext("The text of this letter was taken down by order of a court: {reason}", reason=reason),
        words.gettext("The text of this letter was taken down because a law demands it: {reason}", reason=reason),
        words.gettext("The text of this letter was taken down because it held personal data: {reason}", reason=reason),
        words.gettext(
            "The text of this letter was taken down because it infringed somebody’s rights: {reason}", reason=reason
        ),
    )
    return dict(zip(_GROUNDS, said, strict=True))[view.redacted.ground]
