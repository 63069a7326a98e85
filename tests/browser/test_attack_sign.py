"""What is left in a browser after burning, and what a server can tell from what it is asked for, and when."""

import json
from collections import Counter
from collections.abc import Callable

import pytest

from support.browsing import Place
from support.inspection import path_of, stored
from support.people import Person

_REMEMBER = """() => new Promise((resolve, reject) => {
  const request = indexedDB.open("undersigned-check", 1);
  request.onupgradeneeded = () => request.result.createObjectStore("states").put(new Uint8Array(3), "log.example");
  request.onsuccess = () => { request.result.close(); resolve(); };
  request.onerror = () => reject(request.error);
})"""


@pytest.fixture(scope="module")
def here(quiet: Place) -> Place:
    """Shared with other modules."""
    return quiet


def test_who_burns_keeps_nothing_of_the_checking_page_either(here: Place, somebody: Callable[..., Person]) -> None:
    here.opens("mornings", days=4)
    nora = somebody().joins("mornings", here.code())
    nora.page.evaluate(_REMEMBER)
    nora.opens().sees("Your pass").presses("Burn it")
    nora.sees("Burn your pass on this device?").presses("Burn it").sees("Burned").reads("nothing of it is left")
    assert not any(json.loads(stored(nora.page)).values())
    assert nora.page.evaluate("async () => (await indexedDB.databases()).length") == 0


def test_a_letter_s_document_is_asked_for_once_and_not_again_with_a_code(
    here: Place, somebody: Callable[..., Person]
) -> None:
    here.opens("middays", days=4)
    olga = somebody().joins("middays", here.code()).goes_on().signs().presses("Am I counted?").reads("Not counted yet")
    asked = [path_of(each) for each in olga.sent]
    documents = Counter(path for path in asked if path.startswith("/documents/"))
    assert set(documents.values()) == {1}, "the letter and its terms, each once"
    after = asked[asked.index("/api/issuer/admissions") :]
    assert not any(path.startswith("/documents/") for path in after)
