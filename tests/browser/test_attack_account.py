"""Attacks on joining by account in a browser: other people's answers, replays, mixed-up providers, several tabs.

A device believes an answer to its own last question, once, and for the place of work that it asked for.
"""

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from playwright.sync_api import Playwright

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
from support.inspection import stored
from support.keeping import Place as Keeping
from support.people import Person
from undersigned.bootstrap import Instance
from undersigned.protocol.account import PAGE

pytestmark = pytest.mark.xdist_group("attack-account")

Come = Callable[..., Person]
JOINED = "You have joined. Sign now, or later?"
ASTRAY = "This browser did not ask"


@pytest.fixture(scope="module")
def provider() -> Iterator[At]:
    with accounts.running() as found:
        yield found


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory, provider: At) -> Iterator[Place]:
    def elsewhere(instance: Instance, keeper: Keeping) -> None:
        """Another place of work, whose members have accounts of another client at a provider of the attacker's."""
        keeper.client().make(instances.THERE)
        instance.issuer.set_way(instances.THERE, "oidc", provider.settings(client_id="other"))

    both = instances.letter("both", organisations=(instances.HERE, instances.THERE))
    with place(tmp_path_factory.mktemp("account"), provider, (instances.letter("leave"), both), elsewhere) as served:
        yield served


def follows(person: Person) -> list[str]:
    """Addresses with an answer that this browser comes to from now on."""
    found: list[str] = []

    def note(url: str) -> None:
        if f"{PAGE}#" in url:
            found.append(url)

    person.page.on("framenavigated", lambda frame: note(frame.url))
    return found


def sent_here(person: Person) -> list[str]:
    return [each.url for each in person.messages() if urlsplit(each.url).path.startswith("/api/")]


def test_an_answer_to_somebody_elses_question_joins_nobody(here: Place, provider: At, somebody: Come) -> None:
    """Mallory signs in with an account of her own and has Anna's browser open what came back (login CSRF)."""
    mallory = leaves(prepares(somebody()))
    question = waiting(mallory.beside().opens("leave").sees(AWAY).page)
    target = provider.sign_in(question["address"], "mallory@dept.example")
    assert f"{PAGE}#" in target

    anna = somebody().opens("leave").sees("Where are you reading this?")
    anna.page.goto("about:blank")
    anna.page.goto(target)
    anna.sees(ASTRAY).reads("somebody sent you here to make you join with an account of theirs")
    assert sent_here(anna) == []
    assert "undersigned" not in json.loads(stored(anna.page)), "something of it is kept"

    # The same while Anna's own question waits: it goes on waiting, and her own answer is taken.
    leaves(prepares(anna))
    lured = anna.beside()
    lured.page.goto(target)
    lured.sees(AWAY).is_told("What came back does not answer what this browser asked last. Nothing was sent.")
    comes_back(anna, "anna@dept.example").sees("Join now?").presses("Join").sees(JOINED)
    assert len(sent_here(anna)) == 1


def test_an_answer_is_taken_once(here: Place, somebody: Come) -> None:
    ben = prepares(somebody())
    answers = follows(ben)
    signs_in(ben, "ben@dept.example").sees("Join now?")
    twice = ben.beside()
    twice.page.goto(answers[0])
    twice.sees(ASTRAY).presses("Your pass").sees("Your pass")
    ben.presses("Join").sees(JOINED)
    twice.page.goto("about:blank")
    twice.page.goto(answers[0])
    twice.sees(ASTRAY)
    assert len(sent_here(ben)) == 1


def test_another_browser_cannot_use_an_answer(here: Place, somebody: Come) -> None:
    """Whoever reads a history, a log of the provider's or over a shoulder has an answer without its question."""
    carla, thief = prepares(somebody()), somebody()
    answers = follows(carla)
    signs_in(carla, "carla@dept.example").sees("Join now?")
    prepares(thief)
    leaves(thief)
    thief.page.goto(answers[0])
    thief.sees(AWAY).is_told("What came back does not answer what this browser asked last.")
    assert sent_here(thief) == []
    carla.presses("Join").sees(JOINED)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"iss": "https://evil.example"}, "Another provider answered than the one that was asked."),
        ({"iss": None}, "Another provider answered than the one that was asked."),
        ({"code": None}, "What the provider sent back cannot be read"),
    ],
    ids=["another provider", "a provider that does not say who it is", "no code"],
)
def test_an_answer_of_another_provider_is_not_sent_on(
    here: Place, provider: At, somebody: Come, changes: dict[str, str | None], told: str
) -> None:
    """The state is right and the rest is not: the question is over, since somebody else has seen it."""
    dora = leaves(prepares(somebody()))
    question = waiting(dora.beside().opens("leave").sees(AWAY).page)
    answer = {"code": "x" * 43, "state": question["state"], "iss": provider.url} | changes
    said = urlencode({name: value for name, value in answer.items() if value is not None})
    dora.page.goto(f"{here.url}{PAGE}?{said}")
    dora.sees(AWAY).is_told(told)
    assert asks_nothing(dora.page)
    assert sent_here(dora) == []
    right = urlencode({"code": "x" * 43, "state": question["state"], "iss": provider.url})
    dora.page.goto("about:blank")
    dora.page.goto(f"{here.url}{PAGE}#{right}")
    dora.sees(ASTRAY)


def test_what_comes_back_for_one_place_of_work_is_not_sent_for_another(
    here: Place, provider: At, somebody: Come
) -> None:
    """Another tab chooses another place of work meanwhile, whose provider would be handed code and verifier."""
    emil = somebody()
    emil.opens("both").says_where(ACCOUNT).chooses(instances.HERE).presses("Go on")
    emil.says_nothing_more().writes_the_words_down(AWAY)
    tab = emil.beside()
    signs_in(emil, "emil@dept.example").sees("Join now?")
    tab.opens("both").sees(AWAY).presses("Back").sees(ACCOUNT).chooses(instances.THERE).presses("Go on")
    tab.sees("What kind of work do you do?")
    provider.heard()
    emil.presses("Join").is_told("what you brought back was for another place of work")
    assert sent_here(emil) == []
    assert [each for each in provider.heard() if each.startswith("POST /token")] == []

    # Left for the one, chosen the other before coming back: it is for the one again.
    frida = somebody()
    frida.opens("both").says_where(ACCOUNT).chooses(instances.HERE).presses("Go on")
    leaves(frida.says_nothing_more().writes_the_words_down(AWAY))
    tab = frida.beside().opens("both").sees(AWAY).presses("Back").sees(ACCOUNT)
    tab.chooses(instances.THERE).presses("Go on").sees("What kind of work do you do?")
    comes_back(frida, "frida@dept.example").sees("Join now?").reads(instances.HERE).presses("Join").sees(JOINED)


def test_of_two_tabs_the_last_that_asked_is_answered(here: Place, somebody: Come) -> None:
    gus = leaves(prepares(somebody()))
    tab = gus.beside().opens("leave").sees(AWAY).presses("Sign in there")
    tab.page.locator("input[name=login]").wait_for()
    fills_in(gus.page, "gus@dept.example")
    gus.sees(AWAY).is_told("If you have this page open twice, sign in anew here.")
    gus.page.context.clear_cookies()
    tab.opens("leave").sees(AWAY)
    signs_in(tab, "gus@dept.example").sees("Join now?").presses("Join").sees(JOINED)
    gus.opens("leave").sees("Sign this letter?")


def test_what_is_burned_meanwhile_stays_burned(here: Place, somebody: Come) -> None:
    hal = leaves(prepares(somebody()))
    tab = hal.beside().opens().sees("Your pass").presses("Burn it").sees("Burn your pass on this device?")
    tab.presses("Burn it").sees("Burned")
    comes_back(hal, "hal@dept.example").sees(ASTRAY)
    assert "undersigned" not in json.loads(stored(hal.page))
    assert sent_here(hal) == []


def test_what_a_browsers_history_keeps_is_spent_and_names_nobody(
    here: Place, provider: At, driver: Playwright, somebody: Come, tmp_path: Path
) -> None:
    browser = driver.chromium.launch_persistent_context(
        str(tmp_path / "profile"), executable_path=str(CHROMIUM), args=list(ARGUMENTS), locale="en-GB"
    )
    iris = leaves(prepares(Person(browser.new_page(), here.url)))
    verifier = waiting(iris.beside().opens("leave").sees(AWAY).page)["verifier"]
    comes_back(iris, "iris@dept.example").sees("Join now?").presses("Join").sees(JOINED)
    browser.close()
    (history,) = (tmp_path / "profile").glob("*/History")
    with sqlite3.connect(history) as database:
        visited = [str(row[0]) for row in database.execute("SELECT url FROM urls")]
    database.close()
    octets = history.read_bytes()
    secret = [*(each.encode() for each in iris.paper), b"iris", verifier.encode(), *map(str.encode, provider.issued())]
    assert [each for each in secret if each in octets] == []
    assert iris.url.encode() in octets, "what is looked for would be found"

    answers = [each for each in visited if re.search(r"[?#&]code=", each)]
    assert answers != [], "Chromium keeps where it was sent, whatever a page does (docs/limitations.md)"
    reader = somebody()
    for each in answers:
        reader.page.goto("about:blank")
        reader.page.goto(each)
        reader.sees(ASTRAY)
    code = dict(parse_qsl(urlsplit(answers[0]).fragment.removeprefix("back?")))["code"]
    spent = replace(provider.question(here.url + PAGE), verifier=verifier)
    assert accounts.redeems(provider, spent, code) == 400
