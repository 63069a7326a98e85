"""What goes wrong on the way: no network, no answer, no server, two tabs at once. Everybody counts once in the end."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from support.browsing import Place
from support.people import PATIENCE, Person

pytestmark = pytest.mark.xdist_group("journey-trouble")

Come = Callable[..., Person]


@pytest.fixture(scope="module")
def here(passing: Place) -> Place:
    """Shared with other modules."""
    return passing


@pytest.fixture
def counts(here: Place, somebody: Come) -> Callable[[str, str], None]:
    """Let ten others sign and the next count come; see what the letter's page then says."""

    def count(slug: str, words: str) -> None:
        here.colleagues(10, slug)
        here.days_pass(1)
        reader = somebody()
        reader.page.goto(f"{here.url}/letters/{slug}/")
        reader.reads(words)

    return count


def test_lea_goes_offline_before_anything_left_her_phone(here: Place, somebody: Come) -> None:
    here.opens("tunnel", days=4)
    lea = somebody().joins("tunnel", here.code()).goes_on()
    lea.page.context.set_offline(True)
    lea.presses("Sign this letter").is_told("Nothing is lost: all of it is kept on this device. Try again later.")
    assert lea.acts() == []

    lea.page.context.set_offline(False)
    lea.page.close()
    lea.page = lea.page.context.new_page()
    lea.opens("tunnel").sees("Sign this letter?").signs()
    assert len(lea.acts()) == 1


def test_max_gets_no_answer_and_counts_once(here: Place, somebody: Come, counts: Callable[[str, str], None]) -> None:
    here.opens("elevator", days=4)
    max_ = somebody().joins("elevator", here.code()).goes_on()

    def lose(route: Route) -> None:
        """What was sent arrives; the answer does not."""
        route.fetch()
        route.abort("connectionreset")

    max_.page.context.route("**/api/acts", lose)
    max_.presses("Sign this letter").sees("Your signature may not have arrived")
    max_.reads("Nothing is lost: it is kept on this device, also when you close this page.")
    max_.reads("Go on when you are online again. Sending it twice is safe, it counts once.")

    max_.page.context.unroute("**/api/acts")
    max_.page.close()
    max_.page = max_.page.context.new_page()
    max_.opens("elevator").sees("Your signature may not have arrived").presses("Send it again")
    max_.sees("You have signed this letter").reads("This is the same signature, and it counts once.")
    assert len(max_.acts()) == 2
    counts("elevator", "11 people who work at example.com had signed")


def test_mina_is_answered_by_the_train_instead_of_the_server(here: Place, somebody: Come) -> None:
    here.opens("train", days=4)
    mina = somebody().joins("train", here.code()).goes_on()
    page = "<!doctype html><title>Welcome aboard</title>"
    mina.page.context.route("**/api/acts", lambda route: route.fulfill(body=page, content_type="text/html"))
    mina.presses("Sign this letter").sees("Your signature may not have arrived")
    mina.page.context.unroute("**/api/acts")
    mina.presses("Send it again").sees("Signed")


def test_nora_meets_a_server_that_is_away(here: Place, somebody: Come) -> None:
    here.opens("outage", days=4)
    nora = somebody().opens("outage").says_where().types("Your code", here.code()).presses("Go on")
    nora.says_nothing_more().writes_the_words_down()
    here.server.stop()
    nora.presses("Join").is_told("Nothing is lost: all of it is kept on this device. Try again later.")
    here.restart()
    nora.presses("Join").sees("You have joined. Sign now, or later?").goes_on()

    here.server.stop()
    nora.presses("Sign this letter").is_told("Nothing is lost")
    here.restart()
    nora.presses("Sign this letter").sees("Signed")


def test_omar_presses_the_button_in_two_tabs_at_once(
    here: Place, somebody: Come, counts: Callable[[str, str], None]
) -> None:
    here.opens("twice", days=4)
    one = somebody().joins("twice", here.code()).goes_on()
    two = one.beside().opens("twice").sees("Sign this letter?")
    for each in (one, two):
        each.button("Sign this letter").evaluate("(button) => setTimeout(() => button.click())")
    for each in (one, two):
        expect(each.page.get_by_role("heading", level=1)).to_contain_text("igned", timeout=PATIENCE)
        each.opens("twice").sees("You have signed this letter")
    assert one.wrong == []
    counts("twice", "11 people who work at example.com had signed")


def test_pia_joins_in_two_tabs_at_once_with_one_code(here: Place, somebody: Come) -> None:
    here.opens("both", days=4)
    code = here.code()
    one = somebody().opens("both").says_where().types("Your code", code).presses("Go on")
    one.says_nothing_more().writes_the_words_down()
    two = one.beside().opens("both").sees("Join now?")
    for each in (one, two):
        each.button("Join").evaluate("(button) => setTimeout(() => button.click())")
    for each in (one, two):
        expect(each.page.get_by_role("heading", level=1)).not_to_have_text("Join now?", timeout=PATIENCE)
        each.opens("both").sees("Sign this letter?")
    one.signs()
    assert [each.url for each in one.messages()].count(f"{here.url}/api/acts") == 1
