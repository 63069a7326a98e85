"""A letter's files for programs: what a feed reader, a calendar and a program for figures accept, and nothing live."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from importlib import resources
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from PIL import Image

from support import instances
from support.asking import asking
from support.instances import BEGIN, HERE, THERE, URL, enrol, fresh, later, letter, opened, sign, turn
from undersigned.drawing import ring
from undersigned.languages.words import LANGUAGES
from undersigned.protocol.letter import Text
from undersigned.web.feeds import ATOM, escaped, fold
from undersigned.web.image import MOST, SIZE, Drawing, image
from undersigned.web.publish import publish, render

if TYPE_CHECKING:
    from undersigned.bootstrap import Instance

SECOND, THIRD = "2026-12-02T00:00:00Z", "2026-12-03T00:00:00Z"
GERMAN = Text("de", "Über Maschinen, die lesen; und mehr", "Wir arbeiten hier.", ("Eins.", "Zwei."))
POLISH = Text("pl", "O maszynach", "Pracujemy tutaj.", ("Raz.", "Dwa."))


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Instance"]:
    made = fresh(tmp_path_factory.mktemp("feeds") / "instance")
    several = letter("several", organisations=(HERE, THERE))
    of = opened(made, replace(several, texts=(*several.texts, GERMAN, POLISH)))
    opened(made, letter("sealed", goal=500))
    here, there = enrol(made, 13), enrol(made, 10, THERE)
    sign(made, here[:12], of)
    turn(made, SECOND)
    sign(made, [*there], of)
    sign(made, here[:1], of, "withdraw")
    sign(made, here[12:], of)
    turn(made, THIRD)
    made.letters.set_terms(
        "several", later(made.letters.terms("several"), erratum="Eleven pages, not twelve.", dated="2026-12-03")
    )
    publish(made, THIRD)
    yield made
    instances.close()


@pytest.fixture(scope="module")
def files(instance: "Instance") -> Mapping[str, bytes]:
    return render(instance, THIRD)


# ── the log's history ──


def test_the_history_of_the_log_says_what_the_tables_say(instance: "Instance") -> None:
    context = instance.letters.letter("several").context
    history = instance.ledger.history(context)
    last = {each.organisation: each for each in history.rounds}
    counts = instance.ledger.counts(context)
    assert {name: (each.signed, each.withdrawn, each.tick) for name, each in last.items()} == {
        name: (each.signed, each.withdrawn, each.tick) for name, each in counts.items()
    }
    assert len(history.standing) == sum(each.signed - each.withdrawn for each in counts.values())
    assert [each.tick for each in history.rounds] == [SECOND, THIRD]


def test_the_history_reads_on_where_it_stopped(instance: "Instance") -> None:
    context = instance.letters.letter("several").context
    assert instance.ledger.history(context) == instance.ledger.history(context)
    assert instance.ledger.history(instance.letters.letter("sealed").context).rounds == ()


# ── count.json ──


def schema() -> Any:
    return json.loads((resources.files("undersigned.web") / "schema" / "count.schema.json").read_bytes())


@pytest.mark.parametrize("slug", ["several", "sealed"])
def test_the_count_as_data_follows_its_schema(files: Mapping[str, bytes], slug: str) -> None:
    Draft202012Validator.check_schema(schema())
    Draft202012Validator(schema()).validate(json.loads(files[f"letters/{slug}/count.json"]))


def test_the_schema_refuses_what_is_not_a_count(files: Mapping[str, bytes]) -> None:
    good = json.loads(files["letters/several/count.json"])
    for bad in ({"signed": "22"}, {"as_of": "2026-12-03T00:30:00Z"}, {"state": "live"}, {"waiting": 3}):
        assert not Draft202012Validator(schema()).is_valid(good | bad), bad
    assert not Draft202012Validator(schema()).is_valid({key: good[key] for key in good if key != "as_of"})


def test_the_count_as_data_says_what_the_page_says(files: Mapping[str, bytes], instance: "Instance") -> None:
    said = json.loads(files["letters/several/count.json"])
    assert (said["signed"], said["withdrawn"], said["as_of"]) == (22, 0, THIRD)
    assert said["digest"] == instance.letters.letter("several").digest
    assert [each["organisation"] for each in said["organisations"]] == [HERE, THERE]
    assert said["organisations"][0]["workforce"] == {
        "as_of": "2026-09-30", "at_least": 21_000, "source": "annual report, page 12",
    }  # fmt: skip
    assert "22 people" in files["letters/several/index.html"].decode().replace("\N{NO-BREAK SPACE}", " ")


def test_a_sealed_letter_has_no_figure_in_any_file(files: Mapping[str, bytes]) -> None:
    said = json.loads(files["letters/sealed/count.json"])
    assert (said["signed"], said["withdrawn"], said["as_of"], said["organisations"]) == (None, None, None, [])
    names = {path for path in files if path.startswith("letters/sealed/")}
    assert names == {f"letters/sealed/{name}" for name in ("count.json", "dates.ics", "feed.atom", "index.html")}


# ── feed.atom ──


def feed(data: bytes) -> ET.Element:
    return ET.fromstring(data)


def text(of: ET.Element, name: str) -> str:
    found = of.findtext(f"{{{ATOM}}}{name}")
    assert found, name
    return found


def test_every_feed_is_a_feed(files: Mapping[str, bytes]) -> None:
    feeds = {path: feed(data) for path, data in files.items() if path.endswith("feed.atom")}
    assert len(feeds) == 2 * len(LANGUAGES) + 1
    for path, read in feeds.items():
        assert read.tag == f"{{{ATOM}}}feed"
        assert text(read, "id") == f"{URL}/{path.removesuffix('feed.atom')}"
        assert read.findtext(f"{{{ATOM}}}author/{{{ATOM}}}name") == instances.NAME
        assert text(read, "title")
        entries = read.findall(f"{{{ATOM}}}entry")
        ids = [text(each, "id") for each in entries]
        assert len(set(ids)) == len(ids) > 0
        times = [datetime.fromisoformat(text(each, "updated")) for each in entries]
        assert times == sorted(times, reverse=True)
        assert datetime.fromisoformat(text(read, "updated")) == times[0]
        assert all(time.tzinfo == UTC and (time.minute, time.second) == (0, 0) for time in times)
        links = {each.get("rel"): each.get("href") for each in read.findall(f"{{{ATOM}}}link")}
        assert links["self"] == f"{URL}/{path}"


def test_a_feed_tells_each_count_and_correction(files: Mapping[str, bytes]) -> None:
    read = feed(files["letters/several/feed.atom"])
    said = {text(each, "id").partition("#")[2]: text(each, "content") for each in read.iter(f"{{{ATOM}}}entry")}
    assert said == {
        "opened": "This letter was opened.",
        "count-2026-12-02t00": "12 people who work at example.com had signed by 2 December 2026.",
        "count-2026-12-03t00": "22 people who work at two organisations had signed by 3 December 2026.",
        "correction-1": "Eleven pages, not twelve.",
    }


# ── dates.ics ──


def test_a_calendar_is_a_calendar(files: Mapping[str, bytes]) -> None:
    calendars = {path: data for path, data in files.items() if path.endswith("dates.ics")}
    assert len(calendars) == 2 * len(LANGUAGES) + 1
    for path, data in calendars.items():
        assert data.endswith(b"END:VCALENDAR\r\n"), path
        assert b"\n" not in data.replace(b"\r\n", b""), path
        assert all(len(line) <= 75 for line in data.split(b"\r\n")), path
        lines = data.decode().replace("\r\n ", "").split("\r\n")[:-1]
        assert lines[:2] == ["BEGIN:VCALENDAR", "VERSION:2.0"]
        assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == 2
        assert "DTSTART;VALUE=DATE:20261201" in lines
        assert "DTSTART:20261205T000000Z" in lines
        assert len({line for line in lines if line.startswith("UID:")}) == 2
    german = calendars["de/letters/several/dates.ics"].decode().replace("\r\n ", "")
    assert "SUMMARY:Brief schließt: Über Maschinen\\, die lesen\\; und mehr\r\n" in german
    assert "SEQUENCE:1\r\n" in german  # the terms were set once more


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=300))
def test_folding_loses_nothing_and_breaks_no_character(line: str) -> None:
    folded = fold(line)
    assert folded[0] + "".join(each[1:] for each in folded[1:]) == line
    assert all(each.startswith(" ") for each in folded[1:])
    assert all(len(each.encode()) <= 75 for each in folded)


def test_text_in_a_calendar_is_escaped() -> None:
    assert escaped("a\\b;c,d\ne") == "a\\\\b\\;c\\,d\\ne"


# ── image, card, languages ──


def test_images_are_of_one_size_and_small(files: Mapping[str, bytes]) -> None:
    images = [data for path, data in files.items() if path.endswith("ring.png")]
    assert len(images) == len(LANGUAGES) + 1
    for data in images:
        read = Image.open(BytesIO(data))
        assert (read.format, read.size) == ("PNG", SIZE)
        assert len(data) <= MOST
        shades = set(read.convert("L").tobytes())
        assert min(shades) < 60, "ink"
        assert max(shades) > 240, "paper"


def test_an_image_is_drawn_again_only_when_it_changed() -> None:
    drawing = Drawing(ring.ring([bytes([number]) * 48 for number in range(60)]))

    def drawn(count: str = "60 people had signed.", before: bytes = b"") -> bytes:
        return image(drawing, title="On machines", count=count, source="The log.", before=before)

    first = drawn()
    assert drawn(before=first) is first
    assert drawn() == first
    assert drawn("61 people had signed.", first) != first
    other = Drawing(ring.ring([b"x" * 48]))
    assert image(other, title="On machines", count="60 people had signed.", source="The log.", before=first) != first


def test_a_title_that_the_fonts_cannot_write_is_left_out_whole() -> None:
    drawing = Drawing(ring.ring([b"x" * 48]))
    without = image(drawing, title="", count="One.", source="Log.")
    arabic = image(drawing, title="من يجيب", count="One.", source="Log.")
    assert Image.open(BytesIO(arabic)).tobytes() == Image.open(BytesIO(without)).tobytes()


def test_a_text_in_a_language_without_pages_has_an_address(files: Mapping[str, bytes]) -> None:
    polish = files["letters/several/pl/index.html"].decode()
    assert '<html lang="en"' in polish
    assert "Pracujemy tutaj." in polish
    assert f'hreflang="pl" href="{URL}/letters/several/pl/"' in files["fr/letters/several/index.html"].decode()
    assert "Pracujemy" not in files["letters/several/index.html"].decode()


def test_a_page_tells_others_how_to_show_it(files: Mapping[str, bytes]) -> None:
    page = files["de/letters/several/index.html"].decode()
    told = dict(re.findall(r'<meta property="(og:[a-z:]+)" content="([^"]*)">', page))
    assert told["og:title"] == GERMAN.title
    assert told["og:url"] == f"{URL}/de/letters/several/"
    assert told["og:image"] == f"{URL}/de/letters/several/ring.png"
    assert (told["og:image:width"], told["og:image:height"]) == ("1200", "630")
    assert "22 Menschen" in told["og:description"]
    assert "og:image" not in files["letters/sealed/index.html"].decode()


def test_what_a_letter_no_longer_has_is_removed(instance: "Instance") -> None:
    public = instance.config.public
    assert (public / "letters/several/pl/index.html").is_file()
    stray = public / "letters/several/note.txt"
    stray.write_text("somebody else's")
    instance.letters.redact(instance.letters.letter("several").digest, "law", "A law.")
    publish(instance, THIRD)
    assert not (public / "letters/several/pl/index.html").exists()
    assert stray.is_file()
    said = b"".join(path.read_bytes() for path in public.rglob("*") if path.is_file() and "log" not in path.parts)
    assert b"Pracujemy" not in said
    assert b"Wir arbeiten hier" not in said


# ── for search engines, and over HTTP ──


def test_a_sitemap_names_every_page_once(files: Mapping[str, bytes]) -> None:
    names = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}
    tree = ET.fromstring(files["sitemap.xml"])
    found = [each.text for each in tree.findall("s:url/s:loc", names)]
    pages = {f"{URL}/{path.removesuffix('index.html')}" for path in files if path.endswith("index.html")}
    assert sorted(map(str, found)) == sorted(pages)
    assert all(each.findall("x:link", names) for each in tree.findall("s:url", names))


def test_a_demonstration_is_not_to_be_found(files: Mapping[str, bytes]) -> None:
    assert files["robots.txt"] == b"User-agent: *\nDisallow: /\n"


def test_figures_may_be_shown_elsewhere(instance: "Instance") -> None:
    kinds = {
        "count.json": "application/json",
        "dates.ics": "text/calendar; charset=utf-8",
        "feed.atom": "application/atom+xml; charset=utf-8",
    }
    with asking(instance) as client:
        for name, kind in kinds.items():
            answer = client.get(f"/letters/sealed/{name}")
            assert answer.headers["content-type"] == kind
            assert answer.headers["access-control-allow-origin"] == "*"
            assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        card = client.get("/letters/several/count.svg")
        assert card.headers["content-type"] == "image/svg+xml"
        assert card.headers["cross-origin-resource-policy"] == "cross-origin"
        assert client.get("/letters/sealed/").headers["x-frame-options"] == "DENY"
        assert client.get("/de/nowhere", headers={"Accept": "text/html"}).text.count('<html lang="de"') == 1


def test_publishing_again_changes_nothing(instance: "Instance") -> None:
    publish(instance, BEGIN)
    before = {path: path.stat().st_ino for path in instance.config.public.rglob("*") if path.is_file()}
    publish(instance, BEGIN)
    assert before == {path: path.stat().st_ino for path in instance.config.public.rglob("*") if path.is_file()}
