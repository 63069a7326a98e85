"""Letter documents, which never change, and terms, which are dated (`docs/protocol.md`, section 4).

JSON Schemas of both are published under `schema/`; the parser here is stricter than they can say.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Final

from undersigned import PROFILE
from undersigned.errors import Malformed
from undersigned.protocol.context import context_id
from undersigned.tlog.note import VerifierKey
from undersigned.values import (
    canonical,
    code_word,
    day,
    digest,
    domain,
    epoch,
    fields,
    integer,
    language,
    parse_canonical,
    sha256_hex,
    slug,
    text,
    tick,
)

#: Octets of the longest letter document: all its languages together.
MAX_DOCUMENT: Final = 1 << 20
MAX_ORGANISATIONS: Final = 200
MAX_LANGUAGES: Final = 40
MAX_DEMANDS: Final = 40
MAX_BODY: Final = 40_000
#: Fewer people than this, or an unknown number, and an organisation is refused: too few to hide among.
LEAST_WORKFORCE: Final = 40
LEAST_ROUND: Final = 10


def _list(value: object, least: int, most: int, what: str) -> list[Any]:
    if not isinstance(value, list) or not least <= len(value) <= most:
        raise Malformed("bad-list", f"{what}: a list of {least} to {most} is expected.")
    return value


def _filled(value: object, limit: int, what: str) -> str:
    checked = text(value, limit=limit, what=what)
    if not checked.strip() or checked != checked.strip():
        raise Malformed("bad-text", f"{what} is empty or has space around it.")
    return checked


def _ascending(names: list[str], what: str) -> None:
    if any(a >= b for a, b in pairwise(names)):
        raise Malformed("bad-order", f"{what} are not in alphabetical order, each once.")


@dataclass(frozen=True, slots=True)
class Text:
    """The letter in one language; demands are in the same order in every language."""

    language: str
    title: str
    body: str
    demands: tuple[str, ...]

    def record(self) -> dict[str, Any]:
        """Return the JSON value."""
        return {"body": self.body, "demands": list(self.demands), "language": self.language, "title": self.title}

    @classmethod
    def parse(cls, value: object) -> "Text":
        """Read what `record` wrote.

        Raises: `Malformed`.
        """
        got = fields(value, ("body", "demands", "language", "title"), "A text of the letter")
        return cls(
            language=language(got["language"]),
            title=_filled(got["title"], 200, "The title"),
            body=_filled(got["body"], MAX_BODY, "The letter's text"),
            demands=tuple(_filled(d, 1000, "A demand") for d in _list(got["demands"], 0, MAX_DEMANDS, "The demands")),
        )


@dataclass(frozen=True, slots=True)
class Organisation:
    """Whose members are asked, and which issuers must all vouch for each of them, in this order."""

    organisation: str
    issuers: tuple[str, ...]

    def record(self) -> dict[str, Any]:
        """Return the JSON value."""
        return {"issuers": list(self.issuers), "organisation": self.organisation}

    @classmethod
    def parse(cls, value: object) -> "Organisation":
        """Read what `record` wrote.

        Raises: `Malformed`.
        """
        got = fields(value, ("issuers", "organisation"), "An organisation of the letter")
        issuers = tuple(domain(name) for name in _list(got["issuers"], 1, 4, "The issuers"))
        if len(set(issuers)) != len(issuers):
            raise Malformed("bad-issuers", "An issuer is named twice.")
        return cls(domain(got["organisation"]), issuers)


@dataclass(frozen=True, slots=True)
class Recounter:
    """A body that recounts what is held back before a release; `key` is a verifier key of signed notes."""

    name: str
    key: str

    def record(self) -> dict[str, Any]:
        """Return the JSON value."""
        return {"key": self.key, "name": self.name}

    @classmethod
    def parse(cls, value: object) -> "Recounter":
        """Read what `record` wrote.

        Raises: `Malformed`.
        """
        got = fields(value, ("key", "name"), "A recounter")
        key = VerifierKey.parse(text(got["key"], limit=400, what="A recounter's key"))
        return cls(_filled(got["name"], 200, "A recounter's name"), key.encode())


def _optional(check: Callable[[object], Any], value: object) -> Any:  # noqa: ANN401 - whatever the check gives
    return None if value is None else check(value)


def _goal(value: object) -> int:
    return integer(value, least=LEAST_ROUND, most=10**9, what="The goal")


@dataclass(frozen=True)
class Letter:
    """A letter document: what a signature is a signature of."""

    slug: str
    addressee: str
    epoch: str
    goal: int | None
    organisations: tuple[Organisation, ...]
    texts: tuple[Text, ...]
    taxonomy: str
    recounters: tuple[Recounter, ...] = ()
    continues: str | None = None

    def record(self) -> dict[str, Any]:
        """Return the document as a JSON value."""
        return {
            "addressee": self.addressee,
            "continues": self.continues,
            "epoch": self.epoch,
            "goal": self.goal,
            "organisations": [each.record() for each in self.organisations],
            "profile": PROFILE,
            "recounters": [each.record() for each in self.recounters],
            "slug": self.slug,
            "taxonomy": self.taxonomy,
            "texts": [each.record() for each in self.texts],
        }

    @cached_property
    def encoded(self) -> bytes:
        """Canonical octets."""
        return canonical(self.record())

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical octets, in hex."""
        return sha256_hex(self.encoded)

    @property
    def context(self) -> str:
        """The context in which the letter is signed."""
        return context_id("letter", self.digest)

    @classmethod
    def parse(cls, data: bytes) -> "Letter":
        """Read the canonical octets of a letter document.

        Raises: `Malformed`.
        """
        names = (*cls.__dataclass_fields__, "profile")
        got = fields(parse_canonical(data, limit=MAX_DOCUMENT), names, "The letter")
        if got["profile"] != PROFILE:
            raise Malformed("unknown-profile", f"The letter is not of profile {PROFILE}.")
        organisations = [
            Organisation.parse(each) for each in _list(got["organisations"], 1, MAX_ORGANISATIONS, "The organisations")
        ]
        texts = [Text.parse(each) for each in _list(got["texts"], 1, MAX_LANGUAGES, "The texts")]
        recounters = [Recounter.parse(each) for each in _list(got["recounters"], 0, 20, "The recounters")]
        _ascending([each.organisation for each in organisations], "The organisations")
        _ascending([each.name for each in recounters], "The recounters")
        if len({each.language for each in texts}) != len(texts) or len({len(each.demands) for each in texts}) != 1:
            raise Malformed("bad-texts", "A language stands twice, or the languages differ in the number of demands.")
        return cls(
            slug=slug(got["slug"]),
            addressee=_filled(got["addressee"], 200, "The addressee"),
            epoch=epoch(got["epoch"]),
            goal=_optional(_goal, got["goal"]),
            organisations=tuple(organisations),
            texts=tuple(texts),
            taxonomy=code_word(got["taxonomy"]),
            recounters=tuple(recounters),
            continues=_optional(digest, got["continues"]),
        )


@dataclass(frozen=True, slots=True)
class Workforce:
    """A lower bound of how many people work at an organisation, with its date and source."""

    organisation: str
    at_least: int
    as_of: str
    source: str

    def record(self) -> dict[str, Any]:
        """Return the JSON value."""
        return {
            "as_of": self.as_of,
            "at_least": self.at_least,
            "organisation": self.organisation,
            "source": self.source,
        }

    @classmethod
    def parse(cls, value: object) -> "Workforce":
        """Read what `record` wrote.

        Raises: `Malformed`.
        """
        got = fields(value, ("as_of", "at_least", "organisation", "source"), "A workforce figure")
        return cls(
            organisation=domain(got["organisation"]),
            at_least=integer(got["at_least"], least=1, most=10**9, what="The workforce"),
            as_of=day(got["as_of"]),
            source=_filled(got["source"], 500, "The source of the workforce figure"),
        )


@dataclass(frozen=True, slots=True)
class Erratum:
    """A dated correction that stands above what it corrects."""

    dated: str
    text: str

    def record(self) -> dict[str, Any]:
        """Return the JSON value."""
        return {"dated": self.dated, "text": self.text}

    @classmethod
    def parse(cls, value: object) -> "Erratum":
        """Read what `record` wrote.

        Raises: `Malformed`.
        """
        got = fields(value, ("dated", "text"), "An erratum")
        return cls(day(got["dated"]), _filled(got["text"], 2000, "The erratum"))


@dataclass(frozen=True)
class Terms:
    """What may change about a letter, in numbered and dated versions: logged, never signed.

    `closes` is a full hour in UTC and moves later only; errata are only added.
    """

    letter: str
    number: int
    dated: str
    closes: str
    workforce: tuple[Workforce, ...]
    errata: tuple[Erratum, ...] = ()

    def record(self) -> dict[str, Any]:
        """Return the JSON value."""
        return {
            "closes": self.closes,
            "dated": self.dated,
            "errata": [each.record() for each in self.errata],
            "letter": self.letter,
            "number": self.number,
            "profile": PROFILE,
            "workforce": [each.record() for each in self.workforce],
        }

    @cached_property
    def encoded(self) -> bytes:
        """Canonical octets."""
        return canonical(self.record())

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical octets, in hex."""
        return sha256_hex(self.encoded)

    @classmethod
    def parse(cls, data: bytes) -> "Terms":
        """Read canonical octets.

        Raises: `Malformed`.
        """
        names = (*cls.__dataclass_fields__, "profile")
        got = fields(parse_canonical(data, limit=MAX_DOCUMENT), names, "The terms")
        if got["profile"] != PROFILE:
            raise Malformed("unknown-profile", f"The terms are not of profile {PROFILE}.")
        workforce = [
            Workforce.parse(each) for each in _list(got["workforce"], 0, MAX_ORGANISATIONS, "The workforce figures")
        ]
        _ascending([each.organisation for each in workforce], "The workforce figures")
        return cls(
            letter=digest(got["letter"]),
            number=integer(got["number"], least=1, most=10_000, what="The number of the terms"),
            dated=day(got["dated"]),
            closes=tick(got["closes"]),
            workforce=tuple(workforce),
            errata=tuple(Erratum.parse(each) for each in _list(got["errata"], 0, 200, "The errata")),
        )

    def follows(self, earlier: "Terms") -> None:
        """Check that these terms may replace `earlier`.

        Raises: `Malformed` naming what may not change.
        """
        if self.letter != earlier.letter or self.number != earlier.number + 1:
            raise Malformed("terms-order", "Terms are numbered one by one, each letter for itself.")
        self.keeps(earlier)

    def keeps(self, earlier: "Terms") -> None:
        """Check what holds between any two terms of a letter, also where those in between were taken down.

        Raises: `Malformed` naming what may not change.
        """
        if self.closes < earlier.closes or self.dated < earlier.dated:
            raise Malformed("terms-earlier", "Closing can only be moved later, and dates do not run backwards.")
        if self.errata[: len(earlier.errata)] != earlier.errata:
            raise Malformed("terms-errata", "Errata stay as they are; new ones are added at the end.")
