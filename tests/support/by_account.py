"""An instance whose members join by account, at a real provider with a real keeper, and people who do."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from support.accounts import At
from support.browsing import Place
from support.browsing import place as placed
from support.inspection import stored
from support.instances import HERE, fresh
from support.keeping import Place as Keeping
from support.keeping import place as keeping
from support.people import Person
from undersigned.bootstrap import Instance, open_instance
from undersigned.config import FILE
from undersigned.protocol.letter import Letter

ACCOUNT = "Which account shows that you work there?"
AWAY = "Sign in at 127.0.0.1?"
#: Whose accounts admit, so that others do not.
DOMAIN = "dept.example"


def settle(directory: Path, keeper: Keeping, provider: At, **said: Any) -> Instance:
    """Give an instance its keeper and its provider of accounts, and open it; `said` is what the operator says of it."""
    config = replace(fresh(directory).config, keeper=keeper.socket)
    (directory / FILE).write_bytes(config.encoded())
    keeper.client().make(HERE)
    here = open_instance(directory)
    here.issuer.set_way(HERE, "oidc", provider.settings(hosted_domain=DOMAIN, **said))
    return here


@contextmanager
def place(
    home: Path, provider: At, letters: tuple[Letter, ...], more: Callable[[Instance, Keeping], None] | None = None
) -> Iterator[Place]:
    """Serve a new instance whose members join by account; `more` sets it up further."""
    with keeping() as keeper:
        keeper.start()

        def made(folder: Path) -> Instance:
            instance = settle(folder, keeper, provider)
            if more is not None:
                more(instance, keeper)
            return instance

        with placed(home, letters, 1, made) as served:
            yield served


# ── somebody at a browser ──


def prepares(person: Person, slug: str = "leave") -> Person:
    """All steps until one leaves to sign in."""
    person.opens(slug).says_where(ACCOUNT).presses("Go on")
    return person.says_nothing_more().writes_the_words_down(AWAY)


def leaves(person: Person) -> Person:
    """Go to the provider, which knows nobody from before."""
    person.page.context.clear_cookies()
    person.presses("Sign in there").page.locator("input[name=login]").wait_for()
    return person


def fills_in(page: Page, login: str) -> None:
    """Sign in by the provider's own forms, and agree to what it asks."""
    page.locator("input[name=login]").fill(login)
    page.locator("input[name=password]").fill("any")
    page.locator("button[type=submit]").click()
    page.get_by_role("button", name="Continue").click()


def comes_back(person: Person, login: str) -> Person:
    fills_in(person.page, login)
    person.page.wait_for_url(re.compile(r"/sign/#"))
    return person


def signs_in(person: Person, login: str) -> Person:
    """Leave, sign in, and come back."""
    return comes_back(leaves(person), login)


def waiting(page: Page) -> dict[str, Any]:
    """The question that a browser keeps, read by somebody who can read its storage."""
    kept = json.loads(stored(page))["undersigned/kept"][0]["asking"]
    found: dict[str, Any] = json.loads(kept["question"])
    return found


def asks_nothing(page: Page) -> bool:
    """Whether a browser keeps no question, and nothing with which to join, of any provider."""
    kept = json.loads(stored(page))["undersigned/kept"][0]
    return kept["asking"] is None and (kept["draft"] is None or kept["draft"]["evidence"] == {})
