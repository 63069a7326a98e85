"""The same pages from right to left, on paper, and without the browser's compiler."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Playwright

from support.browsing import ARGUMENTS, CHROMIUM, Place
from support.gallery import Gallery
from support.people import Person
from undersigned.languages.pseudo import pseudo
from undersigned.letters import pages
from undersigned.web.render import page as rendered

pytestmark = pytest.mark.xdist_group("pages-other-ways")

Come = Callable[..., Person]
#: Lines of a page that begin at the side on which it is read from.
_BEGINS = """
() => [".demo", ".foot p"].map((name) => {
  const box = document.querySelector(name);
  const style = getComputedStyle(box);
  return `${style.direction} ${style.textAlign}`;
})
"""


@pytest.fixture(scope="module")
def here(quiet: Place) -> Place:
    """Shared with other modules."""
    return quiet


def test_a_letter_from_right_to_left(here: Place, somebody: Come) -> None:
    """In the pseudo-locale, where every sentence of ours is longer and runs the other way."""

    def made() -> bytes:
        [view] = [each for each in here.instance.letters.views() if each.slug == "leave"]
        [shown] = pages.pages(view, [pseudo()], last=True)[:1]
        config, languages = here.instance.config, shown.languages
        return rendered("letter.html", config, pseudo(), "", address=shown.path, alternates=languages, page=shown)

    text = here.does(made)
    omar = somebody()
    omar.page.route("**/letters/leave/", lambda route: route.fulfill(body=text, content_type="text/html"))
    omar.page.goto(f"{here.url}/letters/leave/")
    assert set(omar.page.evaluate(_BEGINS)) == {"rtl start"}
    Gallery("rtl").look(omar.page, "letter")
    assert omar.page.locator(".text").get_attribute("dir") == "ltr", "the letter itself is as it was written"


def test_the_signing_page_from_right_to_left(here: Place, somebody: Come) -> None:
    amal = somebody()
    gallery = Gallery("rtl-sign")

    def look(name: str) -> None:
        amal.page.evaluate("() => { document.documentElement.dir = 'rtl'; }")
        gallery.look(amal.page, name)

    amal.opens("leave").sees("Where are you reading this?")
    look("where")
    amal.says_where().types("Your code", "7K3M").presses("Go on").is_told("A code is four groups")
    look("way-told")
    amal.types("Your code", here.code()).presses("Go on").says_nothing_more()
    look("words")
    button, other = amal.button("I have them on paper").bounding_box(), amal.button("Back").bounding_box()
    assert button is not None
    assert other is not None
    assert button["x"] > other["x"] or button["y"] < other["y"], "what comes first is on the right"


def test_noor_prints_her_words_and_nothing_else(here: Place, somebody: Come) -> None:
    noor = somebody()
    noor.page.add_init_script("window.printed = 0; window.print = () => { window.printed += 1; };")
    noor.opens("leave").says_where().types("Your code", here.code()).presses("Go on").says_nothing_more()
    pairs = noor.page.locator(".pairs li").all_inner_texts()
    noor.presses("Print them")
    assert noor.page.evaluate("window.printed") == 1
    noor.page.emulate_media(media="print")
    assert noor.page.locator(".pairs li").all_inner_texts() == pairs
    assert len(pairs) == 12
    assert noor.page.locator(".printed").is_visible()
    for each in noor.page.locator("nav, .actions, .foot, .skip").all():
        assert not each.is_visible()
    Gallery("print").place("words", ".pdf").write_bytes(noor.page.pdf(prefer_css_page_size=True))


def test_tia_joins_and_signs_without_the_just_in_time_compiler(driver: Playwright, here: Place) -> None:
    """As on Tor Browser's level “Safer”: no compiler, and so no WebAssembly."""
    slow = driver.chromium.launch(executable_path=str(CHROMIUM), args=[*ARGUMENTS, "--js-flags=--jitless"])
    try:
        tia = Person(slow.new_page(), here.url)
        tia.joins("leave", here.code())
        assert tia.page.evaluate("typeof WebAssembly") == "undefined"
        tia.goes_on().signs()
        assert tia.wrong == []
    finally:
        slow.close()
