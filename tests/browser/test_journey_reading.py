"""People who read without script, work without a mouse, or want nothing to move."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from support.browsing import Place
from support.people import Person
from undersigned.languages.words import LANGUAGES

pytestmark = pytest.mark.xdist_group("journey-reading")

Come = Callable[..., Person]
PAGES = ("", "check/", "privacy/", "press/", "letters/read/")


@pytest.fixture(scope="module")
def counted(here: Place) -> Place:
    """The same place, with a letter whose first count is published."""
    here.opens("read", days=4)
    here.colleagues(11, "read")
    here.days_pass(1)
    return here


def test_bea_reads_everything_in_the_safest_level(counted: Place, somebody: Come) -> None:
    bea = somebody(java_script_enabled=False)
    page = bea.page
    page.goto(f"{counted.url}/")
    bea.reads("Each of them can sign a letter once. And anyone can check the count.")
    page.goto(f"{counted.url}/letters/read/")
    letter = counted.letters["read"].texts[0]
    for words in (letter.title, *letter.body.split("\n\n"), *letter.demands):
        bea.reads(words)
    bea.reads("11 people who work at example.com had signed").reads("At least 21,000 people work there")
    ring = page.locator("figure.ring img")
    assert ring.evaluate("(image) => image.complete && image.naturalWidth > 0")
    assert ring.get_attribute("alt")
    page.get_by_role("link", name="Sign this letter").click()
    page.wait_for_url(f"{counted.url}/sign/#read")
    without = page.locator("noscript")
    assert without.bounding_box() is not None, "it shows, though a driver takes it for invisible"
    assert "Signing happens on your own device, so this page needs JavaScript." in without.inner_text()
    assert "uvx undersigned" in without.inner_text()
    assert all(each.url.startswith(f"{counted.url}/") for each in bea.sent)
    assert {each.method for each in bea.sent} == {"GET"}


def test_carl_walks_all_links_without_script(counted: Place, somebody: Come) -> None:
    carl = somebody(java_script_enabled=False)
    prefixes = ["", *(f"{each}/" for each in LANGUAGES if each != "en")]
    left, seen = [f"{counted.url}/{prefix}" for prefix in prefixes], set()
    while left:
        address = left.pop()
        if address in seen:
            continue
        seen.add(address)
        answer = carl.page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        links = carl.page.locator("main a[href], header a[href], footer a[href]").evaluate_all(
            "(links) => links.map((each) => each.href.split('#')[0])"
        )
        assert all(urlsplit(each).netloc == urlsplit(counted.url).netloc for each in links), address
        left += [each for each in links if each.endswith("/") and not each.endswith("/sign/")]
    paths = {urlsplit(each).path for each in seen}
    assert {f"/{prefix}{page}" for prefix in prefixes for page in PAGES} <= paths


def test_dina_joins_and_signs_by_keyboard_alone(counted: Place, somebody: Come) -> None:
    dina = somebody()
    dina.page.goto(f"{counted.url}/letters/read/")
    dina.reaches("Sign this letter").keys("Enter")
    dina.sees("Where are you reading this?").reaches("my own").keys("Space").reaches("Go on").keys("Enter")
    dina.sees("How can you show that you work there?").reaches("Your code").keys(*counted.code()).keys("Enter")
    dina.sees("What kind of work do you do?").reaches("Kind of work").keys("End").reaches("Go on").keys("Enter")
    dina.sees("Do you manage people?").reaches("I would rather not say").keys("ArrowDown")
    dina.reaches("Go on").keys("Enter").sees("Your twelve pairs of words")
    dina.paper = dina.page.locator(".pairs li").all_inner_texts()
    dina.reaches("I have them on paper").keys("Enter").sees("Which words are these?")
    for label in dina.page.locator("main .field label").all_inner_texts():
        dina.reaches(label).page.keyboard.type(dina.paper[int(label.split()[-1]) - 1])
    dina.keys("Enter").sees("Join now?").reaches("Join").keys("Enter")
    dina.sees("You have joined. Sign now, or later?").reaches("Go on now").keys("Enter")
    dina.sees("What you sign").reaches("Read the whole letter").keys("Enter").reads("Nobody was asked.")
    dina.reaches("Go on").keys("Enter").sees("What will be public").reaches("Sign this letter").keys("Enter")
    dina.sees("Signed").reaches("Am I counted?").keys("Enter").reads("Not counted yet")


def test_emil_wants_nothing_to_move(counted: Place, somebody: Come) -> None:
    emil = somebody(reduced_motion="reduce")
    for path in (*PAGES, "sign/#read"):
        emil.page.goto(f"{counted.url}/{path}")
        if path.startswith("sign"):
            emil.sees("Where are you reading this?")
        assert emil.page.evaluate("() => document.getAnimations().length") == 0, path
        moving = emil.page.evaluate(
            """() => [...document.querySelectorAll("*")].filter((each) => {
              const style = getComputedStyle(each);
              return [style.transitionDuration, style.animationDuration].some((time) => parseFloat(time) > 0)
                || style.scrollBehavior === "smooth";
            }).map((each) => each.outerHTML.slice(0, 80))"""
        )
        assert moving == [], path
