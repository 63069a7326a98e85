"""A letters' server that says of an issuer that it is nowhere, or itself, or somewhere else than yesterday."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.browsing import Place
from support.co_issuing import UNION
from support.instances import EPOCH, HERE, ISSUER
from support.people import Person, at_a_terminal
from support.unions import Union, union
from undersigned.protocol.elsewhere import issuers
from undersigned.protocol.letter import Organisation
from undersigned.values import canonical

pytestmark = pytest.mark.xdist_group("attack-where")

Come = Callable[..., Person]
SLUG, CHOOSE, JOINED = "alone", "Where do you join?", "You have joined. Sign now, or later?"
STOP = "If your slip, or whoever told you, names another address, stop."


@pytest.fixture(scope="module")
def there(here: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Union]:
    with union(tmp_path_factory.mktemp("union"), here) as served:
        here.opens(SLUG, days=4, epoch=EPOCH, organisations=(Organisation(HERE, (UNION,)),))
        here.opens("both", days=4, epoch=EPOCH, organisations=(Organisation(HERE, (ISSUER, UNION)),))
        yield served


def says(person: Person, *addresses: str) -> None:
    """Let the server name these addresses of the issuer to one person; none where there is none."""
    lie = issuers(dict.fromkeys((UNION,), *addresses) if addresses else {})
    person.page.context.unroute_all()
    person.page.context.route("**/issuers.json", lambda route: route.fulfill(body=lie, content_type="application/json"))


@pytest.mark.parametrize("named", [True, False], ids=["names itself", "leaves it out"])
def test_a_server_in_the_issuers_place_is_named_with_its_address_before_anything_goes_there(
    here: Place, there: Union, somebody: Come, *, named: bool
) -> None:
    anna = somebody()
    says(anna, *([here.url] if named else []))
    anna.opens(SLUG).says_where().reads(f"This goes to {UNION}, at {here.url}, and nowhere else. {STOP}")
    anna.types("Your code", there.codes[-1]).presses("Go on").says_nothing_more().writes_the_words_down()
    anna.reads(f"This goes to {UNION}, at {here.url}, and nowhere else. {STOP}")
    assert anna.messages() == []


def test_of_two_issuers_each_is_shown_where_the_server_says_that_both_are_here(
    here: Place, there: Union, somebody: Come
) -> None:
    assert there.url
    bea = somebody()
    says(bea)
    bea.opens("both").sees(CHOOSE).chooses(UNION).reads("Compare the address with your slip")
    bea.presses("Go on there").says_where().reads(f"This goes to {UNION}, at {here.url}, and nowhere else. {STOP}")
    assert bea.messages() == []


def test_an_address_that_was_agreed_to_is_kept_and_no_other_is_gone_to_silently(
    here: Place, there: Union, somebody: Come
) -> None:
    carl = somebody().opens(SLUG).sees(CHOOSE).presses("Go on there").says_where()
    carl.types("Your code", "7K3M-9QXA-2B4C-D5EF").presses("Go on").says_nothing_more().writes_the_words_down()
    carl.reads(STOP).presses("Join").is_told("This code is not known for this place of work.")
    before = len(carl.messages())
    for lie in ((), (here.url,), ("https://false.example",)):
        says(carl, *lie)
        carl.opens("both").sees(CHOOSE)
        said = (*lie, here.url)[0]
        carl.reads(f"You know {UNION} at {there.url}. This server now says {said}. Nothing was sent there.")
        carl.reads(f"What you bring goes to {ISSUER}, at {here.url}, and to nobody else.")
    assert len(carl.messages()) == before


def test_what_was_shown_holds_when_the_server_says_something_else_in_between(
    here: Place, there: Union, somebody: Come
) -> None:
    """Between the question and the code the page is loaded anew, and the server names itself."""
    dina = somebody().opens(SLUG).sees(CHOOSE).presses("Go on there").says_where()
    dina.types("Your code", there.codes[-1]).presses("Go on").says_nothing_more().writes_the_words_down()
    for lie in ((), (here.url,)):
        says(dina, *lie)
        dina.opens(SLUG).sees("Join now?").reads(f"This goes to {UNION}, at {there.url}, and nowhere else.")
        dina.presses("Join").is_told("Whoever admits you is said to be at another address than you know.")
    assert dina.messages() == []
    dina.page.context.unroute_all()
    dina.opens(SLUG).sees("Join now?").presses("Join").sees(JOINED)
    there.codes.pop()


def test_who_joined_here_is_not_sent_elsewhere_later(here: Place, there: Union, somebody: Come) -> None:
    """The same for the usual person, whose issuer is the server itself."""
    assert there.url
    emil = somebody().joins("leave", here.code())
    lie = issuers({ISSUER: "https://false.example"})
    emil.page.context.route("**/issuers.json", lambda route: route.fulfill(body=lie, content_type="application/json"))
    emil.opens().sees("Your pass").presses("Somebody else replaces my words")
    emil.sees("Stop the replacement of your words?")
    emil.reads(f"You know {ISSUER} at {here.url}. This server now says https://false.example. Nothing was sent there.")
    before = len(emil.messages())
    emil.presses("Stop it").is_told("Choose one of them.")
    assert len(emil.messages()) == before
    emil.opens("leave").sees("Sign this letter?").signs()


def test_an_older_pass_opens_and_learns_the_address_when_it_is_agreed_to(
    here: Place, somebody: Come, tmp_path: Path
) -> None:
    with at_a_terminal(here) as client:
        client.enrol(HERE, here.code(), issuer=ISSUER)
        value = json.loads(client.wallet.encoded())
    value["instances"][here.url].pop("issuers")
    (tmp_path / "older.pass").write_bytes(canonical(value))
    fay = somebody().opens().sees("Your pass").presses("I saved my pass as a file").sees("Bring your pass back")
    fay.page.get_by_label("Your file", exact=True).set_input_files(tmp_path / "older.pass")
    fay.presses("Bring it back").sees("Your pass")
    for stop in (True, False):
        # An organisation with one issuer here alone is asked for it by its letter's page.
        fay.opens("leave").sees("Sign this letter?").page.get_by_role("button", name="Your pass").click()
        fay.sees("Your pass").presses("Somebody else replaces my words").sees("Stop the replacement of your words?")
        fay.reads(f"This goes to {ISSUER}, at {here.url}, and nowhere else.")
        (fay.reads if stop else fay.does_not_read)(STOP)
        fay.presses("Stop it").is_told("Nobody asked to replace your words.")
