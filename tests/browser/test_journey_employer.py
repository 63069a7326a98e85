"""Mail and accounts that the employer runs: refused, unless the operator allows them; then everybody is warned."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from support import accounts
from support.accounts import At
from support.browsing import Place
from support.browsing import place as placed
from support.by_account import ACCOUNT, AWAY, DOMAIN, signs_in
from support.by_mail import FAST
from support.gallery import Gallery
from support.instances import HERE, fresh, letter
from support.keeping import Place as Keeping
from support.keeping import place as keeping
from support.mailing import Post, post
from support.people import Person
from undersigned.bootstrap import Instance, open_instance
from undersigned.config import FILE
from undersigned.errors import Refused

pytestmark = pytest.mark.xdist_group("journey-employer")

Come = Callable[..., Person]
ADDRESS = "Which address shows that you work there?"
JOINED = "You have joined. Sign now, or later?"
ITS_MAIL = "Your employer runs this mail. It can see that you asked for a code, and could join in your name."
ITS_ACCOUNTS = "Your employer runs these accounts. It can see that you join, and could join in your name."
INSTEAD = "If there is another way, take that one."


class Door(NamedTuple):
    here: Place
    post: Post
    #: What the operator was told who did not say that the employer may run them.
    refused: list[str]


def settle(directory: Path, keeper: Keeping, provider: At, server: Post, refused: list[str]) -> Instance:
    """Both ways, each refused first; the mail is at the employer's own domain, the provider is said to be its."""
    config = replace(fresh(directory).config, keeper=keeper.socket, mail=server.settings, work=100)
    (directory / FILE).write_bytes(config.encoded())
    keeper.client().make(HERE)
    issuer = open_instance(directory).issuer
    its = {"hosted_domain": DOMAIN, "runs": "employer"}
    for way, closed, opened in (
        ("email", {"domains": [HERE], "employer": False}, {"domains": [HERE], "employer": True}),
        ("oidc", provider.settings(**its), provider.settings(**its, employer=True)),
    ):
        with pytest.raises(Refused) as caught:
            issuer.set_way(HERE, way, closed, besides=way == "oidc")
        refused.append(caught.value.code)
        issuer.set_way(HERE, way, opened, besides=way == "oidc")
    return open_instance(directory)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    home, refused = tmp_path_factory.mktemp("employer"), list[str]()
    with accounts.running() as provider, keeping() as keeper, post(home, "tls") as server:
        keeper.start(*FAST)

        def made(folder: Path) -> Instance:
            return settle(folder, keeper, provider, server, refused)

        with placed(home, (letter("leave"),), 1, made) as served:
            yield Door(served, server, refused)


@pytest.fixture
def here(door: Door) -> Place:
    return door.here


def is_warned(person: Person, words: str) -> Person:
    """The warning stands out, and says what to do."""
    warning = person.page.locator("main .warning").filter(has_text=words)
    assert INSTEAD in warning.inner_text()
    return person.reads(words)


def test_mail_and_accounts_of_the_employer_are_refused_unless_the_operator_says_so(door: Door) -> None:
    assert door.refused == ["employer-mail", "employer-provider"]


def test_vera_is_warned_of_her_employer_s_mail_and_joins_all_the_same(door: Door, somebody: Come) -> None:
    vera, address, gallery = somebody(), f"vera@{HERE}", Gallery("employer-mail")
    is_warned(vera.opens("leave").says_where(ADDRESS), ITS_MAIL).does_not_read(ITS_ACCOUNTS)
    gallery.look(vera.page, "address")
    vera.types("Your address", address).presses("Send me a code").sees("Which code came by mail?")
    vera.types("Eight digits", door.post.mailbox.code(address)).presses("Go on")
    vera.says_nothing_more().writes_the_words_down().presses("Join").sees(JOINED).goes_on().signs()


def test_walt_is_warned_of_his_employer_s_accounts_before_he_leaves(here: Place, somebody: Come) -> None:
    walt, gallery = somebody(), Gallery("employer-account")
    walt.opens("leave").says_where(ADDRESS).unfolds("Another way").presses("With an account elsewhere")
    is_warned(walt.sees(ACCOUNT), ITS_ACCOUNTS).does_not_read(ITS_MAIL)
    gallery.look(walt.page, "account")
    walt.presses("Go on").says_nothing_more()
    is_warned(walt.writes_the_words_down(AWAY), ITS_ACCOUNTS)
    gallery.look(walt.page, "leave")
    assert not any(each.url.startswith(f"{here.url}/api/issuer/a") for each in walt.sent), "nobody has joined yet"
    signs_in(walt, f"walt@{DOMAIN}").presses("Join").sees(JOINED)
