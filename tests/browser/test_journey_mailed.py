"""Dora joins with a code that is mailed to her, through a real mail server and a real keeper."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from support import instances
from support.browsing import Place, place
from support.by_mail import DOMAIN, FAST, settle
from support.inspection import accessible, stored
from support.keeping import place as keeping
from support.mailing import Post, post
from support.people import Person

Shot = Callable[[Page, str], Path]


@pytest.fixture(scope="module")
def mailed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, Post]]:
    home = tmp_path_factory.mktemp("mailed")
    with keeping() as keeper, post(home, "tls") as server:
        keeper.start(*FAST)
        with place(home, (instances.letter("leave"),), 2, lambda folder: settle(folder, keeper, server)) as served:
            yield served, server


@pytest.fixture
def here(mailed: tuple[Place, Post]) -> Place:
    return mailed[0]


def test_dora_types_a_mailed_code_and_signs(
    mailed: tuple[Place, Post], here: Place, somebody: Callable[..., Person], shot: Shot
) -> None:
    here.opens("winter", days=4)
    dora, address = somebody(), f"dora@{DOMAIN}"

    def looks(name: str) -> None:
        accessible(dora.page)
        shot(dora.page, name)

    dora.opens("winter").says_where("Which address shows that you work there?").reads(DOMAIN)
    looks("join-2-address")
    dora.types("Your address", "dora").presses("Send me a code").is_told("An address is like")
    dora.types("Your address", "dora@elsewhere.example").presses("Send me a code").is_told("do not show that you work")
    dora.types("Your address", address).presses("Send me a code").sees("Which code came by mail?")
    looks("join-2-digits")
    code = mailed[1].mailbox.code(address)
    dora.types("Eight digits", "1234").presses("Go on").is_told("eight digits")
    dora.types("Eight digits", f"{(int(code) + 1) % 10**8:08}").presses("Go on")
    dora.says_nothing_more().writes_the_words_down().presses("Join").is_told("does not fit this address")
    dora.types("Eight digits", f"{code[:4]} {code[4:]}").presses("Go on")
    dora.sees("What kind of work do you do?").presses("Go on").presses("Go on").sees("Join now?").reads(address)
    dora.presses("Join").sees("You have joined. Sign now, or later?")
    assert address not in stored(dora.page)
    assert code not in stored(dora.page)
    dora.goes_on().signs()


def test_emil_renews_for_the_next_quarter_without_another_mail(
    mailed: tuple[Place, Post], here: Place, somebody: Callable[..., Person]
) -> None:
    here.opens("autumn", days=4)
    emil, address = somebody(), f"emil@{DOMAIN}"
    emil.opens("autumn").says_where("Which address shows that you work there?").types("Your address", address)
    emil.presses("Send me a code").sees("Which code came by mail?")
    emil.types("Eight digits", mailed[1].mailbox.code(address)).presses("Go on")
    emil.says_nothing_more().writes_the_words_down().presses("Join").sees("You have joined. Sign now, or later?")
    here.days_pass(45)
    here.opens("spring", days=20)
    came, sent = len(mailed[1].mailbox.mails), len(emil.messages())
    emil.opens("spring").sees("Get your pass for this quarter").reads("without showing anything again").presses(
        "Get it"
    )
    emil.sees("You have joined. Sign now, or later?").goes_on().signs()
    assert [each.url.rsplit("/", 1)[1] for each in emil.messages()[sent:]] == ["renewals", "acts"]
    assert len(mailed[1].mailbox.mails) == came, "no mail was sent"
    assert address not in stored(emil.page)
