"""What is left in a browser after burning, also where the same browser checked a count before."""

import json
from collections.abc import Callable

from support.browsing import Place
from support.inspection import stored
from support.people import Person

_REMEMBER = """() => new Promise((resolve, reject) => {
  const request = indexedDB.open("undersigned-check", 1);
  request.onupgradeneeded = () => request.result.createObjectStore("states").put(new Uint8Array(3), "log.example");
  request.onsuccess = () => { request.result.close(); resolve(); };
  request.onerror = () => reject(request.error);
})"""


def test_who_burns_keeps_nothing_of_the_checking_page_either(here: Place, somebody: Callable[..., Person]) -> None:
    here.opens("mornings", days=4)
    nora = somebody().joins("mornings", here.code())
    nora.page.evaluate(_REMEMBER)
    nora.opens().sees("Your pass").presses("Burn it")
    nora.sees("Burn your pass on this device?").presses("Burn it").sees("Burned").reads("nothing of it is left")
    assert not any(json.loads(stored(nora.page)).values())
    assert nora.page.evaluate("async () => (await indexedDB.databases()).length") == 0
