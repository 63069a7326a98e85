"""Every public page in every state: axe finds nothing, nothing runs out of the page."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext

from support import instances
from support.browsing import Place, place
from support.gallery import SPOKEN, Gallery
from undersigned.protocol.letter import Organisation, Text
from undersigned.web.operations import redact_letter
from undersigned.web.publish import publish

pytestmark = pytest.mark.xdist_group("pages-public")

ARABIC = Text(
    "ar",
    "عن الآلات التي تقرأ رسائلنا",
    "نحن نعمل في شركة إكزامبل، وبعضنا يدرّب الأنظمة التي تبيعها.\n\nلم يُسأل أحد.",
    ("انشروا أسماء الأنظمة التي تقيّم العاملين هنا.", "ليُجب شخص معروف الاسم عن كل نظام منها."),
)
LONG = Text(
    "en",
    "On the Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz and other words that are too long",
    "First line of an address\nSecond line of it\n\n"
    + " ".join(["A sentence that goes on and on, as sentences do."] * 12),
    tuple(
        f"Demand number {number}: somebody answers for it by name, in public, within a month."
        for number in range(1, 13)
    ),
)


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A place with a letter in each state in which one can be."""
    with place(tmp_path_factory.mktemp("public"), (instances.letter("early"),)) as here:
        here.opens("closed", days=3)
        here.opens("missed", days=3, goal=1000)
        here.colleagues(12, "closed")
        here.days_pass(2)
        here.days_pass(1)
        two = (Organisation(instances.HERE, (instances.ISSUER,)), Organisation(instances.THERE, (instances.ISSUER,)))
        here.opens("open", days=4, texts=(*instances.letter().texts, ARABIC), organisations=two)
        here.opens("sealed", days=4, goal=1000, texts=(LONG,))
        here.opens("gone", days=4)
        here.opens("waiting", days=4)
        here.colleagues(13, "open")
        here.days_pass(1)
        here.does(redact_letter, here.instance, "gone", "court-order", "A court ordered that the text be taken down.")
        here.does(corrected, here, "open")
        yield here


def corrected(here: Place, slug: str) -> None:
    letters = here.instance.letters
    letters.set_terms(
        slug, instances.later(letters.terms(slug), erratum="Example Corp, not Example Ltd.", dated="2026-12-05")
    )
    publish(here.instance, here.instance.clock.tick())


PAGES = {
    "index": "/",
    "check": "/check/",
    "privacy": "/privacy/",
    "press": "/press/",
    "letter-waiting": "/letters/waiting/",
    "letter-open": "/letters/open/",
    "letter-open-arabic": "/letters/open/ar/",
    "letter-sealed": "/letters/sealed/",
    "letter-closed": "/letters/closed/",
    "letter-early": "/letters/early/",
    "letter-missed": "/letters/missed/",
    "letter-gone": "/letters/gone/",
    "nothing": "/there-is-nothing/",
}
#: In English alone, and in no language's folder.
ALONE = {"letter-open-arabic", "interface"}


@pytest.mark.parametrize("language", SPOKEN)
def test_public_pages(grown: Place, context: Callable[..., BrowserContext], language: str) -> None:
    page = context().new_page()
    gallery = Gallery("page", language)
    for name, path in ({**PAGES, "interface": "/api/docs"} if language == "en" else PAGES).items():
        prefix = "" if language == "en" or name in ALONE else f"/{language}"
        page.goto(f"{grown.url}{prefix}{path}")
        gallery.look(page, name)


def test_print(grown: Place, context: Callable[..., BrowserContext]) -> None:
    """On paper stands the letter, with its count and its ring, and nothing to press."""
    page = context().new_page()
    page.goto(f"{grown.url}/letters/open/")
    page.emulate_media(media="print")
    assert page.locator("#count").is_visible()
    assert page.locator("figure.ring img").is_visible()
    for each in page.locator("nav, .do, .skip").all():
        assert not each.is_visible(), each.inner_html()
    Gallery("print").place("letter", ".pdf").write_bytes(page.pdf(prefer_css_page_size=True))
