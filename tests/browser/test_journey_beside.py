"""Sara stands by a letter and Niko shows his name, in a browser, with a real mail server and a real keeper."""

from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import expect

from support import instances
from support.beside import Street, settle, surroundings
from support.browsing import Place, place
from support.gallery import Gallery
from support.inspection import path_of, requested, stored
from support.people import Person
from undersigned.protocol.beside import SHOW, SUPPORT, UNSUPPORT, CodeRequest, Confirmation, NameGiven

pytestmark = pytest.mark.xdist_group("journey-beside")

Come = Callable[..., Person]
Around = tuple[Place, Street]
#: What lies in a browser that has kept nothing.
NOTHING = '{"local":{},"session":{},"caches":[],"cookie":""}'
#: What is sent, and what reads it (docs/protocol.md, section 5, “Others”).
SENT: dict[str, Callable[[bytes], object]] = {
    "/api/supporters/mails": CodeRequest.parse,
    "/api/supporters": Confirmation.parse,
    "/api/supporters/withdrawals": Confirmation.parse,
    "/api/names": NameGiven.parse,
    "/api/names/withdrawals": Confirmation.parse,
}


@pytest.fixture(scope="module")
def around(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Around]:
    home = tmp_path_factory.mktemp("beside")
    letters = (instances.letter("leave"), instances.letter("other"))
    with (
        surroundings(home) as (keeper, server),
        place(home, letters, 20, lambda folder: settle(folder, keeper, server)) as served,
        httpx.Client(base_url=served.url) as client,
    ):
        yield served, Street(served.instance, client, keeper, server, 900)


@pytest.fixture
def here(around: Around) -> Place:
    return around[0]


@pytest.fixture
def street(around: Around) -> Street:
    return around[1]


def reads_the_letter(person: Person, slug: str = "leave") -> Person:
    person.page.goto(f"{person.url}/letters/{slug}/")
    return person


def follows(person: Person, link: str) -> Person:
    person.page.get_by_role("link", name=link, exact=True).click()
    return person


def begins(person: Person, purpose: str, slug: str = "leave") -> Person:
    """Open the page for a purpose, anew."""
    person.page.goto("about:blank")
    person.page.goto(f"{person.url}/sign/beside/#{purpose}/{slug}")
    return person


def asks(person: Person, address: str) -> Person:
    person.types("Your address", address).presses("Send me a code")
    return person.sees("Which code came by mail?")


def sent_all(person: Person) -> list[str]:
    """What was sent, in its order; everything that a browser asked for was of this origin and told nothing."""
    sent = requested(person.sent)
    assert {each.url.removesuffix(path_of(each)) for each in sent} == {person.url}
    for each in sent:
        assert "@" not in each.url
        assert "mail900" not in each.url
        assert "?" not in path_of(each)
        headers = each.all_headers()
        assert [name for name in ("cookie", "referer", "authorization") if headers.get(name)] == []
    messages = person.messages()
    for each in messages:
        SENT[path_of(each)](each.post_data_buffer or b"")
    return [path_of(each) for each in messages]


def test_sara_stands_by_a_letter_and_takes_it_back(around: Around, somebody: Come) -> None:
    here, street = around
    sara, gallery, address = somebody(), Gallery("beside-support"), f"sara@mail{street.number}.example"

    def look(name: str) -> None:
        gallery.look(sara.page, name)

    follows(reads_the_letter(sara), "Stand by it").sees("Stand by this letter without signing it")
    sara.reads("On the machines that read our messages").reads("example.com").reads("This is no signature")
    look("what")
    sara.presses("Go on").sees("Which address do you confirm?")
    look("address")
    sara.types("Your address", "sara").presses("Send me a code").is_told("An address is like")
    sara.types("Your address", "sara@example.com").presses("Send me a code").is_told("your employer would see the mail")
    look("address-told")
    asks(sara, address)
    look("code")
    code = street.post.mailbox.code(address)
    sara.types("Eight digits", "1234").presses("Count me").is_told("eight digits")
    sara.types("Eight digits", f"{(int(code) + 1) % 10**8:08}").presses("Count me").is_told("This code does not fit")
    look("code-told")
    sara.types("Eight digits", f"{code[:4]} {code[4:]}").presses("Count me").sees("You stand by this letter")
    look("done")
    assert stored(sara.page) == NOTHING
    assert sara.page.evaluate("() => JSON.stringify(history.state)") == '{"screen":"done","depth":3}'
    assert sent_all(sara) == ["/api/supporters/mails"] * 2 + ["/api/supporters"] * 2

    here.does(street.crowd, 10)
    here.days_pass(1)
    reads_the_letter(sara).reads("And at least 10 people elsewhere had confirmed an e-mail address")
    sara.page.go_back()

    follows(reads_the_letter(sara), "take it back").sees("Take back that you stand by this letter")
    look("back-address")
    asks(sara, address)
    look("back-code")
    sara.types("Eight digits", street.post.mailbox.code(address, count=2)).presses("Count me no more")
    sara.sees("You are counted no more")
    look("back-done")
    assert stored(sara.page) == NOTHING
    assert sent_all(sara)[4:] == ["/api/supporters/mails", "/api/supporters/withdrawals"]


def test_niko_shows_his_name_and_takes_it_away(around: Around, somebody: Come) -> None:
    here, street = around
    niko, gallery, address = somebody(), Gallery("beside-names"), f"niko@mail{street.number}.example"

    def look(name: str) -> None:
        gallery.look(niko.page, name)

    follows(reads_the_letter(niko), "Show your name").sees("Show your name under this letter?")
    niko.reads("will be thought to have signed").reads("Copies stay when you take it away here.")
    look("what")
    niko.presses("Go on").sees("How should your name stand there?")
    look("name")
    niko.types("Your name", "Niko\u202eavonhI").presses("Go on").is_told("A name is one line of at most 100 characters")
    look("name-told")
    niko.types("Your name", "  Niko   Ivanov ").types("What you say of yourself", "sorts parcels in hall 3")
    niko.presses("Go on").sees("Which address do you confirm?").reads("Niko Ivanov who says: sorts parcels in hall 3")
    look("address")
    asks(niko, address).reads("Niko Ivanov who says: sorts parcels in hall 3")
    look("code")
    niko.types("Eight digits", street.post.mailbox.code(address)).presses("Show my name").sees(
        "Your name will be shown"
    )
    look("done")
    for number, name in enumerate(
        ("Ágnes Nagy", "<b>Bo</b> & co", "ليلى حسن", "W" * 40, "q\u0323\u0331\u0308\u0304uentin")
    ):
        here.does(street.show, street.person(100 + number), name, "works elsewhere" if number % 2 else None)
    here.does(street.crowd, 25, 200)
    here.days_pass(1)

    reads_the_letter(niko).reads("Niko Ivanov who says: sorts parcels in hall 3").reads("<b>Bo</b> & co")
    look("letter")
    follows(niko, "Take it away").sees("Take your name away from this letter")
    look("away-address")
    asks(niko, address)
    look("away-code")
    niko.types("Eight digits", street.post.mailbox.code(address, count=2)).presses("Take my name away")
    niko.sees("Your name is taken away")
    look("away-done")
    here.tick(here.hours(1))
    reads_the_letter(niko).does_not_read("Niko")
    niko.reads("Ágnes Nagy")
    assert stored(niko.page) == NOTHING
    assert sent_all(niko) == ["/api/supporters/mails", "/api/names", "/api/supporters/mails", "/api/names/withdrawals"]


def test_codes_that_do_not_fit_are_answered_alike(around: Around, somebody: Come) -> None:
    """Wrong, expired, of another purpose, letter or address, of somebody counted or not: the same words and sizes."""
    here, street = around
    tess, counted, free = somebody(), street.person(300), street.person(301)
    assert here.does(street.confirm, counted).status_code == 204
    wrong = {
        "wrong": (free, "00000000"),
        "wrong for somebody counted": (counted, "00000000"),
        "expired": (free, here.does(street.code, free, hour=here.hours(-2))),
        "to take back": (free, here.does(street.code, free, UNSUPPORT)),
        "to show a name": (free, here.does(street.code, free, SHOW)),
        "for another letter": (free, here.does(street.code, free, slug="other")),
        "to another address": (free, here.does(street.code, counted)),
        "to take back, of somebody counted": (counted, here.does(street.code, counted, UNSUPPORT)),
    }
    begins(tess, "support").presses("Go on").sees("Which address do you confirm?").presses("I have a code")
    tess.sees("Which code came by mail?")
    said = set()
    for name, (address, code) in wrong.items():
        tess.types("Your address", address).types("Eight digits", code)
        with tess.page.expect_response("**/api/supporters") as answer:
            tess.presses("Count me")
        tess.is_told("This code does not fit this address, this letter and what you want to do.")
        said.add(
            (
                answer.value.status,
                answer.value.header_value("content-length"),
                tess.page.get_by_role("alert").inner_text(),
            )
        )
        assert tess.page.evaluate("() => document.activeElement.name") == "digits", name
    assert len(said) == 1
    Gallery("beside-codes").look(tess.page, "of-before")
    # One that was used counts nobody twice, and tells nobody whether it was.
    for _ in range(2):
        right = here.does(street.code, free)
        begins(tess, "support").presses("Go on").presses("I have a code").types("Your address", free)
        tess.types("Eight digits", right).presses("Count me").sees("You stand by this letter")
    from undersigned.letters.models import Supporter  # noqa: PLC0415 - needs Django set up first

    tag = here.does(street.instance.letters.standing.row_tag, _context(here), street.tag(free, SUPPORT))
    assert here.does(lambda: Supporter.objects.using("letters").filter(tag=tag).count()) == 1


def _context(here: Place) -> str:
    context: str = here.letters["leave"].context
    return context


def test_uma_stands_by_a_letter_without_a_mouse(around: Around, somebody: Come) -> None:
    _, street = around
    uma, address = somebody(), f"uma@mail{street.number}.example"
    begins(uma, "support").sees("Stand by this letter without signing it").reaches("Go on").keys("Enter")
    uma.sees("Which address do you confirm?")
    expect(uma.page.get_by_role("heading", level=1)).to_be_focused()
    uma.reaches("Your address").page.keyboard.type(address)
    uma.keys("Enter").sees("Which code came by mail?").reaches("Eight digits")
    uma.page.keyboard.type("00000000")
    uma.keys("Enter").is_told("This code does not fit").page.keyboard.press("Control+A")
    uma.page.keyboard.type(street.post.mailbox.code(address))
    uma.keys("Enter").sees("You stand by this letter")
    expect(uma.page.get_by_role("heading", level=1)).to_be_focused()
    uma.reaches("Back to the letter").keys("Enter")
    expect(uma.page).to_have_url(f"{uma.url}/letters/leave/")


def test_back_and_reload_lose_no_way(around: Around, somebody: Come) -> None:
    _, street = around
    vito, address = somebody(), f"vito@mail{street.number}.example"
    begins(vito, "show").presses("Go on").types("Your name", "Vito").presses("Go on")
    asks(vito, address)
    vito.page.go_back()
    vito.sees("Which address do you confirm?").presses("Back").sees("How should your name stand there?")
    assert vito.page.get_by_label("Your name", exact=True).input_value() == "Vito"
    vito.page.reload()
    vito.sees("How should your name stand there?")
    assert vito.page.get_by_label("Your name", exact=True).input_value() == "", "nothing is kept, in history neither"
    vito.types("Your name", "Vito").presses("Go on").presses("I have a code").sees("Which code came by mail?")
    vito.page.reload()
    vito.sees("Show your name under this letter?")
    assert stored(vito.page) == NOTHING
    assert "Vito" not in vito.page.evaluate("() => JSON.stringify(history.state) + location.href + document.title")


def test_what_cannot_be_done_is_said(around: Around, somebody: Come) -> None:
    here, street = around
    wes = somebody()
    begins(wes, "support", "no-such-letter").sees("There is no such letter here")
    gallery = Gallery("beside-states")
    gallery.look(wes.page, "nothing")
    begins(wes, "support").presses("Go on").sees("Which address do you confirm?")
    wes.page.context.route("**/api/supporters/mails", lambda route: route.abort())
    wes.types("Your address", street.person(400)).presses("Send me a code").is_told("nothing counts twice")
    gallery.look(wes.page, "unanswered")
    wes.page.context.unroute_all()
    wes.page.context.route("**/letters/leave/count.json", lambda route: route.abort())
    begins(wes, "support").sees("This page cannot go on now")
    gallery.look(wes.page, "cannot-go-on")
    wes.page.context.unroute_all()
    here.opens("short", days=1)
    here.days_pass(1)
    for purpose in ("support", "unsupport", "show"):
        begins(wes, purpose, "short").sees("This letter is closed")
    gallery.look(wes.page, "closed")
    follows(wes, "Take my name away").sees("Take your name away from this letter")


def test_without_script_the_page_says_how(around: Around, somebody: Come) -> None:
    here, _ = around
    xaver = somebody(java_script_enabled=False)
    begins(xaver, "support")
    without = xaver.page.locator("noscript")
    assert without.bounding_box() is not None, "it shows, though a driver takes it for invisible"
    for words in ("uvx undersigned support", "uvx undersigned show-name", "--withdraw"):
        assert words in without.inner_text()
    reads_the_letter(xaver).reads(f"uvx undersigned support {here.url}/letters/leave")


def test_a_member_s_pass_is_not_touched_and_no_supporter_looks_like_one(around: Around, somebody: Come) -> None:
    """Mia has signed; in the same browser somebody shows a name. Pass, words and receipts stay as they were."""
    here, street = around
    mia = somebody().joins("leave", here.code()).goes_on().signs()
    before, sent = stored(mia.page), len(mia.sent)
    assert "undersigned/kept" in before
    mia.page.add_init_script("indexedDB.open = () => { throw new Error('storage was opened'); };")
    begins(mia, "show").presses("Go on").types("Your name", "Mia").presses("Go on")
    asks(mia, street.person(500)).types("Eight digits", street.post.mailbox.code(street.person(500)))
    mia.presses("Show my name").sees("Your name will be shown")
    begins(mia, "support").sees("Stand by this letter without signing it")
    texts = mia.page.locator("body").inner_text()
    assert not any(words in texts for words in ("You have signed", "Your pass", "member"))
    loaded = {path_of(each).split(".")[0] for each in mia.sent[sent:] if path_of(each).startswith("/client/")}
    assert loaded == {"/client/beside", "/client/beside-worker", "/client/sign"}, "script of its own, the style of all"
    other = mia.page.context.new_page()
    other.goto(f"{mia.url}/letters/leave/")
    assert stored(other) == before
