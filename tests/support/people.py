"""Somebody at a browser, in the words of a story: what they see, press and type on the signing page."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Locator, Page, Request, WebError, expect
from playwright.sync_api import TimeoutError as TooSlow

from support import instances
from support.browsing import Place
from undersigned.holder.client import Client
from undersigned.holder.transport import HttpTransport
from undersigned.holder.wallet import Wallet
from undersigned.tlog.policy import log_only

#: Milliseconds: a proof on two busy cores takes seconds.
PATIENCE = 20_000
#: Names of what has the focus, its own or those of its labels, and whether that shows.
_FOCUS = """
() => {
  const focused = document.activeElement;
  const labels = [...(focused.labels ?? [])];
  const names = [focused, ...labels, ...labels.map((each) => each.querySelector("span")?.firstChild)];
  const shows = [focused, ...labels].some((each) => getComputedStyle(each).outlineStyle !== "none");
  return [names.map((each) => (each?.textContent ?? "").trim()), shows];
}
"""


def soon(what: Locator, state: Literal["visible", "detached"] = "visible") -> None:
    """Wait for it, looking more often than an expectation does, which is what judges afterwards."""
    with suppress(TooSlow):
        what.first.wait_for(state=state, timeout=PATIENCE)


@dataclass
class Person:
    """Somebody, their browser, and the words on their paper."""

    page: Page
    url: str
    paper: list[str] = field(default_factory=list)
    sent: list[Request] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    #: The language of the page, and what it makes of English words.
    language: str = "en"
    translated: Callable[[str], str] = str

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE)
        self.page.context.on("request", self._notes)
        self.page.context.on("weberror", self._stumbles)
        self.page.context.on("console", self._mutters)

    def _notes(self, request: Request) -> None:
        self.sent.append(request)

    def _stumbles(self, error: WebError) -> None:
        self.wrong.append(str(error.error))

    def _mutters(self, message: ConsoleMessage) -> None:
        """A browser says in its console what a policy forbade; that a server did not answer is no fault of the page."""
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            self.wrong.append(message.text)

    def beside(self) -> "Person":
        """The same person in another tab."""
        return replace(self, page=self.page.context.new_page(), sent=[])

    def elsewhere(self) -> "Person":
        """Somebody in another browser, who reads the same language."""
        browser = self.page.context.browser
        assert browser is not None
        return replace(self, page=browser.new_context(locale="en-GB").new_page(), paper=[], sent=[])

    # ── looking ──

    def opens(self, slug: str = "") -> "Person":
        """Open the signing page for a letter, anew; without a letter, for the pass."""
        fragment = slug if self.language == "en" else f"{self.language}/{slug}"
        if self.page.url != "about:blank":
            self.page.goto("about:blank")  # where only the fragment differs, nothing would be loaded
        self.page.goto(f"{self.url}/sign/#{fragment}")
        return self

    def sees(self, heading: str) -> "Person":
        """Wait for the screen with this question; the work behind it is done then."""
        shown = self.page.get_by_role("heading", level=1, name=self.translated(heading), exact=True)
        busy = self.page.locator("main[aria-busy]")
        soon(shown)
        soon(busy, "detached")
        expect(shown).to_be_visible()
        expect(busy).to_have_count(0)
        return self

    def reads(self, words: str) -> "Person":
        """Wait for words anywhere on the screen."""
        soon(self.page.locator("main", has_text=self.translated(words)))
        expect(self.page.locator("main")).to_contain_text(self.translated(words))
        return self

    def is_told(self, words: str) -> "Person":
        """Wait for words that are spoken to whoever uses a screen reader."""
        soon(self.page.get_by_role("alert").filter(has_text=self.translated(words)))
        expect(self.page.get_by_role("alert")).to_contain_text(self.translated(words))
        return self

    def does_not_read(self, words: str) -> "Person":
        expect(self.page.locator("main")).not_to_contain_text(self.translated(words))
        return self

    # ── doing ──

    def button(self, name: str) -> Locator:
        return self.page.locator("main").get_by_role("button", name=self.translated(name), exact=True)

    def presses(self, name: str) -> "Person":
        self.button(name).click()
        return self

    def unfolds(self, summary: str) -> "Person":
        self.page.locator("summary").filter(has_text=self.translated(summary)).click()
        return self

    def chooses(self, label: str) -> "Person":
        self.page.locator("label.choice").filter(has_text=self.translated(label)).click()
        return self

    def types(self, label: str, text: str) -> "Person":
        self.page.get_by_label(self.translated(label), exact=True).fill(text)
        return self

    def downloads(self, button: str, to: Path) -> bytes:
        """Press a button that offers a file; return what is in it."""
        with self.page.expect_download() as offered:
            self.presses(button)
        offered.value.save_as(to)
        return to.read_bytes()

    # ── without a mouse ──

    def reaches(self, name: str) -> "Person":
        """Press the Tab key until what has this name has the focus, and see that it shows."""
        for _ in range(60):
            self.page.keyboard.press("Tab")
            names, outlined = self.page.evaluate(_FOCUS)
            if name in names:
                assert outlined, f"nobody sees that “{name}” has the focus"
                return self
        raise AssertionError(f"the Tab key does not reach “{name}”")

    def keys(self, *names: str) -> "Person":
        for name in names:
            self.page.keyboard.press(name)
        return self

    # ── the steps of joining and signing ──

    def says_where(self, then: str = "How can you show that you work there?") -> "Person":
        self.sees("Where are you reading this?").chooses("my own").presses("Go on")
        return self.sees(then)

    def says_nothing_more(self) -> "Person":
        self.sees("What kind of work do you do?").presses("Go on")
        self.sees("Do you manage people?").presses("Go on")
        return self.sees("Your twelve pairs of words")

    def writes_the_words_down(self, then: str = "Join now?") -> "Person":
        self.paper = self.page.locator(".pairs li").all_inner_texts()
        self.presses("I have them on paper").sees("Which words are these?")
        for label in self.page.locator("main .field label").all():
            asked = label.inner_text()
            self.types(asked, self.paper[int(asked.split()[-1]) - 1])
        return self.presses("Go on").sees(then)

    @property
    def phrase(self) -> str:
        """The 24 words, in their order."""
        return " ".join(self.paper)

    def joins(self, slug: str, code: str) -> "Person":
        """All steps of joining, with nothing said of oneself."""
        self.opens(slug).says_where().types("Your code", code).presses("Go on")
        self.says_nothing_more().writes_the_words_down().presses("Join")
        return self.sees("You have joined. Sign now, or later?")

    def goes_on(self) -> "Person":
        """From joining to the button that signs."""
        self.presses("Go on now").sees("What you sign").presses("Go on")
        return self.sees("What will be public")

    def signs(self) -> "Person":
        return self.presses("Sign this letter").sees("Signed")

    def restores(self, slug: str, phrase: str) -> "Person":
        """Bring a pass back with words, on the way to a letter."""
        self.opens(slug).says_where().unfolds("I have joined before").presses("I have my words")
        self.sees("Bring your pass back with your words").types("Your 24 words", phrase)
        return self.presses("Bring it back")

    def brings(self, slug: str, file: Path, passphrase: str = "") -> "Person":
        """Bring a pass back from a file, on the way to a letter."""
        self.opens(slug).says_where().unfolds("I have joined before").presses("I saved my pass as a file")
        self.sees("Bring your pass back")
        self.page.get_by_label(self.translated("Your file"), exact=True).set_input_files(file)
        return self.types("Its passphrase", passphrase).presses("Bring it back")

    # ── what was sent ──

    def acts(self) -> list[Request]:
        """Acts that were sent, in their order."""
        return [each for each in self.sent if urlsplit(each.url).path == "/api/acts"]

    def messages(self) -> list[Request]:
        """All that was sent and not only asked for."""
        return [each for each in self.sent if each.method != "GET"]


@contextmanager
def at_a_terminal(here: Place, wallet: Wallet | None = None) -> Iterator[Client]:
    """Somebody at the command line, with new words where no wallet is given."""
    if wallet is None:
        wallet = Wallet(secrets.token_bytes(32))
        wallet.trust(here.url, log_only(here.instance.keys.signing("registry", instances.NAME).vkey))
        wallet.agree(here.url, instances.ISSUER, here.url)
    with closing(HttpTransport(here.url)) as transport:
        yield Client(here.url, wallet, secrets.token_bytes, transport)
