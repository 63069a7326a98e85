"""People who come back: a second letter, the same letter twice, another device, a file that goes both ways."""

import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from support import instances
from support.browsing import Place
from support.people import Person, at_a_terminal
from undersigned.holder import wallet_file

pytestmark = pytest.mark.xdist_group("journey-returning")

PASSPHRASE = "four or five plain words"


@pytest.fixture(scope="module")
def here(quiet: Place) -> Place:
    """Shared with other modules."""
    return quiet


def test_ada_signs_a_second_letter_in_two_clicks(here: Place, somebody: Callable[[], Person]) -> None:
    ada = somebody().joins("leave", here.code()).goes_on().signs()
    ada.page.goto(f"{here.url}/letters/rest/")

    ada.page.get_by_role("link", name="Sign this letter").click()
    ada.sees("Sign this letter?").reads("On the machines that read our messages").reads("Your device has checked it.")
    ada.presses("Sign this letter")

    ada.sees("Signed").reads("You will be counted when the next count closes, on 5 December 2026 at the latest.")
    assert len(ada.acts()) == 2
    assert len(ada.messages()) == 3, "joined once, signed twice"


def test_ben_signs_the_same_letter_on_two_devices_and_counts_once(here: Place, somebody: Callable[[], Person]) -> None:
    phone = somebody().joins("leave", here.code()).goes_on().signs()

    laptop = somebody().restores("leave", phone.phrase.upper().replace(" ", "\n"))
    laptop.sees("Sign this letter?").presses("Sign this letter").sees("You have signed this letter")
    laptop.reads("You had signed it before. This is the same signature, and it counts once.")

    one, other = (each.acts()[-1].post_data_buffer for each in (phone, laptop))
    assert one is not None
    assert other is not None
    assert one != other, "another proof, the same mark"
    phone.opens("leave").sees("You have signed this letter").does_not_read("You had signed it before")


def test_cleo_brings_her_pass_to_a_new_phone_with_her_words(here: Place, somebody: Callable[[], Person]) -> None:
    old = somebody().joins("leave", here.code())
    new = somebody()

    wrong = old.phrase.split()
    wrong[0], wrong[1] = wrong[1], wrong[0]
    new.restores("leave", " ".join(wrong)).is_told("one is wrong or in another place")
    new.types("Your 24 words", " ".join(wrong[:-1])).presses("Bring it back").is_told("There are 24 words")
    assert new.messages() == [], "nothing is asked for with words that cannot be right"

    new.types("Your 24 words", old.phrase).presses("Bring it back").sees("Sign this letter?").signs()
    assert [each.url.rsplit("/", 1)[1] for each in new.messages()] == ["renewals", "acts"]


def test_dov_saves_a_file_that_the_command_line_opens(
    here: Place, somebody: Callable[[], Person], tmp_path: Path
) -> None:
    dov = somebody().joins("leave", here.code()).goes_on().signs()
    dov.presses("Save my pass as a file").sees("Save your pass as a file")
    dov.types("Passphrase for the file", "short").types("The same again", "short").presses("Save the file")
    dov.is_told("short enough to be guessed")
    dov.types("Passphrase for the file", PASSPHRASE).types("The same again", PASSPHRASE)
    saved = dov.downloads("Save the file", tmp_path / "undersigned.pass")

    assert wallet_file.is_sealed(saved)
    wallet = wallet_file.unseal(saved, PASSPHRASE)
    assert wallet.phrase == dov.phrase
    with at_a_terminal(here, wallet) as terminal:
        assert terminal.sign("leave").repeated, "the command line makes the same mark as the browser"


def test_esme_brings_a_file_that_the_command_line_wrote(
    here: Place, somebody: Callable[[], Person], tmp_path: Path
) -> None:
    with at_a_terminal(here) as terminal:
        terminal.enrol(instances.HERE, here.code())
        terminal.sign("leave")
    file = tmp_path / "mine.pass"
    file.write_bytes(wallet_file.seal(terminal.wallet, wallet_file.Seal(PASSPHRASE, secrets.token_bytes, cost=15)))

    esme = somebody().brings("rest", file, "another passphrase")
    esme.is_told("The passphrase is not the one of this pass")
    esme.types("Its passphrase", PASSPHRASE).presses("Bring it back").sees("Sign this letter?").signs()
    esme.opens("leave").sees("Sign this letter?").presses("Sign this letter")
    esme.sees("You have signed this letter").reads("it counts once")
