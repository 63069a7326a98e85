"""Servers that lie: the page notices, says so, and sends nothing more."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Request, Route, expect

from support import instances
from support.browsing import Place
from support.people import PATIENCE, Person, at_a_terminal
from support.published import write_log
from undersigned.protocol.enrolment import Admission
from undersigned.protocol.enrolment import Request as Asked
from undersigned.protocol.entry import LetterOpened, TermsSet
from undersigned.tlog.tile import parse_bundle

pytestmark = pytest.mark.xdist_group("journey-malicious")

Come = Callable[..., Person]
CANNOT = "This page cannot go on now"


@pytest.fixture
def lies(here: Place, tmp_path: Path) -> Callable[[Person, list[bytes]], None]:
    """Show one person a registry of their own, with a right tree and the right key's signature."""

    def lie(person: Person, entries: list[bytes]) -> None:
        write_log(tmp_path / "registry", here.instance.keys.signing("registry", instances.NAME), entries)

        def answer(route: Route) -> None:
            file = tmp_path / route.request.url.removeprefix(f"{here.url}/")
            route.fulfill(body=file.read_bytes()) if file.is_file() else route.fallback()

        person.page.context.route("**/registry/**", answer)

    return lie


def registry(here: Place) -> list[bytes]:
    """Entries of the registry, as everybody reads them."""
    public = here.instance.config.public / "registry"
    size = int((public / "checkpoint").read_text(encoding="utf-8").splitlines()[1])
    return parse_bundle((public / f"tile/entries/000.p/{size}").read_bytes(), size)


def second_letter(here: Place) -> list[bytes]:
    """A second letter with the short name of the first, for one person alone."""
    mine = replace(instances.letter("leave"), addressee="To Quin alone")
    first = instances.terms(mine)
    return [*registry(here), LetterOpened("leave", mine.digest).encoded, TermsSet(mine.digest, 1, first.digest).encoded]


def sends_nothing(person: Person) -> None:
    assert person.messages() == []
    assert {each.method for each in person.sent} == {"GET"}


def test_quin_is_shown_a_second_letter_of_the_same_name(
    here: Place, somebody: Come, lies: Callable[[Person, list[bytes]], None]
) -> None:
    quin = somebody()
    lies(quin, second_letter(here))
    quin.opens("leave").sees(CANNOT).reads("Do not sign. Tell others.")
    sends_nothing(quin)

    quin.page.context.unroute_all()
    quin.joins("leave", here.code()).goes_on()
    lies(quin, second_letter(here))
    quin.presses("Sign this letter").is_told("Do not sign. Tell others.")
    assert quin.acts() == [], "noticed in the last moment, too"


def test_rosa_is_shown_an_altered_letter(here: Place, somebody: Come) -> None:
    rosa = somebody()

    def alter(route: Route) -> None:
        honest = route.fetch()
        altered = honest.body().replace(b"Nobody was asked.", b"Everybody agreed.")
        assert altered != honest.body()
        route.fulfill(response=honest, body=altered)

    rosa.page.context.route(f"**/documents/{here.letters['leave'].digest}", alter)
    rosa.opens("leave").sees(CANNOT)
    rosa.reads("The text that the server sent is not the one in the public registry. Do not sign. Tell others.")
    sends_nothing(rosa)


def test_sami_is_given_a_pass_that_would_mark_him(here: Place, somebody: Come) -> None:
    sami = somebody()

    def mark(route: Route) -> None:
        asked = Asked.parse(Admission, route.request.post_data_buffer or b"")
        other = replace(asked, wish=replace(asked.wish, role_family="software-engineer"))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(here.instance.issuer.door, "check", lambda *_: asked.verify())  # an issuer that lies
            marked = here.does(here.instance.issuer.admit, other)
        route.fulfill(body=marked.encoded(), content_type="application/json")

    sami.page.context.route("**/api/issuer/admissions", mark)
    sami.opens("leave").says_where().types("Your code", here.code()).presses("Go on")
    sami.says_nothing_more().writes_the_words_down().presses("Join")
    sami.is_told("thrown away: it was not the one everybody gets, and could have marked you. Tell others.")
    assert len(sami.messages()) == 1
    sami.opens().sees("Your pass").does_not_read("example.com, for")

    honest = somebody().restores("leave", sami.phrase).sees("Sign this letter?").signs()
    assert len(honest.acts()) == 1


@pytest.mark.parametrize("changed", ["another ending", "a shorter one"])
def test_tess_is_shown_a_registry_that_changed_behind_her(
    here: Place, somebody: Come, lies: Callable[[Person, list[bytes]], None], changed: str
) -> None:
    here.opens(f"gone-{len(registry(here))}", days=4)
    tess = somebody().joins("leave", here.code())
    sent = len(tess.messages())
    *before, _ = registry(here)
    other = TermsSet(here.letters["leave"].digest, 2, "00" * 32).encoded
    lies(tess, before if changed == "a shorter one" else [*before, other, *before[-1:]])
    tess.opens("leave").sees(CANNOT)
    tess.reads("Do not sign. Tell others.")
    assert len(tess.messages()) == sent


@pytest.mark.parametrize("which", ["worker", "sign"])
def test_uma_is_served_another_script(here: Place, somebody: Come, which: str) -> None:
    uma = somebody()

    def alter(route: Route) -> None:
        honest = route.fetch()
        route.fulfill(response=honest, body=honest.body() + b"\nfetch('/api/acts', { method: 'POST', body: 'mine' });")

    uma.page.context.route(re.compile(rf"/client/{which}\.[0-9a-f]+\.js"), alter)
    uma.opens("leave")
    if which == "worker":
        uma.sees(CANNOT).reads("A part of this page did not load. Load the page again.")
    else:
        expect(uma.page.get_by_text("Load it again, or try another network.")).to_be_visible(timeout=PATIENCE)
    assert uma.wrong
    assert all("integrity" in each for each in uma.wrong), uma.wrong
    uma.wrong.clear()
    sends_nothing(uma)


def test_vera_is_sent_elsewhere_with_her_signature(here: Place, somebody: Come) -> None:
    vera = somebody().joins("leave", here.code()).goes_on()
    elsewhere: list[Request] = []
    vera.page.context.on("request", lambda each: elsewhere.append(each) if not each.url.startswith(here.url) else None)
    vera.page.context.route(
        "**/api/acts", lambda route: route.fulfill(status=307, headers={"Location": "http://127.0.0.1:9/api/acts"})
    )
    vera.presses("Sign this letter").is_told("The server sent you to another address. Nothing was sent there.")
    assert elsewhere == []
    assert len(vera.acts()) == 1


def test_wim_is_given_the_receipt_of_somebody_else(here: Place, somebody: Come) -> None:
    with at_a_terminal(here) as other:
        other.enrol(instances.HERE, here.code())
        receipt = other.sign("leave").receipt.decode()
    wim = somebody().joins("leave", here.code()).goes_on()

    def swap(route: Route) -> None:
        honest = route.fetch()
        route.fulfill(response=honest, json=honest.json() | {"receipt": receipt})

    wim.page.context.route("**/api/acts", swap)
    wim.presses("Sign this letter").is_told("The receipt is for something else than what you sent.")
    wim.page.context.unroute("**/api/acts")
    wim.opens("leave").sees("Your signature may not have arrived").presses("Send it again")
    wim.sees("You have signed this letter").reads("it counts once")
