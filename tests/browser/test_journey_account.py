"""Ida joins with her union's account: she signs in at a real provider, comes back, joins, and signs another day."""

import json
import re
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Playwright, Request

from support import accounts, instances
from support.accounts import At
from support.browsing import ARGUMENTS, CHROMIUM, Place
from support.by_account import (
    ACCOUNT,
    AWAY,
    asks_nothing,
    comes_back,
    fills_in,
    leaves,
    place,
    prepares,
    signs_in,
    waiting,
)
from support.gallery import SPOKEN, Gallery
from support.inspection import path_of, requested, secrets_of, stored
from support.people import Person
from undersigned.languages.words import words
from undersigned.protocol.account import PAGE
from undersigned.protocol.enrolment import Admission
from undersigned.protocol.enrolment import Request as Asked

pytestmark = pytest.mark.xdist_group("journey-account")

Come = Callable[..., Person]
JOINED = "You have joined. Sign now, or later?"
PASSPHRASE = "four or five plain words"
#: What is read of the instance on the way to joining by account, beside what everybody reads.
READ = re.compile(
    r"/sign/(?:callback/)?|/issuers\.json|/assets/[a-z-]+\.[0-9a-f]{16}\.(?:css|svg|woff2)|/client/[a-z-]+\.[0-9a-f]{16}\.(?:js|css|json)"
    r"|/registry\.vkey|/(?:registry|log)/checkpoint|/(?:registry|log)/tile/entries/[x0-9/]+(?:\.p/[0-9]+)?"
    r"|/documents/[0-9a-f]{64}|/api/issuer/(?:role-families|nonce|ways)"
)


@pytest.fixture(scope="module")
def provider() -> Iterator[At]:
    with accounts.running() as found:
        yield found


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory, provider: At) -> Iterator[Place]:
    with place(tmp_path_factory.mktemp("account"), provider, (instances.letter("leave"),)) as served:
        yield served


def spelled(of: str) -> list[str]:
    """A login as it could be written down."""
    name = of.partition("@")[0]
    return [of, of.replace("@", "%40"), f'"{name}"']


# ── all goes well ──


def test_ida_joins_with_her_account_and_signs_another_day(here: Place, provider: At, somebody: Come) -> None:
    ida, login = somebody(), f"ida-{secrets.token_hex(4)}@dept.example"
    prepares(ida)
    ida.page.reload()
    leaves(ida.sees(AWAY))
    # Another tab of her browser finds all as it was; the question is on her device alone.
    tab = ida.beside().opens("leave").sees(AWAY)
    question = waiting(tab.page)
    provider.heard()
    comes_back(ida, login).sees("Join now?").reads("the one with which you signed in at 127.0.0.1 just now")
    assert ida.page.url == f"{here.url}/sign/#leave", "the answer stays in the address bar"
    assert asks_nothing(ida.page)
    ida.presses("Join").sees(JOINED)
    kept = stored(ida.page)

    admission = Asked.parse(Admission, ida.messages()[-1].post_data_buffer or b"").wish
    told = [question["state"], question["salt"], question["verifier"], admission.evidence["code"]]
    assert (admission.method, admission.evidence["verifier"]) == ("oidc", question["verifier"])
    assert [each for each in [*told, *spelled(login), *provider.issued()] if each in kept] == []
    assert [each for each in told if each in f"{kept} {question}"] != [], "what is looked for would be found"

    ida.page.close()
    ida.page = ida.page.context.new_page()
    ida.opens("leave").sees("Sign this letter?").signs()
    sent = requested(ida.sent)
    went(here, provider, sent)
    assert [each for each in told if any(each in path_of(one) for one in sent if one.url.startswith(here.url))] == []
    wire = b"\n".join((each.url.partition("#")[0].encode() + (each.post_data_buffer or b"")) for each in sent)
    assert [each for each in secrets_of(ida.paper) if each in wire] == []
    heard = "\n".join(provider.heard())
    assert "leave" not in heard
    assert not re.search(rf'"referer":"{re.escape(here.url)}', heard), "the provider sees from where somebody comes"
    assert [each for each in told if each in here.server.output.read_text()] == []


def went(here: Place, provider: At, sent: list[Request]) -> None:
    """Only this origin and the provider, and nothing that is not written down."""
    assert {f"{urlsplit(each.url).scheme}://{urlsplit(each.url).netloc}" for each in sent} == {here.url, provider.url}
    ours = [each for each in sent if each.url.startswith(here.url)]
    assert [path_of(each) for each in ours if each.method == "GET" and not READ.fullmatch(path_of(each))] == []
    posted = Counter(path_of(each) for each in ours if each.method != "GET")
    assert posted == {"/api/issuer/admissions": 1, "/api/acts": 1}
    theirs = [each for each in sent if each.url.startswith(provider.url)]
    assert {each.resource_type for each in theirs} <= {"document", "other"}, "the page itself asks the provider nothing"


@pytest.mark.parametrize("spoken", SPOKEN)
def test_each_screen_looks_as_intended(here: Place, somebody: Come, spoken: str) -> None:
    """In its languages, where all pictures are asked for; what somebody spoke is spoken when they come back."""
    kim = somebody()
    kim.language, kim.translated = spoken, words(spoken).messages.gettext
    gallery = Gallery("account", spoken)
    away = kim.translated("Sign in at {host}?").format(host="127.0.0.1")
    kim.opens("leave").says_where(ACCOUNT).unfolds("I have joined before")
    gallery.look(kim.page, "which")
    kim.presses("Go on").says_nothing_more().writes_the_words_down(away)
    gallery.look(kim.page, "away")
    signs_in(kim, f"kim-{spoken}@dept.example").sees("Join now?")
    gallery.look(kim.page, "back")
    kim.presses("Join").sees(JOINED)
    lou = kim.elsewhere()
    kim.opens("leave").sees("Sign this letter?")
    lou.opens("leave").says_where(ACCOUNT).presses("Go on").says_nothing_more().writes_the_words_down(away)
    signs_in(lou, f"kim-{spoken}@dept.example").sees("Join now?").presses("Join").sees(away)
    lou.page.get_by_role("alert").locator("p").wait_for()
    gallery.look(lou.page, "told")
    lou.page.goto(f"{here.url}{PAGE}#code=x&state=y")
    lou.sees("This browser did not ask")
    gallery.look(lou.page, "astray")
    lou.page.context.close()


def test_greta_speaks_german_before_and_after(here: Place, somebody: Come) -> None:
    greta = somebody()
    greta.language, greta.translated = "de", words("de").messages.gettext
    greta.opens("leave").says_where(ACCOUNT).presses("Go on").says_nothing_more()
    greta.writes_the_words_down("Bei 127.0.0.1 anmelden?").presses("Sign in there")
    fills_in(greta.page, "greta@dept.example")
    greta.sees("Join now?").presses("Join").sees(JOINED)
    assert greta.page.evaluate("document.documentElement.lang") == "de"
    assert greta.page.url == f"{here.url}/sign/#de/leave"


def test_kyle_uses_the_keyboard_alone(here: Place, somebody: Come) -> None:
    kyle = prepares(somebody())
    kyle.reaches("Sign in there").keys("Enter").page.locator("input[name=login]").wait_for()
    kyle.page.keyboard.type("kyle@dept.example")
    kyle.keys("Tab").page.keyboard.type("any")
    kyle.keys("Enter").page.get_by_role("button", name="Continue").focus()
    kyle.keys("Enter").sees("Join now?")
    kyle.reaches("Join").keys("Enter").sees(JOINED)


def test_a_protected_pass_keeps_the_question_where_nobody_reads_it(here: Place, somebody: Come) -> None:
    nils = prepares(somebody())
    nils.page.get_by_role("button", name="Your pass").click()
    nils.sees("Your pass").presses("Protect it with a passphrase").sees("Protect your pass with a passphrase")
    nils.types("Passphrase", PASSPHRASE).types("The same again", PASSPHRASE).presses("Protect it").sees("Your pass")
    nils.page.go_back()
    nils.sees(AWAY).presses("Sign in there").page.locator("input[name=login]").wait_for()
    asked = dict(parse_qsl(urlsplit(next(each.url for each in reversed(nils.sent) if "/auth?" in each.url)).query))
    kept = stored(nils.beside().opens("leave").sees("Your passphrase").page)
    assert json.loads(kept)["undersigned/kept"][0]["asking"] is not None
    assert [name for name in ("state", "nonce", "client_id", "redirect_uri") if asked[name] in kept] == []

    fills_in(nils.page, "nils@dept.example")
    nils.sees("Your passphrase").types("Passphrase", PASSPHRASE).presses("Open it")
    nils.sees("Join now?").presses("Join").sees(JOINED)


# ── what goes wrong ──


def test_uri_meets_everything_that_can_go_wrong(here: Place, provider: At, somebody: Come) -> None:
    uri, login = prepares(somebody()), "uri@dept.example"
    moves: list[str] = []
    uri.page.on("framenavigated", lambda frame: moves.append(frame.url))

    def again(words_: str) -> None:
        uri.sees(AWAY).is_told(words_)
        assert asks_nothing(uri.page), "something half-way is kept"

    leaves(uri).page.locator("a[href$='/abort']").click()
    again("You did not sign in, or the provider did not let you. Nothing was sent.")
    assert uri.messages() == [each for each in uri.messages() if each.url.startswith(provider.url)]

    signs_in(uri, "uri@elsewhere.example").presses("Join")
    again("This account is not one of those by which people of this place of work join.")
    for lie, told in (
        ({"kind": "reset"}, "The place where you sign in does not answer this server."),
        ({"kind": "html"}, "answers in a way that this server does not take."),
        ({"key": "foreign"}, "What the provider says of your account cannot be believed"),
    ):
        signs_in(uri, login).sees("Join now?")
        with provider.lying("token", **lie):
            uri.presses("Join")
            again(told)

    leaves(uri)
    question = waiting(uri.beside().opens("leave").sees(AWAY).page)
    comes_back(uri, login).sees("Join now?")
    # Somebody else was quicker, or a minute was: the code is used.
    code = dict(parse_qsl(urlsplit(next(each for each in reversed(moves) if f"{PAGE}#" in each)).fragment))["code"]
    spent = replace(provider.question(here.url + PAGE), verifier=question["verifier"])
    assert accounts.redeems(provider, spent, code) == 200
    uri.presses("Join")
    again("This sign-in was used already, or took too long.")

    signs_in(uri, login).sees("Join now?").page.reload()
    uri.sees(AWAY)
    signs_in(uri, login).presses("Join").sees(JOINED)
    assert Counter(path_of(each) for each in uri.messages() if each.url.startswith(here.url)) == {
        "/api/issuer/admissions": 6
    }

    vera = prepares(somebody())
    signs_in(vera, login).presses("Join").sees(AWAY).is_told("Somebody joined with this account already.")
    vera.presses("Back").sees(ACCOUNT).unfolds("I have joined before").presses("I have my words")
    vera.sees("Bring your pass back with your words").types("Your 24 words", uri.phrase).presses("Bring it back")
    vera.sees("Sign this letter?").signs()


def test_wanda_meets_a_server_that_is_away_when_she_comes_back(here: Place, somebody: Come) -> None:
    wanda = signs_in(prepares(somebody()), "wanda@dept.example").sees("Join now?")
    wanda.page.context.set_offline(True)
    wanda.presses("Join").is_told("The server did not answer, or you are offline.")
    wanda.page.context.set_offline(False)
    wanda.sees("Join now?").presses("Join").sees(JOINED)


def test_a_browser_that_keeps_nothing_is_told_before_it_leaves(here: Place, driver: Playwright, tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    (profile / "Default").mkdir(parents=True)
    settings = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    (profile / "Default" / "Preferences").write_text(json.dumps(settings))
    browser = driver.chromium.launch_persistent_context(
        str(profile), executable_path=str(CHROMIUM), args=list(ARGUMENTS), locale="en-GB"
    )
    yan = Person(browser.new_page(), here.url)
    yan.opens("leave").says_where(ACCOUNT).reads("This browser keeps nothing once you leave this page")
    assert yan.button("Go on").count() == 0
    assert yan.wrong == []
    browser.close()


def test_without_script_the_page_says_what_to_do(here: Place, provider: At, somebody: Come) -> None:
    zelda = somebody(java_script_enabled=False)
    zelda.page.goto(f"{here.url}/sign/")
    said = zelda.page.locator("noscript").text_content() or ""
    assert "Signing happens on your own device, so this page needs JavaScript." in said
    zelda.page.goto(provider.question(here.url + PAGE, fragment=True).address)
    fills_in(zelda.page, "zelda@dept.example")
    zelda.reads("script is switched off").reads("join with the command line")
    assert zelda.messages() == [each for each in zelda.messages() if each.url.startswith(provider.url)]
