"""Catalogues: everything is translated, placeholders agree, and what pages say is what was extracted."""

import gettext
import re
import string
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from fontTools.ttLib import TTFont

from support import instances
from support.instances import BEGIN, HERE, THERE, URL, config, fresh, letter, opened
from support.paths import ROOT
from undersigned.config import FILE, Config
from undersigned.languages import catalogue
from undersigned.languages.catalogue import read
from undersigned.languages.pseudo import pseudo
from undersigned.languages.words import LANGUAGES, Words, direction_of, every, name_of, words
from undersigned.letters import pages
from undersigned.web.publish import FIXED
from undersigned.web.render import asset, page

OTHERS = LANGUAGES[1:]


def texts(one_or_more: object) -> list[str]:
    return [str(each or "") for each in (one_or_more if isinstance(one_or_more, tuple | list) else [one_or_more])]


def messages(language: str) -> Iterator[tuple[list[str], list[str], Message]]:
    """Each message's texts in English and in the language."""
    for each in read(language):
        if each.id:
            yield texts(each.id), texts(each.string), each


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", OTHERS)
def test_everything_is_translated(language: str) -> None:
    untold = [given[0] for given, said, _ in messages(language) if not all(said)]
    assert untold == []


@pytest.mark.parametrize("language", OTHERS)
def test_placeholders_agree(language: str) -> None:
    for given, said, message in messages(language):
        wanted = set().union(*map(placeholders, given))
        for text in said:
            assert not text or placeholders(text) == wanted, message.id
        for order in (re.findall(r"\{[a-z]+\}", text) for text in (*given, *said)):
            for at, name in enumerate(order):
                assert name != "{z}" or order[at - 1] in {"{a}", "{b}", "{c}"}, message.id


@pytest.mark.parametrize("language", OTHERS)
def test_words_are_plain(language: str) -> None:
    """No markup, no shouting, one kind of space and quotation mark, and the same end of the sentence."""
    for given, said, message in messages(language):
        for text in said:
            assert not re.search(r"[<>!]|  |&[a-z]+;", text), message.id
            assert text == text.strip(), message.id
            assert not text or text[-1] in ".:?}" or given[0][-1] not in ".:?", message.id
            if language == "fr":
                assert not re.search(r" [:;?»]|« |'", text), message.id
            if language == "de":
                assert not re.search(r"\b[Dd](?:u|ein|eine|einen|ir|ich)\b", text), message.id


def test_the_same_messages_are_in_every_catalogue_and_in_the_template() -> None:
    catalogues = [{tuple(given) for given, _, _ in messages(language)} for language in OTHERS]
    with (catalogue.FOLDER / "undersigned.pot").open("rb") as file:
        wanted = {
            tuple(each.id) if isinstance(each.id, tuple | list) else (each.id,) for each in read_po(file) if each.id
        }
    assert all(each == wanted for each in catalogues)
    assert len(wanted) > 150


def test_the_template_is_what_the_sources_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    catalogues = import_module("catalogues")
    found = {text if isinstance(text, str) else tuple(text) for _, text, _ in catalogues.found()}
    known = {each.id if isinstance(each.id, str) else tuple(each.id) for each in catalogues.template() if each.id}
    with catalogues.POT.open("rb") as file:
        kept = {each.id if isinstance(each.id, str) else tuple(each.id) for each in read_po(file) if each.id}
    assert found <= known
    assert known == kept, "run tools/catalogues.py update"
    sys.modules.pop("catalogues")


class Listening(gettext.NullTranslations):
    """A language without any words, which notes what it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def gettext(self, message: str) -> str:
        self.asked.add(message)
        return message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        self.asked.add(msgid1)
        return super().ngettext(msgid1, msgid2, n)


def test_pages_ask_for_nothing_that_was_not_extracted(tmp_path: Path) -> None:
    """A sentence that is put together where it is used would stay English for ever."""
    made = fresh(tmp_path / "instance")
    opened(made, letter(organisations=(HERE, THERE)))
    opened(made, letter("sealed", goal=500))
    listening = Listening()
    speaker = Words("en", words("en").locale, listening)
    shown = [pages.pages(view, [speaker], last=True)[0] for view in made.letters.views()]
    for each in shown:
        page("letter.html", made.config, speaker, "", address=each.path, alternates=each.languages, page=each)
    for here, template in FIXED.items():
        drawn = {"single": 1, "sectors": 2}
        page(template, made.config, speaker, here, alternates=[("en", "English", here)], letters=shown, ring=drawn)
    instances.close()
    known = {given[0] for given, _, _ in messages("de")}
    assert listening.asked <= known
    assert len(listening.asked) > 100


# ── numbers, dates, names ──


def test_each_language_writes_numbers_and_dates_as_it_does() -> None:
    said = {each.language: (each.number(21_400), each.date("2026-12-01"), each.percent(49)) for each in every()}
    assert said == {
        "en": ("21,400", "1 December 2026", "4.9%"),
        "de": ("21.400", "1. Dezember 2026", "4,9\N{NO-BREAK SPACE}%"),
        "es": ("21.400", "1 de diciembre de 2026", "4,9\N{NO-BREAK SPACE}%"),
        "fr": ("21\N{NARROW NO-BREAK SPACE}400", "1er décembre 2026", "4,9\N{NO-BREAK SPACE}%"),
    }


@pytest.mark.parametrize(
    ("language", "one", "many"),
    [
        ("de", "1 Person, die bei x arbeitet, hatte", "2 Menschen, die bei x arbeiten, hatten"),
        ("es", "1 persona que trabaja en x había", "2 personas que trabajan en x habían"),
        ("fr", "1 personne qui travaille à x avait", "2 personnes qui travaillent à x avaient"),
    ],
)
def test_one_person_is_one_person_everywhere(language: str, one: str, many: str) -> None:
    given = (
        "{count} person who works at {where} had signed by {date}.",
        "{count} people who work at {where} had signed by {date}.",
    )
    for number, start in ((1, one), (2, many)):
        assert words(language).ngettext(*given, number, where="x", date="d").startswith(start)


def test_small_numbers_are_words_and_choices_are_lists() -> None:
    assert [each.spelled(2) for each in every()] == ["two", "zwei", "dos", "deux"]
    assert (words("en").spelled(10), words("en").spelled(11), words("en").spelled(1)) == ("ten", "11", "1")
    assert words("de").either(["a", "b", "c"]) == "a, b oder c"


def test_languages_are_named_in_themselves() -> None:
    assert [name_of(tag) for tag in ("en", "de", "es", "fr", "zh", "xx")] == [
        "English", "Deutsch", "Español", "Français", "中文", "xx",
    ]  # fmt: skip
    assert (direction_of("ar-EG"), direction_of("de-AT")) == ("rtl", "ltr")


# ── from right to left ──


def test_the_pseudo_locale_is_not_published() -> None:
    assert pseudo().language not in LANGUAGES
    assert pseudo().direction == "rtl"


def test_the_pseudo_locale_keeps_placeholders_and_grows() -> None:
    said = pseudo().gettext("This letter can be signed until {until}. {a}More{z}", until="X", a="<", z=">")
    assert "X" in said
    assert "<" in said
    assert not re.search("[a-z]", said)
    assert pseudo().ngettext("{count} line", "{count} lines", 3).startswith("3")


def test_a_page_from_right_to_left_marks_what_is_not(tmp_path: Path) -> None:
    made = fresh(tmp_path / "instance")
    opened(made, letter())
    shown = pages.pages(made.letters.views()[0], [pseudo()], last=True)[0]
    text = page("letter.html", made.config, pseudo(), "", address=shown.path, alternates=shown.languages, page=shown)
    instances.close()
    assert b'<html lang="ar-XB" dir="rtl">' in text
    assert b'<div class="text" lang="en" dir="ltr">' in text


def test_the_style_sheet_names_no_side() -> None:
    """Left and right are written as start and end, so that it works either way."""
    css = asset("letter.css").data.decode()
    assert not re.search(
        r"(?:margin|padding|border|inset)-(?:left|right)|\b(?:left|right)\s*:|text-align: (?:left|right)", css
    )


# ── an onion address ──


def keep(folder: Path, settings: Config) -> None:
    (folder / FILE).write_bytes(settings.encoded())


def test_settings_without_an_onion_address_are_read_as_before(tmp_path: Path) -> None:
    before = config(tmp_path)
    keep(tmp_path, before)
    assert "onion" not in (tmp_path / "instance.toml").read_text()
    assert type(before).read(tmp_path) == before
    named = replace(before, onion=f"http://{'a' * 56}.onion")
    keep(tmp_path, named)
    assert type(before).read(tmp_path) == named


@pytest.mark.parametrize(
    "bad", ["https://" + "a" * 56 + ".onion", "http://short.onion", "http://" + "a" * 56 + ".onion/"]
)
def test_an_onion_address_is_exact(tmp_path: Path, bad: str) -> None:
    keep(tmp_path, replace(config(tmp_path), onion=bad))
    with pytest.raises(Exception, match="onion address") as caught:
        type(config(tmp_path)).read(tmp_path)
    assert getattr(caught.value, "code", None) == "bad-config"


def test_tor_browser_is_told_of_the_onion_address(tmp_path: Path) -> None:
    from support.asking import asking  # noqa: PLC0415 - settings come first
    from undersigned.web.publish import publish  # noqa: PLC0415 - models need Django set up first

    made = fresh(tmp_path / "instance")
    publish(made, BEGIN)
    onion = f"http://{'b' * 56}.onion"
    for url, expected in ((URL, None), ("https://letters.example", f"{onion}/de/check/")):
        with asking(replace(made, config=replace(made.config, url=url, onion=onion))) as client:
            assert client.get("/de/check/").headers.get("onion-location") == expected
            assert "onion-location" not in client.get("/log/checkpoint").headers
    instances.close()


# ── fonts ──


def test_fonts_are_small_and_can_write_everything_that_pages_say() -> None:
    faces = {name: asset(f"{name}.woff2").data for name in ("serif", "serif-italic", "sans")}
    assert sum(map(len, faces.values())) < 120_000
    said = {
        character for language in OTHERS for given, text, _ in messages(language) for character in "".join(given + text)
    }
    for name, data in faces.items():
        font = TTFont(BytesIO(data))
        known = set(map(chr, font.getBestCmap()))
        assert said - known - set("\n") <= ({"\N{NARROW NO-BREAK SPACE}"} if name == "sans" else set()), name
        features = {record.FeatureTag for record in font["GSUB"].table.FeatureList.FeatureRecord}
        assert features >= ({"pnum"} if name == "sans" else {"onum", "lnum", "pnum", "tnum"}), name
        names = " ".join(str(each) for each in font["name"].names if each.nameID in {1, 3, 4, 6})
        assert "Source" not in names, "the licence keeps that name for unchanged fonts"
        licence = asset(f"{name.partition('-')[0]}-license.txt").data
        assert b"SIL OPEN FONT LICENSE" in licence
