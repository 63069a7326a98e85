"""Parts of the signing page that are loaded on demand: which, how large, and never another than the page names."""

import json
import re
import subprocess
from collections.abc import Callable

import pytest
from playwright.sync_api import Route

from support.browsing import Place
from support.client_core import node
from support.inspection import path_of, requested
from support.people import Person

pytestmark = pytest.mark.xdist_group("parts")

Come = Callable[..., Person]

#: Octets with Brotli that joining and signing load at most, fonts apart. 80,000 may be; the rest is for what comes.
MOST = 77_000
_BROTLI = """
const { brotliCompressSync } = require("node:zlib");
const read = require("node:fs").readFileSync;
console.log(JSON.stringify(process.argv.slice(1).map((path) => brotliCompressSync(read(path)).length)));
"""
OTHER = "globalThis.other = true; export const catalogues = {}, problems = {}, makers = {}, verbs = () => ({});\n"


@pytest.fixture(scope="module")
def here(quiet: Place) -> Place:
    """Shared with other modules."""
    return quiet


def own_files(person: Person) -> set[str]:
    """Files of the client that a browser asked for, without the digests in their names."""
    paths = {path_of(each) for each in requested(person.sent) if path_of(each).startswith(("/client/", "/sign/"))}
    return {re.sub(r"\.[0-9a-f]{16}\.", ".", path.removeprefix("/client/")) for path in paths}


def octets(here: Place, person: Person) -> int:
    """What a browser asked for of the client, with Brotli."""
    paths = {path_of(each) for each in requested(person.sent) if path_of(each).startswith(("/client/", "/sign/"))}
    public = here.instance.config.public
    files = [str(public / path.lstrip("/") / ("index.html" if path.endswith("/") else "")) for path in sorted(paths)]
    done = subprocess.run([node(), "-e", _BROTLI, *files], capture_output=True, text=True, check=True)
    return sum(json.loads(done.stdout))


def test_who_joins_and_signs_loads_what_that_takes(here: Place, somebody: Come) -> None:
    vera = somebody().joins("leave", here.code()).goes_on().signs()
    assert own_files(vera) == {"/sign/", "sign.css", "sign.js", "sign-code.js", "worker.js"}
    assert octets(here, vera) <= MOST

    vera.presses("Am I counted?").reads("Not counted yet")
    assert own_files(vera) >= {"sign-more.js", "worker-more.js"}, "the rest when it is asked for"
    assert "seal.js" not in own_files(vera)


def test_who_stands_by_a_letter_loads_little_and_nothing_of_a_pass(here: Place, somebody: Come) -> None:
    sue = somebody()
    sue.page.goto(f"{here.url}/sign/beside/#support/leave")
    sue.sees("Stand by this letter without signing it").presses("Go on").types("Your address", "sue@mail.example")
    sue.presses("Send me a code").is_told("This site does not offer that. Nothing was sent or stored.")
    assert own_files(sue) == {"/sign/beside/", "sign.css", "beside.js", "beside-worker.js"}
    assert octets(here, sue) <= MOST // 3


def test_in_another_language_only_the_sentences_of_what_is_shown_are_loaded(here: Place, somebody: Come) -> None:
    wim = somebody()
    wim.page.goto(f"{here.url}/sign/#de/leave")
    wim.page.get_by_role("heading", level=1, name="Wo lesen Sie das?").wait_for()
    assert {each for each in own_files(wim) if each.endswith(".json")} == {"text-de.json"}
    wim.page.get_by_role("button", name="Ihr Ausweis").click()
    wim.page.get_by_role("heading", level=1, name="Ihr Ausweis").wait_for()
    wim.page.get_by_text("Auf diesem Gerät ist kein Ausweis.").wait_for()
    assert {each for each in own_files(wim) if each.endswith(".json")} == {"text-de.json", "more-text-de.json"}


@pytest.mark.parametrize("name", ["sign-more", "sign-code"])
def test_another_part_than_the_page_names_is_not_run(here: Place, somebody: Come, name: str) -> None:
    xenia = somebody()

    def other(route: Route) -> None:
        route.fulfill(body=OTHER, content_type="text/javascript")

    xenia.page.context.route(f"**/client/{name}.*", other)
    xenia.opens("leave").sees("Where are you reading this?")
    if name == "sign-more":
        xenia.page.get_by_role("button", name="Your pass").click()
    else:
        xenia.chooses("my own").presses("Go on")
    xenia.is_told("A part of this page did not load.")
    assert xenia.page.evaluate("globalThis.other") is None
    assert "digest" in " ".join(xenia.wrong), "the browser says why"
    xenia.wrong.clear()

    xenia.page.context.unroute_all()
    if name == "sign-more":
        xenia.page.get_by_role("button", name="Your pass").click()
        xenia.sees("Your pass")
    else:
        xenia.opens("leave").says_where().sees("How can you show that you work there?")


def test_the_worker_runs_no_other_part_either(here: Place, somebody: Come) -> None:
    yara = somebody().joins("leave", here.code()).goes_on().signs()
    yara.page.context.route(
        "**/client/worker-more.*", lambda route: route.fulfill(body=OTHER, content_type="text/javascript")
    )
    yara.presses("Am I counted?").is_told("A part of this page did not load.")
    yara.page.context.unroute_all()
    yara.presses("Am I counted?").reads("Not counted yet")


def test_another_worker_than_the_page_names_is_not_run_where_somebody_stands_by_a_letter(
    here: Place, somebody: Come
) -> None:
    tim = somebody()
    tim.page.context.route(
        "**/client/beside-worker.*", lambda route: route.fulfill(body=OTHER, content_type="text/javascript")
    )
    tim.page.goto(f"{here.url}/sign/beside/#support/leave")
    tim.sees("Stand by this letter without signing it").presses("Go on").types("Your address", "tim@mail.example")
    tim.presses("Send me a code").is_told("A part of this page did not load.")
    assert "digest" in " ".join(tim.wrong), "the browser says why"
    tim.wrong.clear()
    assert tim.messages() == []


def test_zoe_burns_her_pass_offline_before_any_part_was_loaded(here: Place, somebody: Come) -> None:
    zoe = somebody().joins("leave", here.code()).goes_on().signs()
    zoe.page.context.set_offline(True)
    zoe.page.get_by_role("button", name="Your pass").click()
    zoe.is_told("you are offline. Nothing is lost")
    zoe.page.go_back()
    zoe.sees("Signed").presses("Burn it").sees("Burn your pass on this device?")
    zoe.presses("Burn it").sees("Burned").reads("nothing of it is left")
