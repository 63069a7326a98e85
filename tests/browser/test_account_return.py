"""Signing in at a provider of accounts in a real browser, and coming back: nothing of it reaches a server of ours."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Page

from support import accounts
from support.accounts import At
from support.browsing import Place
from support.inspection import stored
from undersigned.holder.account import Provider, answered, ask
from undersigned.protocol.account import PAGE, Joining


@pytest.fixture(scope="module")
def here(quiet: Place) -> Place:
    """Shared with other modules."""
    return quiet


@pytest.fixture(scope="module")
def provider() -> Iterator[At]:
    with accounts.running() as found:
        yield found


@pytest.mark.parametrize("fragment", [True, False], ids=["after a #", "after a ?"])
def test_somebody_signs_in_and_comes_back_with_an_answer(
    here: Place, provider: At, page: Page, *, fragment: bool
) -> None:
    way = Provider(provider.url, f"{provider.url}/auth", "letters", "openid", fragment=True, names_itself=True)
    question = ask(way, Joining("issuer.example", bytes(48)), here.url + PAGE, Random(7).randbytes, fragment=fragment)
    moves: list[str] = []
    page.on("framenavigated", lambda frame: moves.append(frame.url))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(question.address)
    page.locator("input[name=login]").fill("anna")
    page.locator("input[name=password]").fill("any")
    page.locator("button[type=submit]").click()
    page.locator("button[type=submit]").click()
    page.wait_for_url(f"{here.url}/sign/**")
    page.get_by_role("heading", name="This browser did not ask").wait_for()
    (handed,) = {urlsplit(url).fragment for url in moves if urlsplit(url).fragment.startswith("back?")}
    shown = answered(question, handed.removeprefix("back?"))
    code = shown.evidence["code"]
    assert code not in page.url, "the answer stays in the address bar"
    ours = [urlsplit(url) for url in asked if url.startswith(here.url)]
    seen = [each for each in ours if code in f"{each.path}?{each.query}"]
    assert [each.path for each in seen] == ([] if fragment else [PAGE])
    assert code not in here.server.output.read_text()
    assert code not in stored(page)
    back: Any = page.evaluate("() => JSON.stringify([history.length, history.state, location.href])")
    assert code not in json.dumps(back)
    assert dict(parse_qsl(handed.removeprefix("back?")))["state"] == question.state


def test_who_comes_to_the_page_without_an_answer_is_led_on(here: Place, page: Page) -> None:
    page.goto(here.url + PAGE)
    page.get_by_role("heading", name="Your pass").wait_for()
    assert urlsplit(page.url).path == "/sign/"
