"""A letter that asks for passes of two issuers, one of them elsewhere: what the page says, and who can sign."""

from collections.abc import Callable
from pathlib import Path

import pytest

from support.browsing import Place
from support.co_issuing import UNION, CoIssuer
from support.gallery import Gallery
from support.instances import EPOCH, HERE, ISSUER
from support.people import Person, at_a_terminal
from undersigned.asking.pins import Pin
from undersigned.holder.wallet import Membership
from undersigned.protocol.letter import Organisation
from undersigned.protocol.presentation import pseudonym_of
from undersigned.tlog.note import SigningKey
from undersigned.web.operations import add_issuer_key, pin_issuer

pytestmark = pytest.mark.xdist_group("journey-issuers")

Come = Callable[..., Person]
SLUG, THERE = "together", "https://union.example"
JOIN = "Join with the command line"


@pytest.fixture(scope="module")
def both(here: Place) -> Place:
    """The instance, with an issuer elsewhere that it knows, and a letter that asks for passes of both."""
    here.does(pin_issuer, here.instance, Pin.issuer(UNION, SigningKey(UNION, bytes(32)).vkey, THERE))
    here.does(add_issuer_key, here.instance, CoIssuer().entry())
    here.opens(SLUG, days=4, epoch=EPOCH, organisations=(Organisation(HERE, (ISSUER, UNION)),))
    return here


def test_una_is_told_how_to_join_and_sends_nothing(both: Place, somebody: Come) -> None:
    una = somebody().opens(SLUG).sees(JOIN)
    una.reads(f"{UNION}: {THERE}").reads("so that none of them can invent anybody")
    una.reads(f"undersigned enrol {both.url} --organisation {HERE} --issuer {UNION}")
    una.reads(f"undersigned sign {both.url}/letters/{SLUG}")
    Gallery("issuers").look(una.page, "apart")
    una.reaches("I saved my pass as a file")
    assert una.messages() == []
    assert {each.url.startswith(both.url) for each in una.sent} == {True}, "nobody else is asked"
    # Letters of the issuer that is here are joined here as before, and the code goes to that one.
    una.joins("leave", both.code()).goes_on().signs()
    una.opens(SLUG).sees(JOIN)


def test_viktor_joined_at_both_and_signs_in_the_page(both: Place, somebody: Come, tmp_path: Path) -> None:
    with at_a_terminal(both) as client:
        client.enrol(HERE, both.code(), issuer=ISSUER)
        seed = client.wallet.seed
        credentials = {EPOCH: CoIssuer().credential(seed)}
        client.wallet.hold(Membership(both.url, UNION, HERE, "undeclared", "undeclared", "code", credentials))
        file = tmp_path / "both.pass"
        file.write_bytes(client.wallet.encoded())
    viktor = somebody().opens(SLUG).sees(JOIN).presses("I saved my pass as a file").sees("Bring your pass back")
    viktor.page.get_by_label("Your file", exact=True).set_input_files(file)
    viktor.presses("Bring it back").sees("Sign this letter?")
    viktor.signs()
    (act,) = viktor.acts()
    assert f'"issuers":["{ISSUER}","{UNION}"]'.encode() in (act.post_data_buffer or b"")
    waiting = both.does(lambda: both.instance.ledger.waiting(both.letters[SLUG].context))
    assert waiting[HERE].signatures == 1
    assert pseudonym_of(both.letters[SLUG].context, seed)
    viktor.opens().sees("Your pass").reads(f"{HERE} ({ISSUER}), for").reads(f"{HERE} ({UNION}), for")


def test_wilma_has_a_pass_of_one_alone_and_is_told_how_to_get_the_other(
    both: Place, somebody: Come, tmp_path: Path
) -> None:
    with at_a_terminal(both) as client:
        client.enrol(HERE, both.code(), issuer=ISSUER)
        file = tmp_path / "one.pass"
        file.write_bytes(client.wallet.encoded())
    wilma = somebody().opens(SLUG).sees(JOIN).presses("I saved my pass as a file").sees("Bring your pass back")
    wilma.page.get_by_label("Your file", exact=True).set_input_files(file)
    wilma.presses("Bring it back").sees(JOIN)
    assert wilma.acts() == []
