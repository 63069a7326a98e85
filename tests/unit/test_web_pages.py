"""Public pages: sober, whole without script, the same words for the same state, and readable by everyone."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support import instances
from support.asking import asking
from support.instances import BEGIN, CLOSES, HERE, THERE, enrol, fresh, later, letter, opened, sign, terms, turn
from undersigned.languages.words import LANGUAGES, every, words
from undersigned.letters import pages
from undersigned.letters.rules import State
from undersigned.protocol.entry import NamesShown, Redacted, Supporters
from undersigned.protocol.letter import Letter, Terms, Text
from undersigned.web.publish import publish, render
from undersigned.web.render import asset

if TYPE_CHECKING:
    from undersigned.bootstrap import Instance

DEMONSTRATION = "A demonstration: the people in it and where they work are invented."
GERMAN = Text("de", "Über die Maschinen", "Wir arbeiten hier.\n\nNiemand hat gefragt.", ("Eins <b>fett</b>.", "Zwei."))


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Instance"]:
    made = fresh(tmp_path_factory.mktemp("pages") / "instance")
    bold = letter("two", organisations=(HERE, THERE))
    two = opened(made, replace(bold, texts=(*bold.texts, GERMAN)))
    opened(made, letter("sealed", goal=1000))
    opened(made, letter("missed", goal=500), closes="2026-12-02T00:00:00Z")
    gone = opened(made, letter("gone"))
    members = enrol(made, 12)
    sign(made, members, two)
    sign(made, members, gone)
    turn(made, "2026-12-02T00:00:00Z")
    made.letters.redact(gone.digest, "court-order", "The court of Anytown wanted it.")
    made.letters.set_terms("two", later(made.letters.terms("two"), erratum="It was eleven pages.", dated="2026-12-02"))
    yield made
    instances.close()


@pytest.fixture(scope="module")
def published(instance: "Instance") -> Mapping[str, bytes]:
    return render(instance, "2026-12-02T00:00:00Z")


@pytest.fixture(scope="module")
def rendered(instance: "Instance", published: Mapping[str, bytes]) -> dict[str, str]:
    with asking(instance) as client:
        reference = client.get("/api/docs").text
    html = {path: data.decode() for path, data in published.items() if path.endswith(".html")}
    return html | {"api/docs": reference}


class Reader(HTMLParser):
    """Everything that the checks below ask of a page."""

    VOID = frozenset({"meta", "link", "br", "img", "hr", "input"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_there_is_a_page_for_everything(rendered: dict[str, str]) -> None:
    here = (
        "404.html", "check/index.html", "index.html", "press/index.html", "privacy/index.html",
        "letters/gone/index.html", "letters/missed/index.html", "letters/sealed/index.html", "letters/two/index.html",
    )  # fmt: skip
    assert set(rendered) == {"api/docs", *here, *(f"{each}/{path}" for each in LANGUAGES[1:] for path in here)}


def test_pages_hold_no_script_no_style_no_form_and_nothing_from_elsewhere(rendered: dict[str, str]) -> None:
    for path, text in rendered.items():
        read = Reader(text)
        names = {name for name, _ in read.tags}
        assert not names & {"script", "style", "form", "iframe", "object", "embed", "input", "base"}, path
        for name, attributes in read.tags:
            assert not [each for each in attributes if each.startswith("on") or each == "style"], (path, name)
            for each in ("href", "src"):
                target = attributes.get(each)
                if each == "href" and (
                    attributes.get("rel") == "canonical" or ("hreflang" in attributes and name == "link")
                ):
                    assert target is not None
                    assert target.startswith(f"{instances.URL}/"), (path, target)  # told, never loaded
                else:
                    assert target is None or re.match(r"(/(?!/)|#)", target), (path, target)


def test_pages_are_well_made(rendered: dict[str, str]) -> None:
    for path, text in rendered.items():
        read = Reader(text)
        assert read.open == [], path
        assert text.startswith("<!doctype html>\n"), path
        assert read.all("html")[0].get("lang"), path
        assert len(read.all("h1")) == 1, path
        assert len(read.all("main")) == 1, path
        assert len(read.all("title")) == 1, path
        ids = [attributes["id"] for _, attributes in read.tags if attributes.get("id")]
        assert len(ids) == len(set(ids)), path
        links = [each["href"] for each in read.all("a")]
        assert links[0] == "#content", path
        assert "content" in ids, path
        assert {link[1:] for link in links if link and link.startswith("#")} <= set(ids), path
        levels = [int(name[1]) for name, _ in read.tags if re.fullmatch("h[1-6]", name)]
        assert all(after <= before + 1 for before, after in pairwise(levels)), path


def test_pages_are_small(rendered: dict[str, str]) -> None:
    for path, text in rendered.items():
        assert len(text.encode()) + len(asset("letter.css").data) < 30_000, path


def test_links_lead_somewhere(instance: "Instance", rendered: dict[str, str]) -> None:
    publish(instance, "2026-12-02T00:00:00Z")
    with asking(instance) as client:
        targets = {
            str(each.get("href") or each["src"]).partition("#")[0].removeprefix(instances.URL) or "/"
            for text in rendered.values()
            for name, each in Reader(text).tags
            if name in {"a", "link", "img"} and (each.get("href") or each.get("src"))
        }
        assert len(targets) > 10
        for target in targets:
            assert client.get(target).status_code == 200, target


def test_every_page_of_a_demonstration_says_so(rendered: dict[str, str]) -> None:
    said = {"A demonstration", *(words(each).gettext(DEMONSTRATION) for each in LANGUAGES)}
    assert all(any(each in text for each in said) for text in rendered.values())


def plain(text: str) -> str:
    return " ".join("".join(Reader(text).words).split()).replace("\N{NO-BREAK SPACE}", " ")


def test_a_count_stands_with_its_denominator_and_date(rendered: dict[str, str]) -> None:
    said = plain(rendered["letters/two/index.html"])
    assert "12 people who work at example.com had signed by 2 December 2026." in said
    assert "At least 21,000 people work there (annual report, page 12; as of 30 September 2026)." in said
    assert said.index("Correction of 2 December 2026. It was eleven pages.") < said.index("12 people who work")


def test_a_sealed_letter_shows_no_number_of_signatures(rendered: dict[str, str]) -> None:
    said = plain(rendered["letters/sealed/index.html"])
    assert (
        "Signatures are being collected. Nothing is shown until 1,000 people have signed, not even how many have."
        in said
    )
    assert "If fewer have signed by 5 December 2026, 00:00 UTC, nothing is published and all is erased." in said
    assert "had signed" not in said


def test_a_missed_goal_is_told(rendered: dict[str, str]) -> None:
    said = plain(rendered["letters/missed/index.html"])
    assert "This letter closed on 2 December 2026, 00:00 UTC. By then fewer than 500 people had signed" in said
    assert "Sign this letter" not in said


def test_a_letter_that_was_taken_down_says_why_and_keeps_its_count(rendered: dict[str, str]) -> None:
    said = plain(rendered["letters/gone/index.html"])
    assert "taken down by order of a court: The court of Anytown wanted it." in said
    assert "12 people who work at example.com had signed by 2 December 2026." in said
    assert "assistant would read" not in said
    assert "Sign this letter" not in said


def test_languages_lead_to_each_other_and_are_marked(rendered: dict[str, str]) -> None:
    english, german = rendered["letters/two/index.html"], rendered["de/letters/two/index.html"]
    assert '<a href="/de/letters/two/" lang="de" hreflang="de">Deutsch</a>' in english
    assert '<a href="/letters/two/" lang="en" hreflang="en">English</a>' in german
    assert '<html lang="de" dir="ltr">' in german
    assert '<div class="text">' in german
    french = rendered["fr/letters/two/index.html"]
    assert '<html lang="fr" dir="ltr">' in french
    assert '<div class="text" lang="en" dir="ltr">' in french
    for tag, path in (("en", "/"), ("de", "/de/"), ("x-default", "/")):
        assert f'<link rel="alternate" hreflang="{tag}" href="{instances.URL}{path}letters/two/">' in french
    assert f'<link rel="canonical" href="{instances.URL}/fr/letters/two/">' in french


def test_what_organisers_write_is_text_and_never_markup(rendered: dict[str, str]) -> None:
    assert "Eins &lt;b&gt;fett&lt;/b&gt;." in rendered["de/letters/two/index.html"]


def test_demands_can_be_linked_to(rendered: dict[str, str]) -> None:
    read = Reader(rendered["letters/two/index.html"])
    assert [each["id"] for each in read.all("li") if each.get("id")] == ["demand-1", "demand-2"]


# ── words, of views that need no instance ──


@dataclass(frozen=True)
class Count:
    signed: int
    withdrawn: int
    tick: str
    final: bool = False
    vouched: int = 0


@dataclass(frozen=True)
class Shown:
    slug: str
    digest: str
    state: State
    letter: Letter | None
    terms: Terms | None
    opened: str | None
    counts: Mapping[str, Count]
    redacted: Redacted | None
    supporters: Supporters | None = None
    names: NamesShown | None = None


def view(**changed: object) -> Shown:
    of = letter()
    made = Shown("leave", of.digest, State.OPEN, of, terms(of), BEGIN[:10], {}, None)
    return replace(made, **changed)  # type: ignore[arg-type] # a test's own fields


def page(**changed: object) -> pages.Page:
    return pages.pages(view(**changed), every(), last=False)[0]


def test_one_person_is_one_person() -> None:
    one = page(counts={HERE: Count(2, 1, "2026-12-03T00:00:00Z", final=True)}, state=State.CLOSED)
    assert one.count == "1 person who works at example.com had signed when the letter closed on 3 December 2026."
    assert one.withdrawn == "1 more person had signed and has taken the signature back."


def test_several_organisations_add_up_and_stand_in_a_table() -> None:
    both = page(counts={HERE: Count(1030, 30, "2026-12-03T00:00:00Z"), THERE: Count(40, 0, "2026-12-04T00:00:00Z")})
    assert both.count == "1,040 people who work at two organisations had signed by 4 December 2026."
    assert both.withdrawn == "30 more people had signed and have taken their signatures back."
    assert [(row.organisation, row.standing) for row in both.rows] == [(HERE, 1000), (THERE, 40)]
    assert both.denominator == ()


def test_before_the_first_count_the_floor_is_told() -> None:
    assert "at least 10 people of one organisation" in page().status[0]
    assert page().count is None


@pytest.mark.parametrize("state", [State.SEALED, State.OPEN, State.CLOSED, State.MISSED])
def test_a_letter_without_its_documents_still_has_words(state: State) -> None:
    redacted = Redacted("0" * 64, "rights", "It was somebody else's text.")
    bare = page(state=state, letter=None, terms=None, opened=None, redacted=redacted)
    assert bare.title == "A letter that was taken down: leave"
    assert bare.status
    assert (
        bare.taken_down
        == "The text of this letter was taken down because it infringed somebody’s rights: It was somebody else's text."
    )
    assert not bare.signable
    assert "None" not in " ".join(bare.status)


def test_the_last_count_is_announced_only_while_one_can_sign() -> None:
    assert pages.pages(view(), every(), last=True)[0].last
    assert not pages.pages(view(state=State.CLOSED), every(), last=True)[0].last


def test_a_language_that_runs_from_right_to_left_is_set_so() -> None:
    of = letter()
    arabic = replace(of, texts=(replace(of.texts[0], language="ar"),))
    assert page(letter=arabic).direction == "rtl"
    assert page().direction == "ltr"


def test_figures_stay_with_their_words() -> None:
    assert (
        words("en").typeset("1,030 people by 3 December 2026.")
        == "1,030\N{NO-BREAK SPACE}people by 3\N{NO-BREAK SPACE}December 2026."
    )


# ── publishing ──


def test_files_bear_one_time_and_only_what_changed_is_written(tmp_path: Path) -> None:
    made = fresh(tmp_path / "instance")
    opened(made, letter())
    publish(made, BEGIN)
    first = {path: path.stat() for path in made.config.public.rglob("*.html")}
    assert {int(stat.st_mtime) for stat in first.values()} == {1_764_547_200 + 365 * 86_400}
    opened(made, letter("second"))
    publish(made, CLOSES)
    changed = {
        str(path.relative_to(made.config.public)) for path, stat in first.items() if path.stat().st_ino != stat.st_ino
    }
    # The index lists the second letter; the first one's page announces that only one count is still to come.
    paths = ("index.html", "letters/leave/index.html")
    assert changed == {*paths, *(f"{each}/{path}" for each in LANGUAGES[1:] for path in paths)}
    assert not list(made.config.public.rglob("*.new"))
    instances.close()


# ── the style sheet ──


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_text_has_a_contrast_of_at_least_seven_to_one_in_light_dark_and_print() -> None:
    css = asset("letter.css").data.decode()
    palettes = [
        dict(re.findall(r"--(\w+): (#[0-9a-f]{3,6});", block))
        for block in re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    ]
    assert len(palettes) == 3
    for palette in palettes:
        whole = {
            name: value if len(value) == 7 else "#" + "".join(c * 2 for c in value[1:])
            for name, value in palette.items()
        }
        for ink in ("ink", "quiet", "accent"):
            for paper in ("paper", "shade"):
                assert contrast(whole[ink], whole[paper]) >= 7, (ink, paper, whole)


def test_the_style_sheet_loads_our_fonts_and_nothing_else() -> None:
    css = asset("letter.css").data.decode()
    faces = ("serif.woff2", "serif-italic.woff2", "sans.woff2")
    assert re.findall(r"url\((.*?)\)", css) == [f'"/{asset(face).path}"' for face in faces]
    assert css.count("font-display: swap") == len(faces)
    assert "@import" not in css
    assert "@media print" in css
    assert "prefers-reduced-motion" in css


def test_the_schemas_of_documents_are_published(published: Mapping[str, bytes]) -> None:
    names = {json.loads(published[f"schema/{kind}.schema.json"])["$id"] for kind in ("letter", "terms")}
    assert names == {"urn:undersigned:schema:letter:1", "urn:undersigned:schema:terms:1"}
